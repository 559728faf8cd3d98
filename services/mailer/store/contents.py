"""Contents: published once, never changed."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.tables import contents
from shared.schemas.contents import Content


async def find_content(connection: AsyncConnection, content_id: UUID) -> Any | None:
    """Return a published content's row."""
    return (await connection.execute(select(contents).where(contents.c.content_id == content_id))).first()


async def add_content(connection: AsyncConnection, row: dict[str, Any]) -> bool:
    """Insert a content; false when the id is taken."""
    done = await connection.execute(
        upsert(contents).values(row).on_conflict_do_nothing().returning(contents.c.content_id)
    )
    return done.first() is not None


def describe_content(row: Any) -> Content:
    """Return a stored content as the wire shows it."""
    return Content.model_validate(dict(row._mapping))


def findings_json(findings: Sequence[Any]) -> list[dict[str, str]]:
    """Return findings as plain JSON."""
    return [asdict(finding) for finding in findings]
