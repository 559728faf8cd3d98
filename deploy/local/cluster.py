"""Make a new PostgreSQL cluster and name its settings: the defaults suit neither small machines nor personal data."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from deploy.local.binaries import Binaries
from deploy.local.cannot_run import CannotRunError
from deploy.local.identity import Identity
from deploy.local.spawn import spawn


def initialise(folder: Path, binaries: Binaries, identity: Identity, password: str, *, durable: bool) -> None:
    """Run initdb into `folder`/cluster, all or nothing: an interrupted run is thrown away by the next.

    Sorting is C.UTF-8 of PostgreSQL itself (17 and newer), so that an index means the same on every machine.
    """
    made, wanted = folder / "cluster.new", folder / "cluster"
    shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(wanted, ignore_errors=True)
    password_file = folder / "password.initdb"  # /dev/stdin cannot be read after a change of user
    password_file.write_text(password, encoding="ascii")
    password_file.chmod(0o600)
    os.chown(password_file, identity.owner, identity.group)
    builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    locale = builtin if binaries.version >= 17 else ["--locale=C.UTF-8"]
    command = [binaries.program("initdb"), "-D", str(made), "-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8"]
    child = spawn(
        [*command, *locale, f"--pwfile={password_file}", "--no-instructions", *([] if durable else ["--no-sync"])],
        environment=clean_environment(),
        identity=identity.text,
        death_signal=signal.SIGKILL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        folder=Path("/"),
    )
    output = child.communicate()[0].decode("utf-8", "replace")
    password_file.unlink(missing_ok=True)
    if child.returncode != 0:
        shutil.rmtree(made, ignore_errors=True)
        if "No space left" in output:
            raise CannotRunError(
                f"The disk is full: make room for {folder} (some 100 MB to begin with) and start again."
            )
        lines = [
            line for line in output.splitlines() if "error" in line.lower() or "could not" in line
        ] or output.splitlines()
        raise CannotRunError(
            f"PostgreSQL could not make its files in {folder}: {lines[-1].strip() if lines else 'no reason given'}"
        )
    made.replace(wanted)


def server_settings(*, durable: bool, version: int) -> dict[str, str]:
    """Settings for a machine of two cores and a few GB; `durable=False` gives up surviving a crash of the machine."""
    settings = {
        "shared_buffers": "128MB",
        "max_connections": "200",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "jit": "off",  # our statements are short; compiling them costs more than it saves
        "huge_pages": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "logging_collector": "off",
        # No statement, parameter or key value in the log: they are personal data.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    if version >= 16:
        settings["reserved_connections"] = "20"  # optout's, whatever the others do (databases.py)
    if not durable:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum_naptime": "10min",
        }
    return settings


def clean_environment() -> dict[str, str]:
    """Our environment without what would steer PostgreSQL elsewhere (PGDATA, PGPORT, a strange locale)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
