"""Carries a FHIR export to ingest by the connector and the agent that a practice runs itself (`./dueback sync fhir`)."""

from pathlib import Path
from uuid import UUID

from deploy.demo.evidence import Batch
from deploy.demo.set_up import Site
from services.ingest import connectors
from services.ingest.sync import Carrier, Summary, pack_batches
from shared.kit.plugins import find_plugins


async def carry_export(site: Site, connection_id: UUID, folder: Path) -> list[Batch]:
    """Sends everything in `folder`; nothing in an export that the connector made records of may be refused."""
    connector = find_plugins(connectors, "CONNECTOR")["fhir"]
    door, credential = site.ingest, site.ingest.credential
    carrier = Carrier(
        door.http,
        door.base_url,
        f"{credential.portal_url}/v1/token",
        credential.client_id,
        credential.secret,
        connection_id,
    )
    batches = []
    for body in pack_batches(connector, connector.settings(folder=folder), Summary()):
        batches.append(Batch(body.count(b"\n"), 0, await carrier.send(body)))
    return batches
