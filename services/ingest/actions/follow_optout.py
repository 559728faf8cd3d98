"""Follows optout's feed: erases whom it orders to erase and acknowledges it, lets back in who came back by their own act."""

from datetime import datetime
from typing import Final

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.erase_people import erase_people
from services.ingest.deps import Deps
from services.ingest.store.erasing import erase_alone, lift_erasures
from services.ingest.store.erasure_tables import PLATFORM
from shared.kit.crashpoints import crashpoint
from shared.kit.logs import log
from shared.kit.outbox import put_outbox
from shared.schemas.optout import SuppressionEntry
from shared.schemas.privacy_cases import EraseOrder, ErasureDone, ErasuresDone
from shared.schemas.wire import Change

KINDS: Final = ("erase", "suppression")


async def follow_optout(deps: Deps, connection: AsyncConnection, changes: list[Change], *, now: datetime) -> None:
    """Apply a page of the feed in the transaction that keeps its cursor; the acknowledgements leave by the outbox."""
    done: list[ErasureDone] = []
    for change in changes:
        if change.kind not in KINDS or change.body is None:
            continue
        try:
            if change.kind == "suppression":
                await _lift(connection, SuppressionEntry.model_validate(change.body), now)
                continue
            order = EraseOrder.model_validate(change.body)
        except ValidationError:
            log("ingest.erasures").error("order_unreadable", entry_id=str(change.key))
            continue
        if not done:
            await erase_alone(connection)
        records, undecided = await erase_people(deps, connection, order=order, now=now)
        owner = order.subscriber_id
        done.append(ErasureDone(entry_id=order.entry_id, subscriber_id=owner, records=records, undecided=undecided))
    if done:
        path = "/v1/erasures/acknowledgements"
        for first in range(0, len(done), 1000):
            body = ErasuresDone(done=done[first : first + 1000])
            await put_outbox(connection, destination="optout", method="POST", path=path, body=body)
        crashpoint("ingest.before_erasure_commit")


async def _lift(connection: AsyncConnection, entry: SuppressionEntry, now: datetime) -> None:
    if entry.kind == "lift" and entry.suppression_class == "all" and entry.location_id is None:
        owner = entry.subscriber_id or PLATFORM
        await lift_erasures(connection, owner, address_key=entry.address_key, person_id=entry.person_id, now=now)
