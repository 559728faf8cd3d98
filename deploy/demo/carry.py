"""Carries a FHIR export to ingest by the connector and the agent that a practice runs itself (`./dueback sync fhir`)."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from deploy.demo.evidence import Batch
from deploy.demo.set_up import Site
from services.ingest import connectors
from services.ingest.sync.agent import Agent
from services.ingest.sync.carrier import Carrier
from services.ingest.sync.state import open_state
from services.ingest.sync.web import PoliteWeb
from shared.kit.clock import SystemClock
from shared.kit.plugins import find_plugins
from shared.schemas.ingest import BatchReport


@dataclass
class _Noting(Carrier):
    """Notes what was sent and what became of it."""

    batches: list[Batch] = field(default_factory=list)

    async def send(self, path: Path, *asked: Any, **more: Any) -> BatchReport:
        """As any carrier."""
        report = await super().send(path, *asked, **more)
        self.batches.append(Batch(lines_in(path), 0, report))
        return report


def lines_in(path: Path) -> int:
    """Return how many records a batch's file holds."""
    return path.read_bytes().count(b"\n")


async def carry_export(site: Site, connection_id: UUID, folder: Path) -> list[Batch]:
    """Sends everything in `folder`; nothing in an export that the connector made records of may be refused."""
    connector = find_plugins(connectors, "CONNECTOR")["fhir"]
    door, credential = site.ingest, site.ingest.credential
    carrier = _Noting(
        door.http,
        door.base_url,
        f"{credential.portal_url}/v1/token",
        credential.client_id,
        SecretStr(credential.secret),
        connection_id,
    )
    with tempfile.TemporaryDirectory(prefix="dueback-sync-") as place:
        state = open_state(Path(place), str(connection_id))
        try:
            settings = connector.settings(folder=folder)
            await Agent(
                connector,
                settings,
                state,
                carrier,
                SystemClock(),
                lambda url, **how: PoliteWeb(door.http, url, **how),
                print,
            ).run()
        finally:
            state.close()
    return carrier.batches
