"""Keeps whom optout orders to erase: from this commit on no message about them is taken in; a loop blanks what there is (S-036)."""

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.tell_erased import tell_erased
from services.mailer.store.erasing import add_erasure, find_done, lift_erasures, take_in_alone
from services.mailer.store.erasure_tables import PLATFORM
from shared.kit.clock import Clock
from shared.kit.logs import log
from shared.schemas.optout import SuppressionEntry
from shared.schemas.privacy_cases import EraseOrder, ErasureDone
from shared.schemas.wire import Change


async def keep_erasures(connection: AsyncConnection, changes: list[Change], *, clock: Clock) -> None:
    """Apply a page of the feed in the transaction that keeps its cursor. An order told again is acknowledged again and changes nothing."""
    again: list[ErasureDone] = []
    is_alone = False
    for change in changes:
        if change.kind not in ("erase", "suppression") or change.body is None:
            continue
        try:
            if change.kind == "suppression":
                await _lift(connection, SuppressionEntry.model_validate(change.body), clock)
                continue
            order = EraseOrder.model_validate(change.body)
        except ValidationError:
            log("mailer.erasures").error("order_unreadable", entry_id=str(change.key))
            continue
        if not is_alone:
            await take_in_alone(connection)
            is_alone = True
        # The time is read behind the lock: what was taken in until then was accepted before it.
        if order.address_key is not None and await add_erasure(connection, order, now=clock.now()):
            continue
        records = await find_done(connection, order) if order.address_key is not None else 0
        if records is not None:
            done = {"entry_id": order.entry_id, "subscriber_id": order.subscriber_id, "records": records}
            again.append(ErasureDone.model_validate(done))
    await tell_erased(connection, again)


async def _lift(connection: AsyncConnection, entry: SuppressionEntry, clock: Clock) -> None:
    if entry.kind == "lift" and entry.suppression_class == "all" and entry.location_id is None:
        owner, now = entry.subscriber_id or PLATFORM, clock.now()
        await lift_erasures(connection, owner, address_key=entry.address_key, person_id=entry.person_id, now=now)
