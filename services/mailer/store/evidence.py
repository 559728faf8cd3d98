"""What proves later how a message looked: the sender facts that mail was written with, and who had it shown again."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.operations_tables import content_views, sender_facts
from shared.kit.ids import new_id
from shared.schemas.location import LocationFacts

MOST_FACTS: Final = 50
"""Versions of a location's facts that are looked at; hardly one has had ten."""

_KEEP: Final = text("""
insert into sender_facts (subscriber_id, location_id, facts_hash, body, first_used_at)
values (:subscriber_id, :location_id, :facts_hash, cast(:body as jsonb), :now) on conflict do nothing
""")

_VIEWS: Final = text("""
select view_id, subscriber_id, message_id, viewed_by, viewed_at, proof from content_views
where (cast(:s as uuid) is null or subscriber_id = cast(:s as uuid))
    and (cast(:message as uuid) is null or message_id = cast(:message as uuid))
    and (cast(:after_at as timestamptz) is null or (viewed_at, view_id) < (cast(:after_at as timestamptz), cast(:after_id as uuid)))
order by viewed_at desc, view_id desc limit :limit
""")


async def keep_sender_facts(connection: AsyncConnection, used: Collection[LocationFacts], *, now: datetime) -> None:
    """Keep the facts that mail is about to be written with, each version once."""
    if used:
        await connection.execute(_KEEP, [_row(facts, now) for facts in used])


def _row(facts: LocationFacts, now: datetime) -> dict[str, object]:
    body = facts.model_dump_json()
    return {
        "subscriber_id": facts.subscriber_id,
        "location_id": facts.location_id,
        "facts_hash": hashlib.sha256(body.encode()).digest(),
        "body": body,
        "now": now,
    }


async def find_sender_facts(connection: AsyncConnection, location_id: UUID, *, at: datetime) -> list[LocationFacts]:
    """Return the versions of a location's facts within the subscriber's context: those in use by `at` first, the newest before the older."""
    known = sender_facts.c
    rows = await connection.execute(
        select(known.body)
        .where(known.location_id == location_id)
        .order_by((known.first_used_at <= at).desc(), known.first_used_at.desc())
        .limit(MOST_FACTS)
    )
    return [LocationFacts.model_validate(row.body) for row in rows]


async def list_views(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID | None,
    message_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Any]:
    """Return looks at content, newest first, from behind `after`; of every subscriber in the worker's view."""
    values = {
        "s": subscriber_id,
        "message": message_id,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return (await connection.execute(_VIEWS, values)).all()


async def note_view(
    connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID, viewed_by: str, proof: str, now: datetime
) -> None:
    """Keep who had a message's content shown, and when."""
    row = {
        "subscriber_id": subscriber_id,
        "view_id": new_id(),
        "message_id": message_id,
        "viewed_by": viewed_by,
        "viewed_at": now,
        "proof": proof,
    }
    await connection.execute(insert(content_views), row)
