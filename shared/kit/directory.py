"""Facts pushed to us by a service above (subscribers, locations, keys, revocations, stops): kept by kind and id, newest version wins.

Plumbing knows no business word: the service that receives an entry names the kinds it takes and the model of each body.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.errors import NotFoundError
from shared.schemas.wire import DirectoryAnswer, DirectoryEntry

Fact = TypeVar("Fact", bound=BaseModel)

_KEEP = text("""
insert into directory as kept (kind, id, subscriber_id, version, body)
values (:kind, :id, :subscriber_id, :version, cast(:body as jsonb))
on conflict (kind, id) do update
set subscriber_id = excluded.subscriber_id, version = excluded.version, body = excluded.body where kept.version < excluded.version
returning true
""")


class KindUnknownError(NotFoundError):
    """This service takes no such entries."""

    code, title = "kind_unknown", "This service keeps no entries of that kind."


async def keep_entry(
    connection: AsyncConnection,
    *,
    kinds: Mapping[str, type[BaseModel]],
    kind: str,
    entry_id: str,
    entry: DirectoryEntry,
) -> DirectoryAnswer:
    """Keep a pushed fact unless a newer version is there; the body is validated by the kind's model first."""
    if kind not in kinds:
        raise KindUnknownError
    body = kinds[kind].model_validate(entry.body).model_dump(mode="json")
    kept = await connection.scalar(
        _KEEP,
        {
            "kind": kind,
            "id": entry_id,
            "subscriber_id": entry.subscriber_id,
            "version": entry.version,
            "body": json.dumps(body),
        },
    )
    return DirectoryAnswer(kept=bool(kept), version=entry.version)


async def read_directory(connection: AsyncConnection, kind: str) -> list[dict[str, Any]]:
    """Return the bodies of all entries of a kind."""
    rows = await connection.execute(text("select body from directory where kind = :kind order by id"), {"kind": kind})
    return [json.loads(row.body) if isinstance(row.body, str) else row.body for row in rows]


async def find_fact(connection: AsyncConnection, kind: str, entry_id: str | UUID, model: type[Fact]) -> Fact | None:
    """Return one fact as its model, or None."""
    body = await connection.scalar(
        text("select body from directory where kind = :kind and id = :id"), {"kind": kind, "id": str(entry_id)}
    )
    if body is None:
        return None
    return model.model_validate(json.loads(body) if isinstance(body, str) else body)
