"""Bring all five databases to their newest form, because services refuse to start on anything else."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.cannot_run import CannotRunError
from deploy.local.databases import close_to_others, provision_service
from deploy.local.environment import plain_environment
from deploy.local.names import SERVICES, ServiceUrls
from deploy.local.spawn import spawn

REPOSITORY = Path(__file__).resolve().parents[2]
URLS_VARIABLE = "DUEBACK_OWNER_URLS"  # as in migrating.py, which this process does not load


def prepare_databases(
    admin_url: str,
    service_urls: Mapping[str, str],
    passwords: Mapping[str, str],
    *,
    prefix: str,
    alone: bool,
) -> dict[str, ServiceUrls]:
    """Databases and roles in the server behind `admin_url` (or a service's own), then every migration that is missing.

    `alone` says that the server is ours only. Raises `CannotRunError`.
    """
    urls: dict[str, ServiceUrls] = {}
    for service in SERVICES:
        urls[service] = provision_service(service_urls.get(service) or admin_url, service, passwords, prefix)
    if alone:
        close_to_others(admin_url)
    migrate_databases({service: each.owner for service, each in urls.items()})
    return urls


def migrate_databases(owner_urls: Mapping[str, str]) -> None:
    """Upgrade each service's database as its owner, in a child process. Raises `CannotRunError` naming the service."""
    child = spawn(
        [sys.executable, "-m", "deploy.local.migrating"],
        environment={**plain_environment(), URLS_VARIABLE: json.dumps(dict(owner_urls))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        folder=REPOSITORY,
    )
    lines = child.communicate()[0].decode("utf-8", "replace").strip().splitlines()
    if child.returncode != 0:
        raise CannotRunError(lines[-1] if lines else f"The migration ended with exit code {child.returncode}.")
