"""What routes ask of a request beside its body: a transaction, idempotency, versions and paging, one way for all services."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.bell import ring
from shared.kit.errors import ConflictError, Problem, VersionMismatchError, VersionNeededError
from shared.schemas.wire import Page


class IdempotencyKeyReusedError(Problem):
    """The key was used for another request."""

    status, code, title = 422, "idempotency_key_reused", "This Idempotency-Key was used for another request."


class CursorRefusedError(Problem):
    """A page cursor that we did not make."""

    status, code, title = 400, "cursor_unreadable", "The page cursor cannot be read."


async def open_transaction(request: Request) -> AsyncIterator[AsyncConnection]:
    """One transaction a request, committed before the answer is sent (function scope). The subscriber context is set by the action or route."""
    async with request.app.state.deps.api_db.transaction() as connection:
        yield connection
    if request.method != "GET":
        ring()


Transaction = Annotated[AsyncConnection, Depends(open_transaction, scope="function")]
"""The only way a route obtains a database connection."""

_TAKE = text(
    "insert into idempotency (caller, key, request_hash) values (:caller, :key, :hash) on conflict do nothing returning true"
)
_FIND = text("select request_hash, status, headers, body from idempotency where caller = :caller and key = :key")
_KEEP = text("""
update idempotency set status = :status, headers = cast(:headers as jsonb), body = :body where caller = :caller and key = :key
""")
_FORGET = text("""
delete from idempotency where (caller, key) in (
    select caller, key from idempotency where created_at < :before order by created_at limit :limit)
""")
_KEPT_HEADERS: Final = ("location", "etag")


class Seal(Protocol):
    """How an answer with personal data is stored for a repeat and read again."""

    async def close(self, connection: AsyncConnection, made: Any, /) -> str:
        """Return the text that is stored."""

    async def open(self, connection: AsyncConnection, stored: str, /) -> str:
        """Return the JSON that was answered first."""


class Once:
    """Answers a repeated creating POST with the first answer. A twin waits for the first to commit; other content under one key is refused (422)."""

    def __init__(self, request: Request, key: str | None) -> None:
        self._request = request
        self.key = key

    async def answer(
        self,
        connection: AsyncConnection,
        caller: str,
        create: Callable[[], Awaitable[BaseModel]],
        *,
        response: Response,
        keep: Callable[[Any], BaseModel] = lambda made: made,
        seal: Seal | None = None,
    ) -> Any:
        """Run `create` once per (caller, Idempotency-Key).

        `keep` may strip what must not be stored (a secret shown once), `seal` encrypts what a repeat needs but nobody may read at rest.
        """
        if self.key is None:
            return await create()
        digest = hashlib.sha256(
            f"{self._request.method} {self._request.url.path}\n".encode() + await self._request.body()
        ).digest()
        found = {"caller": caller, "key": self.key}
        if not await connection.scalar(_TAKE, found | {"hash": digest}):
            return await self._repeat(connection, found, digest, seal)
        made = await create()
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        status = response.status_code or 201
        kept = keep(made)
        body = await seal.close(connection, kept) if seal else kept.model_dump_json()
        await connection.execute(_KEEP, found | {"status": status, "headers": json.dumps(headers), "body": body})
        return made

    async def _repeat(
        self, connection: AsyncConnection, found: dict[str, Any], digest: bytes, seal: Seal | None
    ) -> Response:
        row = (await connection.execute(_FIND, found)).one()
        if bytes(row.request_hash) != digest:
            raise IdempotencyKeyReusedError
        if row.body is None:
            raise ConflictError("the first request with this key is still running")
        kept = json.loads(row.headers) if isinstance(row.headers, str) else row.headers or {}
        headers = kept | {"idempotency-replayed": "true"}
        body = await seal.open(connection, row.body) if seal else row.body
        return Response(body, status_code=row.status, headers=headers, media_type="application/json")


async def forget_answers(connection: AsyncConnection, *, before: datetime, limit: int) -> bool:
    """Forget up to `limit` kept answers from before a time, oldest first; return whether there may be more. A later repeat is a new request."""
    return (await connection.execute(_FORGET, {"before": before, "limit": limit})).rowcount == limit


async def _once(
    request: Request,
    key: Annotated[
        str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")
    ] = None,
) -> Once:
    return Once(request, key)


OnceOnly = Annotated[Once, Depends(_once)]


def set_version(response: Response, version: int) -> None:
    """Answer with the thing's version as a strong ETag."""
    response.headers["ETag"] = f'"{version}"'


async def _if_match(value: Annotated[str | None, Header(alias="If-Match", max_length=64)] = None) -> int:
    if value is None:
        raise VersionNeededError
    text_ = value.strip().strip('"')
    if not text_.isascii() or not text_.isdigit():
        raise VersionMismatchError
    return int(text_)


IfMatch = Annotated[int, Depends(_if_match)]
"""The version an edit was made on; 428 when absent, 412 by the action when it is not the stored one."""


async def _if_match_or_new(value: Annotated[str | None, Header(alias="If-Match", max_length=64)] = None) -> int | None:
    return None if value is None else await _if_match(value)


IfMatchOrNew = Annotated[int | None, Depends(_if_match_or_new)]
"""As IfMatch, for a PUT that also creates: None where no version was sent, which `refuse_stale` takes for a new thing alone."""


def refuse_stale(given: int | None, *, stored: int | None) -> None:
    """Raise VersionMismatchError unless the edit was made on what is stored (None: nothing is), VersionNeededError where a stored thing needs it."""
    if given is None and stored is not None:
        raise VersionNeededError
    if given != stored:
        raise VersionMismatchError


Limit = Annotated[int, Query(ge=1, le=200, description="rows of a page")]
_Item = TypeVar("_Item")
After = Annotated[str | None, Query(max_length=300, description="`next` of the page before")]


def page_cursor(*values: str | int) -> str:
    """Return an opaque page cursor of the last row's sort values."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def time_page(rows: Sequence[_Item], limit: int, position: Callable[[_Item], tuple[datetime, UUID]]) -> Page[_Item]:
    """Return a page of rows in the order of (time, id): one row more than `limit`, read along, says that another page follows."""
    items = list(rows[:limit])
    if len(rows) <= limit:
        return Page(items=items, next=None)
    at, row_id = position(items[-1])
    return Page(items=items, next=page_cursor(at.isoformat(), str(row_id)))


def read_cursor(cursor: str | None, length: int) -> list[Any] | None:
    """Return the sort values of a cursor, None for the first page; raise CursorRefusedError for anything else."""
    if cursor is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise CursorRefusedError from None
    if not isinstance(values, list) or len(values) != length:
        raise CursorRefusedError
    return values


def read_id_cursor(cursor: str | None) -> UUID | None:
    """Return the id of a page cursor, None for the first page; raise CursorRefusedError for anything else."""
    values = read_cursor(cursor, 1)
    try:
        return UUID(values[0]) if values is not None else None
    except (ValueError, AttributeError, TypeError):
        raise CursorRefusedError from None


def read_time_cursor(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return the (time with offset, id) of a page cursor, None for the first page; raise CursorRefusedError for anything else."""
    values = read_cursor(cursor, 2)
    if values is None:
        return None
    try:
        at, row_id = datetime.fromisoformat(values[0]), UUID(values[1])
    except (ValueError, AttributeError, TypeError):
        raise CursorRefusedError from None
    if at.tzinfo is None:
        raise CursorRefusedError
    return at, row_id
