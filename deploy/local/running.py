"""Find out how a running installation is configured, so that another process can join it."""

import json
import os
from pathlib import Path

from deploy.local.cannot_run import CannotRunError
from deploy.local.databases import service_urls
from deploy.local.environment import Surroundings, service_environment
from deploy.local.names import SERVICES, ServiceUrls
from deploy.local.options import Options
from deploy.local.ports import choose_ports
from deploy.local.secrets import load_or_make_secrets


def running_environment(service: str, data: Path, options: Options) -> dict[str, str]:
    """The environment for one more process of `service` beside the installation in `data`. Raises `CannotRunError`."""
    folder = data.absolute()
    secrets = load_or_make_secrets(folder)
    ports: dict[str, int] = json.loads((folder / "ports.json").read_text(encoding="utf-8"))
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    databases = running_databases(folder, options)
    own_port = choose_ports([service], demanded={}, last={}, usual=False).by_name[service]
    state = folder / f"{service}-{os.getpid()}"
    state.mkdir(mode=0o700, exist_ok=True)
    around = Surroundings(
        mode=options.mode,
        clock_file=options.clock_file,
        folder=folder,
        ports={**ports, service: own_port},
        urls=urls,
        databases=databases,
        secrets=secrets,
        smtp_url=options.smtp_url or f"smtp://127.0.0.1:{ports.get('smtp', 0)}",
        optout_public_url=options.optout_public_url or urls["optout"],
        scheduler_public_url=options.scheduler_public_url or urls["scheduler"],
        bounce_domain=options.bounce_domain,
    )
    return service_environment(service, around, extra={f"{service.upper()}_STATE_FOLDER": str(state)})


def running_databases(data: Path, options: Options) -> dict[str, ServiceUrls]:
    """Each service's database of the installation in `data`. Raises `CannotRunError`."""
    folder = data.absolute()
    passwords = load_or_make_secrets(folder).database_passwords
    admin = options.database_url or _embedded_url(folder)
    return {
        name: service_urls(options.service_database_urls.get(name, admin), name, passwords, options.database_prefix)
        for name in SERVICES
    }


def _embedded_url(folder: Path) -> str:
    """Where the embedded server of that folder listens; the fourth line of postmaster.pid is its port."""
    try:
        lines = (folder / "postgres" / "cluster" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return f"postgresql://postgres@127.0.0.1:{int(lines[3])}/postgres"
    except (OSError, IndexError, ValueError):
        raise CannotRunError(f"The PostgreSQL of {folder} is not running: start ./dueback first.") from None
