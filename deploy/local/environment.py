"""The environment of each service, because a service may know its own secrets and nobody else's."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.names import SERVICES, ServiceUrls
from deploy.local.secrets import Secrets

# Nothing else of the operator's environment reaches a service: proxies would catch loopback calls, DATABASE_URL is an admin's.
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONSAFEPATH")
KNOWS_ADDRESS_KEYS = ("ingest", "optout")  # who is given addresses; the others see hashes only
KNOWS_TOKEN_KEYS = ("mailer", "optout")
MAY_BE_OVERRIDDEN = (
    "HOST",
    "PUBLIC_URL",
    "OPTOUT_PUBLIC_URL",
    "SCHEDULER_PUBLIC_URL",
    "BOUNCE_DOMAIN",
    "PLATFORM_FROM",
    "PLATFORM_POSTAL_ADDRESS",
)
SAMPLE_PLATFORM = {
    "MAILER_PLATFORM_FROM": "hello@dueback.example.com",
    "MAILER_PLATFORM_POSTAL_ADDRESS": json.dumps(
        {"line1": "1 Sample Way", "city": "Springfield", "region": "IL", "postal_code": "62701", "country": "US"}
    ),
}
"""Who mail of our own is from where no mail leaves the machine; production names its own or has none."""


@dataclass(frozen=True)
class Surroundings:
    """What the services of one installation share: mode, clock, ports, addresses, databases, secrets."""

    mode: str
    clock_file: Path | None
    folder: Path
    ports: Mapping[str, int]
    urls: Mapping[str, str]
    databases: Mapping[str, ServiceUrls]
    secrets: Secrets
    smtp_url: str
    optout_public_url: str
    scheduler_public_url: str
    bounce_domain: str


def service_environment(
    service: str, around: Surroundings, given: Mapping[str, str] | None = None, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """All variables of one service. `given` is the operator's environment (ours by default), `extra` wins over everything."""
    given = os.environ if given is None else given
    prefix = f"{service.upper()}_"
    passed = plain_environment(given)
    own = {name: value for name, value in given.items() if name.startswith(prefix) and name != f"{prefix}DATABASE_URL"}
    overridden = {name: value for name, value in own.items() if name.removeprefix(prefix) in MAY_BE_OVERRIDDEN}
    return {
        **passed,
        **own,
        **_shared(around),
        **_own(service, prefix, around),
        **_special(service, around),
        **overridden,
        **(extra or {}),
    }


def plain_environment(given: Mapping[str, str] | None = None) -> dict[str, str]:
    """What every child of ours gets: where programs are, nothing secret."""
    given = os.environ if given is None else given
    passed = {name: given[name] for name in PASSED_ON if name in given}
    return {**passed, "PYTHONUNBUFFERED": "1", "TZ": "UTC"}


def _shared(around: Surroundings) -> dict[str, str]:
    shared = {
        "DUEBACK_MODE": around.mode,
        "DUEBACK_SERVICE_KEYS": json.dumps(around.secrets.public_keys()),
        "DUEBACK_URLS": json.dumps({name: around.urls[name] for name in SERVICES}),
    }
    if around.clock_file:
        shared["DUEBACK_CLOCK_FILE"] = str(around.clock_file)
    return shared


def _own(service: str, prefix: str, around: Surroundings) -> dict[str, str]:
    values = {
        "HOST": "127.0.0.1",
        "PORT": str(around.ports[service]),
        "DATABASE_API": around.databases[service].api,
        "DATABASE_WORKER": around.databases[service].worker,
        "SERVICE_KEY": around.secrets.service_keys[service],
        "STATE_FOLDER": str(around.folder / service),
    }
    if service in around.secrets.key_encryption_keys:
        values["KEK"] = around.secrets.key_encryption_keys[service]
    return {prefix + name: value for name, value in values.items()}


def _special(service: str, around: Surroundings) -> dict[str, str]:
    special: dict[str, str] = {}
    if service in KNOWS_ADDRESS_KEYS:
        special["DUEBACK_ADDRESS_KEYS"] = json.dumps(around.secrets.address_keys)
    if service in KNOWS_TOKEN_KEYS:
        special["DUEBACK_TOKEN_KEYS"] = json.dumps(around.secrets.token_keys)
    if service == "optout":
        special["OPTOUT_PUBLIC_URL"] = around.optout_public_url
        special |= {} if around.mode == "production" else {"OPTOUT_BALLAST_MB": "8"}
    if service == "scheduler":
        special["SCHEDULER_PUBLIC_URL"] = around.scheduler_public_url
    if service == "mailer":
        special["MAILER_SMTP_URL"] = around.smtp_url
        special["MAILER_OPTOUT_PUBLIC_URL"] = around.optout_public_url
        special["MAILER_SCHEDULER_PUBLIC_URL"] = around.scheduler_public_url
        special["MAILER_BOUNCE_DOMAIN"] = around.bounce_domain
        special |= {} if around.mode == "production" else SAMPLE_PLATFORM
    if service == "portal":
        special["PORTAL_OPERATOR_CLIENT_ID"] = around.secrets.operator_client_id
        special["PORTAL_OPERATOR_CLIENT_SECRET"] = around.secrets.operator_client_secret
    return special
