"""Which stock contents the mailer has."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_IN_USE: Final = text("select distinct type from campaigns where state <> 'ended'")
_READ: Final = text("select content_id from published_contents")
_NOTE: Final = text(
    "insert into published_contents (content_id, published_at) values (:content_id, :now) on conflict do nothing"
)
_FORGET: Final = text("delete from published_contents where content_id = any(cast(:contents as uuid[]))")


async def read_types_in_use(connection: AsyncConnection) -> set[str]:
    """Return the campaign types that somebody has switched on."""
    return {row.type for row in await connection.execute(_IN_USE)}


async def read_published(connection: AsyncConnection) -> set[UUID]:
    """Return the ids of the contents that the mailer has taken."""
    return {row.content_id for row in await connection.execute(_READ)}


async def note_published(connection: AsyncConnection, content_id: UUID, *, now: datetime) -> None:
    """Remember that the mailer has a content."""
    await connection.execute(_NOTE, {"content_id": content_id, "now": now})


async def forget_published(connection: AsyncConnection, contents: Sequence[UUID]) -> None:
    """Forget contents that the mailer turned out not to have (it was restored): they are published again."""
    await connection.execute(_FORGET, {"contents": list(contents)})
