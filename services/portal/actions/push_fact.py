"""Push one fact downhill in the transaction of its cause, so that no change is ever known here and lost below."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.clients.facts import DOWNHILL, OWN_KINDS, Fact
from shared.kit.directory import keep_entry
from shared.kit.outbox import put_outbox


async def push_fact(connection: AsyncConnection, fact: Fact) -> None:
    """Put the fact into the outbox for every service below, and into portal's own directory where its Verifier needs it."""
    for service in DOWNHILL:
        await put_outbox(connection, destination=service, method="PUT", path=fact.path, body=fact.entry)
    if fact.kind in OWN_KINDS:
        await keep_entry(connection, kinds=OWN_KINDS, kind=fact.kind, entry_id=fact.entry_id, entry=fact.entry)
