"""Wires ingest together: settings, dependencies, application and background loops."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic
from typing import Final

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.deliver_optouts import deliver_optouts
from services.ingest.actions.follow_optout import follow_optout
from services.ingest.actions.index_changes import index_changes
from services.ingest.actions.note_suppressions import note_suppressions
from services.ingest.actions.release_adults import release_adults
from services.ingest.actions.release_aggregates import release_aggregates
from services.ingest.api import (
    aggregates,
    batches,
    capture,
    changes,
    connections,
    consumers,
    personal_data,
    record_exports,
    records,
    source_health,
    webhooks,
    write_backs,
)
from services.ingest.clients.optout import OptoutClient
from services.ingest.deps import Deps, Places
from services.ingest.settings import Settings
from services.ingest.store.optouts import is_anything_pending
from services.ingest.store.own_feed import OwnFeed
from services.ingest.store.row_keys import RowKeys
from services.ingest.store.source_watch import SourceWatch
from shared.kit import app as kit_app
from shared.kit.auth import Signer, Verifier
from shared.kit.cleaning import cleaning_loop
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.kit.epoch import renew_epoch
from shared.kit.feed import Follower
from shared.kit.feed_cleaning import StateFeed
from shared.kit.http import ServiceClient, Transport
from shared.kit.loops import Loop, run_loops
from shared.kit.outbox import OutboxDelivery
from shared.kit.settings import load
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.address import AddressKeys
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.wire import Change

__all__ = ["Deps", "Settings", "create_app", "load_settings", "loops", "open_deps", "work"]


SWITCH_SECONDS: Final = 0.0005
"""While a chunk is prepared the event loop waits this long for the interpreter, a dozen times a chunk; Python's own 5 ms would halve the rate."""

INDEX_WAITS_SECONDS: Final = 20.0
"""While this process reads uploads, search terms wait for them, up to so long."""

OPTOUT_WAIT_SECONDS: Final = 9.0
"""Its feed is asked with a long poll: an erasure begins within a second or two."""


def load_settings() -> Settings:
    """Read the settings from the environment or refuse, naming what is wrong."""
    return load(Settings)


@asynccontextmanager
async def open_deps(
    settings: Settings, *, clock: Clock | None = None, transports: Mapping[str, Transport] | None = None
) -> AsyncIterator[Deps]:
    """Open databases and clients and renew the epoch. `transports` replace the network in tests."""
    transports = transports or {}
    clock = clock or settings.common.clock()
    signer = Signer("ingest", settings.service_key)
    async with AsyncExitStack() as stack:
        api_db = Database(
            settings.database_api.get_secret_value(), application="ingest-api", pool_size=settings.most_uploads + 4
        )
        worker_db = Database(settings.database_worker.get_secret_value(), application="ingest-worker")
        for database in (api_db, worker_db):
            stack.push_async_callback(database.close)
            await database.open()
        async with worker_db.transaction() as connection:
            await renew_epoch(connection)
        optout = ServiceClient(
            service="optout",
            base_url=settings.common.urls["optout"],
            signer=signer,
            transport=transports.get("optout"),
        )
        stack.push_async_callback(optout.close)
        preparer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
        stack.callback(preparer.shutdown, wait=False, cancel_futures=True)
        sys.setswitchinterval(SWITCH_SECONDS)
        data_keys = DataKeys(settings.kek)
        watch = SourceWatch(worker_db, clock)
        stack.push_async_callback(watch.close)
        yield Deps(
            settings=settings,
            clock=clock,
            api_db=api_db,
            worker_db=worker_db,
            verifier=Verifier("ingest", api_db, clock, settings.common.service_keys),
            signer=signer,
            optout=OptoutClient(optout),
            address_keys=AddressKeys(settings.address_keys),
            data_keys=data_keys,
            row_keys=RowKeys(data_keys),
            uploads=Places(settings.most_uploads),
            preparer=preparer,
            watch=watch,
        )


def create_app(deps: Deps) -> FastAPI:
    """Build the application."""

    async def signals() -> list[str]:
        return deps.watch.signals()

    return kit_app.create_app(
        service="ingest",
        deps=deps,
        routers=[
            *(
                batches.router,
                connections.router,
                source_health.router,
                consumers.router,
                records.router,
                capture.router,
            ),
            *(record_exports.router, write_backs.router, aggregates.router, changes.router, webhooks.router),
            personal_data.router,
        ],
        signals=signals,
        facts={
            "subscriber": SubscriberFacts,
            "location": LocationFacts,
            "verification_key": VerificationKey,
            "revoked_client": RevokedClient,
        },
    )


def loops(deps: Deps) -> list[Loop]:
    """Return every background loop: news and orders of optout, search terms, commands for optout, opt-outs that wait, minors who come of age."""

    async def deliver() -> bool:
        if await is_anything_pending(deps.worker_db):
            await deliver_optouts(deps.worker_db, optout=deps.optout, now=deps.clock.now())
        return False

    async def release() -> bool:
        return await release_adults(deps.worker_db, now=deps.clock.now())

    async def index(connection: AsyncConnection, changes: list[Change]) -> None:
        await index_changes(deps, connection, changes)

    async def heed(connection: AsyncConnection, changes: list[Change]) -> None:
        now = deps.clock.now()
        await note_suppressions(connection, changes, now=now)
        await follow_optout(deps, connection, changes, now=now)

    optout = Follower(
        name="optout",
        source=deps.optout.http,
        database=deps.worker_db,
        apply=heed,
        wait_seconds=OPTOUT_WAIT_SECONDS,
        limit=200,
    )

    async def count() -> bool:
        return deps.settings.aggregates and await release_aggregates(deps.worker_db, now=deps.clock.now())

    own = OwnFeed(deps.worker_db)
    search = Follower(name="search", source=own, database=deps.worker_db, apply=index, wait_seconds=0)
    indexed_at = monotonic()

    async def follow() -> bool:
        nonlocal indexed_at
        if deps.uploads.taken and monotonic() - indexed_at < INDEX_WAITS_SECONDS:
            return False
        done = await search.step()
        indexed_at = monotonic()
        return done

    return [
        Loop("follow_optout", optout.step, idle_seconds=1.0),
        Loop("search", follow, idle_seconds=1.0, quiet_seconds=4.0),
        Loop(
            "outbox",
            OutboxDelivery(deps.worker_db, {"optout": deps.optout.http}).step,
            idle_seconds=0.3,
            quiet_seconds=2.0,
        ),
        Loop("source_optouts", deliver, idle_seconds=2.0, quiet_seconds=4.0),
        Loop("aggregates", count, idle_seconds=3600.0),
        Loop("new_adults", release, idle_seconds=60.0),
        cleaning_loop(deps.worker_db, deps.clock, deps.settings.common, feed=StateFeed()),
    ]


async def work(deps: Deps, stop: asyncio.Event) -> None:
    """Run the background loops until `stop`."""
    await run_loops(loops(deps), stop)
