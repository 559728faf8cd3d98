"""Finds minors who have come of age: from that day on their mail is theirs (L-121)."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_OWNERS: Final = text("select distinct subscriber_id from consumers where minor_until <= :today limit 100")
_RELEASE: Final = text("""
with due as (
    select id from consumers where subscriber_id = :subscriber and minor_until <= :today order by id limit :limit for update
), released as (
    update consumers c set minor_until = null from due where c.subscriber_id = :subscriber and c.id = due.id returning c.id
), noted as (
    insert into changes (subscriber_id, kind, key) select :subscriber, 'consumer', id from released
)
select array_agg(id)::text from released
""")


async def owners_of_new_adults(connection: AsyncConnection, today: date) -> list[UUID]:
    """Return subscribers with minors who have come of age."""
    return [row.subscriber_id for row in await connection.execute(_OWNERS, {"today": today})]


async def release_due(connection: AsyncConnection, *, subscriber_id: UUID, today: date, limit: int) -> str | None:
    """Make them adults and tell the feed; return who they are as a PostgreSQL array, or None."""
    values = {"subscriber": subscriber_id, "today": today, "limit": limit}
    people: str | None = await connection.scalar(_RELEASE, values)
    return people
