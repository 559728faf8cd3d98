"""Mails of our own that were asked for: the feed names them, and what is to be sent is joined in, sealed, for the mailer alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import set_subscriber
from shared.kit.feed import NewChange, append_changes
from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.optout import MailRequested, MailRequestInput
from shared.schemas.wire import Change

KIND: Final = "mail_requested"
_ADD: Final = text("""
insert into mail_requests (subscriber_id, request_id, origin, address_key, sealed, requested_at, useful_until)
values (:s, :request_id, :origin, :address_key, :sealed, :now, :useful_until) on conflict do nothing returning request_id
""")
_FIND: Final = text("""
select request_id, origin, address_key, sealed from mail_requests
where subscriber_id = :s and request_id = any (cast(:ids as uuid[]))
""")
_SHRED: Final = text("update mail_requests set sealed = null where sealed is not null and useful_until < :now")


async def add_mail_request(connection: AsyncConnection, given: MailRequestInput, *, sealed: str, now: datetime) -> bool:
    """Keep a request and tell the feed, in the caller's transaction; false for one that was on file."""
    await set_subscriber(connection, PLATFORM_SENDER)
    row = {
        "s": PLATFORM_SENDER,
        "request_id": given.request_id,
        "origin": given.origin,
        "address_key": given.address_key,
        "sealed": sealed,
        "now": now,
        "useful_until": given.useful_until,
    }
    if (await connection.execute(_ADD, row)).first() is None:
        return False
    await append_changes(connection, [NewChange(None, KIND, given.request_id)])
    return True


async def join_mail_requests(connection: AsyncConnection, changes: list[Change]) -> list[Change]:
    """Return the page with the present state of every request joined in."""
    ids = [change.key for change in changes if change.kind == KIND]
    if not ids:
        return changes
    await set_subscriber(connection, PLATFORM_SENDER)
    found = await _find(connection, ids)
    return [
        change.model_copy(update={"body": found[change.key]}) if change.kind == KIND and change.key in found else change
        for change in changes
    ]


async def shred_mail_requests(connection: AsyncConnection, *, now: datetime) -> None:
    """Forget what was to be sent once its time is over: the mailer has it or it is too late."""
    await connection.execute(_SHRED, {"now": now})


async def _find(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, dict[str, object]]:
    rows = await connection.execute(_FIND, {"s": PLATFORM_SENDER, "ids": list(ids)})
    return {row.request_id: MailRequested.model_validate(dict(row._mapping)).model_dump(mode="json") for row in rows}
