"""The whole of Dueback on one machine as an object, because `up`, the demo and the journeys start the same thing."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from deploy.local.cannot_run import CannotRunError
from deploy.local.child import Child
from deploy.local.environment import Surroundings, plain_environment, service_environment
from deploy.local.folder_lock import lock_folder
from deploy.local.guard import PostgresGuard
from deploy.local.names import SERVICES, ServiceUrls
from deploy.local.options import Options
from deploy.local.ports import PortsTaken, choose_ports
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.prepare import prepare_databases
from deploy.local.private_file import write_private
from deploy.local.readiness import wait_until_ready
from deploy.local.secrets import FILE as SECRETS_FILE
from deploy.local.secrets import Secrets, load_or_make_secrets
from deploy.local.step import step
from shared.kit.clock import write_offset

STOP_ORDER = (("portal", "scheduler", "ingest", "mailer"), ("optout",), ("inbox",))
PATIENCE_S = {"mailer": 25.0}  # its hand-overs get time to read their replies
USUAL_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Operator:
    """The API client that may do everything; given to portal at its start."""

    client_id: str
    client_secret: str


class Stack:
    """Five services, PostgreSQL and a mail catcher in one data folder. All methods block; usable as a context manager.

    `tell` gets sentences for a person, `show` each line a process writes. After `start`: `urls`, `inbox_url`, `smtp_port`,
    `operator`, `databases` (per service the three URLs), `admin_url` (embedded server only), `secrets`.
    """

    def __init__(
        self,
        folder: Path,
        options: Options | None = None,
        *,
        tell: Callable[[str], None] | None = None,
        show: Callable[[str, str], None] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.options = options or Options()
        self.urls: dict[str, str] = {}
        self.databases: dict[str, ServiceUrls] = {}
        self.ports: dict[str, int] = {}
        self.secrets: Secrets
        self.postgres: EmbeddedPostgres | None = None
        self._guard: PostgresGuard | None = None
        self._tell = tell or (lambda _line: None)
        self._show = show or (lambda _name, _line: None)
        self._children: dict[str, Child] = {}
        self._lock: int | None = None
        self._taken = PortsTaken()

    @property
    def inbox_url(self) -> str:
        """Where a person (and the demo) reads the caught mail; empty without a catcher."""
        return self.urls.get("inbox", "")

    @property
    def smtp_port(self) -> int:
        """The catcher's SMTP port on 127.0.0.1; 0 without a catcher."""
        return self.ports.get("smtp", 0)

    @property
    def inbox_folder(self) -> Path:
        """Where the catcher keeps the raw mails."""
        return self.folder / "inbox"

    @property
    def smtp_url(self) -> str:
        """Where the mailer hands its mail over."""
        return self.options.smtp_url or f"smtp://127.0.0.1:{self.smtp_port}"

    @property
    def admin_url(self) -> str:
        """A URL that may make databases and roles."""
        return self.postgres.url() if self.postgres else self.options.database_url or ""

    @property
    def operator(self) -> Operator:
        """The operator's credential."""
        return Operator(self.secrets.operator_client_id, self.secrets.operator_client_secret)

    def start(self) -> None:
        """Bring everything up and return when all services say they are ready. Raises `CannotRunError`; then nothing runs."""
        try:
            self.prepare()
            self._start_children()
        except BaseException:
            self.stop()
            raise

    def prepare(self) -> None:
        """Everything but the services: folder, secrets, ports, databases in their newest form, the catcher's place."""
        self._lock = lock_folder(self.folder, self._tell)
        self.secrets = load_or_make_secrets(self.folder)
        self._choose_ports()
        if self.options.clock_file and not self.options.clock_file.exists():
            write_offset(self.options.clock_file, 0.0)
        for service in SERVICES:
            (self.folder / service).mkdir(mode=0o700, exist_ok=True)
        if not self.options.database_url and set(self.options.service_database_urls) != set(SERVICES):
            self.postgres = EmbeddedPostgres(self.folder / "postgres", durable=self.options.durable, tell=self._tell)
            self._guard = PostgresGuard(self.postgres, self._tell)
            with step("PostgreSQL", self._tell):
                self.postgres.start()
        with step("databases", self._tell):
            self.databases = prepare_databases(
                self.admin_url,
                self.options.service_database_urls,
                self.options.passwords or self.secrets.database_passwords,
                prefix=self.options.database_prefix,
                alone=self.postgres is not None,
            )

    def stop(self) -> None:
        """Stop everything in order: services (the mailer gets time), the catcher, PostgreSQL last."""
        for names in STOP_ORDER:
            going = [child for child in self._children.values() if child.name.partition("-")[0] in names]
            for child in going:
                child.ask_to_stop()
            for child in going:
                child.stop(PATIENCE_S.get(child.name.partition("-")[0], USUAL_PATIENCE_S))
        self._children.clear()
        if self._guard:
            self._guard.stop()
        (self.folder / "addresses.json").unlink(missing_ok=True)
        self._taken.release()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def processes(self, service: str) -> list[str]:
        """The names of a service's processes (`mailer`, or `mailer-api` and `mailer-work`...)."""
        return [name for name in self._children if service in (name, name.partition("-")[0])]

    def pid(self, service: str) -> int:
        """The process id of a service (of its first process); 0 when it is not running."""
        return next((self._children[name].pid for name in self.processes(service)), 0)

    def kill(self, service: str) -> None:
        """SIGKILL a service or one process of it; it stays dead until `restart`."""
        for name in self.processes(service):
            self._children[name].kill()

    def restart(self, service: str, *, extra: Mapping[str, str] | None = None, wait: bool = True) -> None:
        """Stop a service if it runs, start it (with other `extra` environment) and wait until it is ready."""
        names = self.processes(service)
        for name in names:
            child = self._children[name]
            child.stop(PATIENCE_S.get(service, USUAL_PATIENCE_S))
            child.environment = self._environment_of(name, extra)
            child.start()
        if wait:
            self._wait_for(names)

    def wait_for_end(self, service: str, timeout_s: float = 30.0) -> bool:
        """Whether the service's (first) process ended by itself in time; for crash points, with `respawn=False`."""
        return all(self._children[name].wait_for_end(timeout_s) for name in self.processes(service)[:1])

    def tail(self, service: str) -> list[str]:
        """The last lines a service wrote."""
        return [line for name in self.processes(service) for line in self._children[name].tail]

    def environment(self, service: str, *, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """All variables the service gets, for another process of it."""
        chosen = self.options.extra.get(service, {}) if extra is None else extra
        return service_environment(service, self._surroundings(), extra=chosen)

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _choose_ports(self) -> None:
        names = [*SERVICES] + (["inbox", "smtp"] if self._needs_catcher() else [])
        memory = self.folder / "ports.json"
        try:
            last: dict[str, int] = json.loads(memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            last = {}
        self._taken = choose_ports(names, demanded=self.options.ports, last=last, usual=self.options.usual_ports)
        self.ports = self._taken.by_name
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items() if name != "smtp"}
        write_private(memory, json.dumps(self.ports))

    def _needs_catcher(self) -> bool:
        return self.options.catcher and not self.options.smtp_url

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            mode=self.options.mode,
            clock_file=self.options.clock_file,
            folder=self.folder,
            ports=self.ports,
            urls=self.urls,
            databases=self.databases,
            secrets=self.secrets,
            smtp_url=self.smtp_url,
            optout_public_url=self.options.optout_public_url or self.urls["optout"],
            scheduler_public_url=self.options.scheduler_public_url or self.urls["scheduler"],
            bounce_domain=self.options.bounce_domain,
        )

    def _start_children(self) -> None:
        if self._guard and self.options.respawn:
            self._guard.start()
        if self._needs_catcher():
            catcher = [sys.executable, "-m", "deploy.local.catcher", "--smtp-port", str(self.ports["smtp"])]
            catcher += ["--http-port", str(self.ports["inbox"]), "--folder", str(self.inbox_folder)]
            self._add("inbox", catcher, plain_environment())
        for service in reversed(SERVICES):
            for name, mode in self._plan(service):
                argv = [sys.executable, "-m", "shared.kit.run", service, mode]
                self._add(name, argv, self._environment_of(name, None))
        with step("services", self._tell, still=False):
            for child in self._children.values():
                child.start()
            self._wait_for(list(self._children))
        self._write_addresses()

    def _environment_of(self, name: str, extra: Mapping[str, str] | None) -> dict[str, str]:
        """The environment of one process; the second and further workers of a service have a state folder of their own."""
        service, _, part = name.partition("-")
        environment = self.environment(service, extra=extra)
        number = part.rpartition("-")[2]
        if number.isdigit() and number != "1":
            state = self.folder / f"{service}-{number}"
            state.mkdir(mode=0o700, exist_ok=True)
            environment[f"{service.upper()}_STATE_FOLDER"] = str(state)
        return environment

    def _plan(self, service: str) -> list[tuple[str, str]]:
        """Names and modes of a service's processes."""
        workers = self.options.mailer_workers if service == "mailer" else 1
        if not self.options.apart and workers == 1:
            return [(service, "both")]
        numbers = [""] if workers == 1 else [f"-{number}" for number in range(1, workers + 1)]
        return [(f"{service}-api", "serve"), *((f"{service}-work{number}", "work") for number in numbers)]

    def _add(self, name: str, argv: list[str], environment: Mapping[str, str]) -> None:
        assert self._lock is not None
        self._children[name] = Child(
            name,
            argv,
            environment,
            log_file=self.folder / "logs" / f"{name}.log",
            respawn=self.options.respawn,
            tell=self._tell,
            show=self._show,
            keep_open=(self._lock,),
        )

    def _wait_for(self, names: list[str]) -> None:
        doors = {name: f"{self.urls[name.partition('-')[0]]}/health/ready" for name in names if "-work" not in name}
        wait_until_ready(doors, [self._children[name] for name in names], tell=self._tell)

    def _write_addresses(self) -> None:
        addresses: dict[str, object] = {**self.urls, "smtp": self.smtp_url if self._needs_catcher() else ""}
        addresses["operator"] = {
            "client_id": self.operator.client_id,
            "secret": f"operator_client_secret in {self.folder / SECRETS_FILE}",
        }
        write_private(self.folder / "addresses.json", json.dumps(addresses, indent=1) + "\n")


__all__ = ["CannotRunError", "Operator", "Options", "Stack"]
