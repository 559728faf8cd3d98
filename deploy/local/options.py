"""How one installation differs from the usual one, as a value that commands, demo and tests can make."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How a stack differs from the usual one.

    `database_url` (an administrator's URL) or one per service replaces the embedded PostgreSQL, `smtp_url` the mail catcher.
    `passwords` of the fifteen roles are given where several stacks share a server. `apart` runs API and work of a service in
    two processes, `mailer_workers` above one as well for the mailer. `extra` holds more environment per service (crash
    points). `ports` are demanded ones; with `usual_ports=False` all others are arbitrary. A `clock_file` that does not exist
    is made and shows the real time.
    """

    mode: str = "demo"
    clock_file: Path | None = None
    database_url: str | None = None
    service_database_urls: Mapping[str, str] = field(default_factory=dict)
    database_prefix: str = "dueback"
    passwords: Mapping[str, str] | None = None
    smtp_url: str | None = None
    optout_public_url: str | None = None
    scheduler_public_url: str | None = None
    bounce_domain: str = "bounces.example.com"
    apart: bool = False
    mailer_workers: int = 1
    durable: bool = True
    respawn: bool = True
    ports: Mapping[str, int] = field(default_factory=dict)
    usual_ports: bool = True
    extra: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    catcher: bool = True
