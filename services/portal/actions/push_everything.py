"""Push all facts to one service: a new, restored or cloned database below must learn what it missed.

It goes past the outbox, so that a million old facts never stand in front of one fresh revocation; pushes are idempotent by version.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

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
    after = None
    while True:
        async with database.transaction() as connection:
            revoked = await list_revoked(connection, after=after, limit=_PAGE)
        if not revoked:
            break
        yield [revocation_fact(client) for client in revoked]
        after = revoked[-1].client_id
    after = None
    while True:
        async with database.transaction() as connection:
            gone = await list_operators(connection, after=after, limit=_PAGE, only_revoked=True)
        if not gone:
            break
        yield [operator_revocation_fact(operator) for operator in gone]
        after = gone[-1].client_id
    after = None
    while True:
        async with database.transaction() as connection:
            subscribers = await list_subscribers(connection, data_keys, after=after, limit=_PAGE)
        if not subscribers:
            break
        yield [subscriber_fact(subscriber) for subscriber in subscribers]
        after = subscribers[-1].subscriber_id
    after = None
    while True:
        async with database.transaction() as connection:
            locations = await list_locations(connection, subscriber_id=None, after=after, limit=_PAGE)
        if not locations:
            break
        yield [location_fact(location) for location in locations]
        after = locations[-1].location_id
