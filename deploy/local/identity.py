"""Choose under which user PostgreSQL runs, because it refuses root and we may add no user to the machine."""

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.local.cannot_run import CannotRunError
from deploy.local.spawn import spawn

Kind = Literal["self", "namespace", "user"]
TRUE = next((path for path in ("/bin/true", "/usr/bin/true") if os.path.exists(path)), "/bin/true")


@dataclass(frozen=True)
class Identity:
    """How the server runs: as ourselves, as ourselves behind a user namespace, or as another existing user.

    `owner` and `group` are the ids the data folder must have on disk, `text` is what `become.py` takes.
    """

    kind: Kind
    text: str
    owner: int
    group: int


def choose_identity(folder: Path, binaries: Path, *, kind: Kind | None = None) -> Identity:
    """The identity for a server whose data lie in `folder`; `kind` forces one (tests).

    An ordinary user runs it directly. Root, and a user id without a name (containers; initdb wants a name), uses a user
    namespace; where those are refused root drops to `nobody`. Raises `CannotRunError` when nothing works.
    """
    chosen = kind or _suitable_kind()
    uid, gid = os.geteuid(), os.getegid()
    if chosen == "self":
        return Identity("self", "self", uid, gid)
    nobody = _nobody()
    if chosen == "namespace":
        return Identity("namespace", f"namespace:{nobody.pw_uid}:{nobody.pw_gid}", uid, gid)
    if uid != 0:
        raise CannotRunError(
            f"User id {uid} has no name and user namespaces are refused: run as a named user or set DATABASE_URL."
        )
    reach = f"user:{nobody.pw_uid}:{nobody.pw_gid}:0"
    if not (_works(reach, folder) and _works(reach, binaries)):
        reach = f"user:{nobody.pw_uid}:{nobody.pw_gid}:1"
        if not _works(reach, folder):
            raise CannotRunError(
                f"User {nobody.pw_name!r}, who must run PostgreSQL here, cannot enter {folder}: "
                "choose another folder with --data, or set DATABASE_URL."
            )
    return Identity("user", reach, nobody.pw_uid, nobody.pw_gid)


def _suitable_kind() -> Kind:
    uid = os.geteuid()
    if uid != 0:
        try:
            pwd.getpwuid(uid)
        except KeyError:
            pass
        else:
            return "self"
    nobody = _nobody()
    return "namespace" if _works(f"namespace:{nobody.pw_uid}:{nobody.pw_gid}", Path("/")) else "user"


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        others = [entry for entry in pwd.getpwall() if entry.pw_uid != 0]
        if not others:
            raise CannotRunError("There is no user but root on this machine: add one, or set DATABASE_URL.") from None
        return others[-1]


def _works(identity: str, folder: Path) -> bool:
    """Whether a child with this identity can be made and can enter `folder`."""
    child = spawn(
        ["/bin/sh", "-c", f'cd "$1" && exec {TRUE}', "sh", str(folder)],
        identity=identity,
        death_signal=signal.SIGKILL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        folder=Path("/"),
    )
    return child.wait() == 0
