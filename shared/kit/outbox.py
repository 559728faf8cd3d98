"""The outbox: a command that must not be lost is written with its cause and delivered at least once (architecture 2).

Receivers are idempotent, so rows may overtake each other. A definite refusal parks the row with its code instead of blocking the rest.
"""

import json
import random
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database
from shared.kit.http import RefusedError, ServiceClient, SilentError
from shared.kit.logs import log

_BATCH: Final = 20
_LEASE_SECONDS: Final = 30
_LONGEST_BACKOFF_SECONDS: Final = 60.0
_OF_THE_COMMAND: Final = frozenset((400, 409, 413, 422))
"""What the receiver says of the command itself. A 401, 403, 404 or 408 speaks of clocks, keys and roll-outs and may be gone in a minute."""

_PUT = text(
    "insert into outbox (destination, method, path, body) values (:destination, :method, :path, cast(:body as jsonb))"
)
_ANYTHING: Final = "select exists (select from outbox where refused is null and next_at <= clock_timestamp())"
_CLAIM = text("""
with due as (
    select id from outbox where refused is null and next_at <= clock_timestamp() order by next_at, id limit :limit for update skip locked)
update outbox o set next_at = clock_timestamp() + make_interval(secs => :lease), attempts = attempts + 1
from due where o.id = due.id returning o.id, o.destination, o.method, o.path, o.body, o.attempts
""")
_DONE = text("delete from outbox where id = :id")
_REFUSED = text("update outbox set refused = :code where id = :id")
_LATER = text("update outbox set next_at = clock_timestamp() + make_interval(secs => :seconds) where id = :id")


async def put_outbox(connection: AsyncConnection, *, destination: str, method: str, path: str, body: BaseModel) -> None:
    """Write a command in the caller's transaction."""
    await connection.execute(
        _PUT, {"destination": destination, "method": method, "path": path, "body": body.model_dump_json()}
    )


class OutboxDelivery:
    """Delivers due rows; any number of processes may run it."""

    def __init__(self, database: Database, clients: Mapping[str, ServiceClient]) -> None:
        self._database = database
        self._clients = clients

    async def step(self) -> bool:
        """Deliver one batch; return whether there may be more."""
        if not await self._database.glance(_ANYTHING):
            return False
        async with self._database.transaction() as connection:
            rows = (await connection.execute(_CLAIM, {"limit": _BATCH, "lease": _LEASE_SECONDS})).all()
        for row in rows:
            body = json.loads(row.body) if isinstance(row.body, str) else row.body
            statement, values = await self._deliver(row, body)
            async with self._database.transaction() as connection:
                await connection.execute(statement, values)
        return len(rows) == _BATCH

    async def _deliver(self, row: Any, body: Any) -> tuple[TextClause, dict[str, Any]]:
        """Send one row; return what to note of it. Only a refusal of the command itself parks it; the rest may pass another time."""
        try:
            await self._clients[row.destination].send(row.method, row.path, body=body)
            crashpoint("kit.outbox_delivered")
            return _DONE, {"id": row.id}
        except RefusedError as refused:
            if refused.status in _OF_THE_COMMAND:
                log("kit.outbox").error(
                    "command_refused", destination=row.destination, outbox_id=row.id, code=refused.code
                )
                return _REFUSED, {"id": row.id, "code": f"{refused.status} {refused.code}"[:200]}
            log("kit.outbox").warning(
                "command_postponed", destination=row.destination, outbox_id=row.id, code=refused.code
            )
        except SilentError:
            pass
        longest = min(_LONGEST_BACKOFF_SECONDS, 0.5 * 2 ** min(row.attempts, 10))
        return _LATER, {"id": row.id, "seconds": random.uniform(0.2, longest)}  # noqa: S311 - jitter
