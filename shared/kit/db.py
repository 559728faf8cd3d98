"""PostgreSQL access: the one place that opens transactions and commits.

Two ways in, both with roles that row-level security binds (architecture 5): `transaction()` gives a SQLAlchemy connection, `raw()` an asyncpg
connection for hot paths (COPY, grouped markers). The subscriber context is transaction-local, never per session (S5).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    RawConnection = PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
else:
    RawConnection = Any

_CONTEXT: Final = text("select set_config('dueback.subscriber_id', :subscriber, true)")
_RAW_CONTEXT: Final = "select set_config('dueback.subscriber_id', $1, true)"
_REST_SECONDS: Final = 30.0
"""How long a connection may lie idle. The last one back is lent first, so that the few in use all the time have all plans and the others none: the
server has 2 to 5 MB in each, and without both some fifty were open while all services were idle."""
_DANGEROUS_ROLE: Final = """
select r.rolsuper or r.rolbypassrls or d.datdba = r.oid
    or exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relowner = r.oid)
from pg_roles r, pg_database d where r.rolname = current_user and d.datname = current_database()
"""


class Row(asyncpg.Record):
    """A row of the driver whose columns are attributes, as SQLAlchemy's are: `fetch(..., record_class=Row)`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class UnsafeRoleError(Exception):
    """The configured role could step round row-level security: superuser, owner or BYPASSRLS (S3)."""


async def set_subscriber(connection: AsyncConnection, subscriber_id: UUID) -> None:
    """Give the running transaction its subscriber context; it ends with the transaction."""
    await connection.execute(_CONTEXT, {"subscriber": str(subscriber_id)})


class Database:
    """One role's way into one service's database. Opened lazily; pools are small because work is batched.

    `limits` are settings of the server (time-outs) that every connection begins with.
    """

    def __init__(
        self, url: str, *, application: str, pool_size: int = 5, limits: Mapping[str, str] | None = None
    ) -> None:
        self._url = url
        self._settings = {"application_name": application, **(limits or {})}
        self._application = application
        self._pool_size = pool_size
        self._engine: AsyncEngine | None = None
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connect and refuse a role that row-level security does not bind."""
        async with self.raw() as connection:
            if await connection.fetchval(_DANGEROUS_ROLE):
                raise UnsafeRoleError(f"the database role of {self._application} is superuser, owner or BYPASSRLS")

    async def close(self) -> None:
        """Close both pools."""
        if self._engine is not None:
            await self._engine.dispose()
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def transaction(self, subscriber_id: UUID | None = None) -> AsyncIterator[AsyncConnection]:
        """Open a transaction, with the subscriber's context if given; commit at the end, roll back on an exception."""
        async with self._engine_().begin() as connection:
            if subscriber_id is not None:
                await set_subscriber(connection, subscriber_id)
            yield connection

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[RawConnection]:
        """Lend an asyncpg connection in autocommit; `async with connection.transaction()` groups statements."""
        if self._pool is None:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=self._pool_size,
                init=_register_json,
                max_inactive_connection_lifetime=_REST_SECONDS,
                command_timeout=60,
                reset=_keep_session,
                server_settings=self._settings,
            )
        async with self._pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self, subscriber_id: UUID) -> AsyncIterator[RawConnection]:
        """Open a transaction on the driver that only reads, with the subscriber's context: a quarter of what `transaction()` costs."""
        async with self.raw() as connection, connection.transaction(readonly=True):
            await connection.fetchval(_RAW_CONTEXT, str(subscriber_id))
            yield connection

    async def glance(self, query: str, *values: object) -> Any:
        """Return the first value of one statement in autocommit: what an idle loop asks, one round trip and nothing else."""
        async with self.raw() as connection:
            return await connection.fetchval(query, *values)

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Open one asyncpg connection outside the pool, for a caller that keeps it for life (marker, listener)."""
        connection = await self._connect_plain()
        await _register_json(connection)
        return connection

    async def _connect_plain(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Connect as the URL says: the driver reads it itself, sslmode and all that SQLAlchemy would not pass on."""
        return await asyncpg.connect(self._url, server_settings=self._settings)

    def _engine_(self) -> AsyncEngine:
        if self._engine is None:
            self._engine = create_async_engine(
                "postgresql+asyncpg://",
                async_creator=self._connect_plain,
                pool_size=self._pool_size,
                max_overflow=self._pool_size,
                pool_timeout=2,
                pool_use_lifo=True,
            )
            event.listen(self._engine.sync_engine, "checkin", _let_rest)
            event.listen(self._engine.sync_engine, "checkout", _lend)
            event.listen(self._engine.sync_engine, "close", _end_rest)
        return self._engine


def _let_rest(connection: Any, record: Any) -> None:
    """Have a connection that came back closed if nobody borrows it for a while; a broken one comes back as None."""
    if connection is not None:
        close = connection.driver_connection.terminate
        record.info["rest"] = asyncio.get_running_loop().call_later(_REST_SECONDS, close)


def _end_rest(_: Any, record: Any) -> None:
    if rest := record.info.pop("rest", None):
        rest.cancel()


def _lend(connection: Any, record: Any, _: Any) -> None:
    """Have the pool replace a closed connection (its rest, a restart of the server): asking each first would cost three round trips a transaction."""
    _end_rest(connection, record)
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def _register_json(connection: Any) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


async def _keep_session(_: Any) -> None:
    """Run no statement when a connection comes back (the driver ends a transaction itself): nothing here ever changes a session."""
