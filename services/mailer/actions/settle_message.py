"""Ends a doubt about a message by a person's word, with the person's reason on file (L-071)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.show_message import show_message
from services.mailer.domain.refusals import MessageNotUncertainError, MessageUnknownError
from services.mailer.domain.sealing import note_place
from services.mailer.domain.states import State
from services.mailer.store.doubts import DoubtMove, SettlementRow, list_settlements, lock_message, settle_by_person
from shared.kit.auth import Caller
from shared.kit.crypto import DataKeys
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id
from shared.schemas.mailer import MessageStatus, SettlementInput


async def settle_message(
    connection: AsyncConnection,
    *,
    caller: Caller,
    message_id: UUID,
    given: SettlementInput,
    keys: DataKeys,
    now: datetime,
) -> MessageStatus:
    """Settle an uncertain message; the same word again is harmless. `not_sent` lets it go out at once if it is useful still, else it has expired.

    Raises MessageUnknownError (also for a foreign one or another location's, S2) and MessageNotUncertainError.
    """
    subscriber_id = caller.subscriber
    await set_subscriber(connection, subscriber_id)
    row = await lock_message(connection, subscriber_id, message_id)
    if row is None or not caller.covers(row.location_id):
        raise MessageUnknownError
    move = _move(given, row.useful_until, now)
    if row.state == State.UNCERTAIN:
        settlement_id = new_id()
        cipher = await keys.cipher(connection, subscriber_id)
        note = cipher.encrypt(given.note.encode(), note_place(settlement_id))
        settlement = SettlementRow(settlement_id, "person", move.state, caller.name, now, note)
        await settle_by_person(connection, subscriber_id, message_id, move, settlement)
    elif not await _has_said(connection, subscriber_id, message_id, move.state):
        raise MessageNotUncertainError
    return await show_message(connection, caller=caller, message_id=message_id, keys=keys)


def _move(given: SettlementInput, useful_until: datetime, now: datetime) -> DoubtMove:
    if given.verdict == "sent":
        return DoubtMove(State.SENT, None)
    if useful_until <= now:
        return DoubtMove(State.EXPIRED, "not_sent")
    return DoubtMove(State.DEFERRED, "not_sent", now)


async def _has_said(connection: AsyncConnection, subscriber_id: UUID, message_id: UUID, state: State) -> bool:
    said = await list_settlements(connection, subscriber_id, message_id)
    return bool(said) and (said[-1].source, said[-1].state) == ("person", state)
