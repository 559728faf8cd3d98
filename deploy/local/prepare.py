"""Bring all five databases to their newest form, because services refuse to start on anything else."""

import importlib
from collections.abc import Mapping

from deploy.local.cannot_run import CannotRunError
from deploy.local.databases import close_to_others, provision_service
from deploy.local.names import SERVICES, ServiceUrls


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
    for service in SERVICES:
        migrate_service(service, urls[service].owner)
    return urls


def migrate_service(service: str, owner_url: str) -> None:
    """Upgrade one database as its owner. Raises `CannotRunError` naming the service; the cause follows as its cause."""
    from shared.migrations.run import migrate  # a second of imports that a refused start need not pay

    try:
        importlib.import_module(f"services.{service}.store.tables")
        migrate(service, owner_url)
    except Exception as error:
        raise CannotRunError(
            f"The database of {service} could not be brought up to date: {type(error).__name__}: {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else "no reason given"
