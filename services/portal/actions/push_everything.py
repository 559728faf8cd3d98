"""Push all facts to one service: a new, restored or cloned database below must learn what it missed.

It goes past the outbox, so that a million old facts never stand in front of one fresh revocation; pushes are idempotent by version.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from services.portal.clients.downhill import Downhill
from services.portal.clients.facts import (
    Fact,
    key_fact,
    location_fact,
    operator_revocation_fact,
    revocation_fact,
    subscriber_fact,
)
from services.portal.store.clients import list_revoked
from services.portal.store.locations import list_locations
from services.portal.store.operators import list_operators
from services.portal.store.signing_keys import list_signing_keys
from services.portal.store.subscribers import list_subscribers
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.kit.logs import log

_PAGE: Final = 200
_AT_ONCE: Final = 8
_Row = TypeVar("_Row")


async def push_everything(database: Database, *, data_keys: DataKeys, service: Downhill) -> int:
    """Push keys, revocations, subscribers and locations, in that order; return how many were kept or known. Raises SilentError."""
    pushed = 0
    async for facts in _pages(database, data_keys):
        for start in range(0, len(facts), _AT_ONCE):
            part = facts[start : start + _AT_ONCE]
            codes = await asyncio.gather(*(service.keep(fact) for fact in part))
            for fact, code in zip(part, codes, strict=True):
                if code:
                    log("portal.push").warning("fact_refused", service=service.name, kind=fact.kind, code=code)
            pushed += codes.count("")
    log("portal.push").info("everything_pushed", service=service.name, facts=pushed)
    return pushed


async def _pages(database: Database, data_keys: DataKeys) -> AsyncIterator[list[Fact]]:
    async with database.transaction() as connection:
        keys = await list_signing_keys(connection)
    yield [key_fact(key) for key in keys]
    async for clients in _all(database, list_revoked, "client_id"):
        yield [revocation_fact(client) for client in clients]
    async for operators in _all(database, partial(list_operators, only_revoked=True), "client_id"):
        yield [operator_revocation_fact(operator) for operator in operators]
    async for subscribers in _all(database, partial(list_subscribers, keys=data_keys), "subscriber_id"):
        yield [subscriber_fact(subscriber) for subscriber in subscribers]
    async for locations in _all(database, partial(list_locations, subscriber_id=None), "location_id"):
        yield [location_fact(location) for location in locations]


async def _all(
    database: Database, read: Callable[..., Awaitable[Sequence[_Row]]], key: str
) -> AsyncIterator[Sequence[_Row]]:
    """Yield all that `read` lists by `key`, a page a transaction."""
    after = None
    while True:
        async with database.transaction() as connection:
            rows = await read(connection, after=after, limit=_PAGE)
        if not rows:
            return
        yield rows
        after = getattr(rows[-1], key)
