"""The names of services, databases and roles, because the launcher, the tests and the runbook must agree on them."""

from dataclasses import dataclass

SERVICES = ("optout", "ingest", "mailer", "scheduler", "portal")  # downhill first: the order in which they are migrated
PARTS = ("owner", "api", "worker")
AGGREGATES = "dueback_ingest_aggregates"
"""Logs in nowhere: ingest's worker takes this role to count people whose names it then cannot read (S-102)."""


@dataclass(frozen=True)
class ServiceUrls:
    """One database as its three roles see it; plain `postgresql://` URLs with the password in them."""

    owner: str
    api: str
    worker: str


def role_name(service: str, part: str) -> str:
    """The login role of a service's part (`owner`, `api` or `worker`). Fixed: clones in tests reuse the roles."""
    return f"dueback_{service}_{part}"


def all_roles() -> list[str]:
    """The names of the fifteen roles that log in."""
    return [role_name(service, part) for service in SERVICES for part in PARTS]
