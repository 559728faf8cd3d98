"""Opens the parts that deliver: a worker, and the follower of opt-outs in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop

from services.mailer.clients.optout import OptoutClient
from services.mailer.delivery.follower import SuppressionFollower, follow
from services.mailer.delivery.installation import sending_of
from services.mailer.delivery.marker import MarkerGroup
from services.mailer.delivery.pacer import Pacer
from services.mailer.delivery.prepare import Preparer
from services.mailer.delivery.routing import Routing
from services.mailer.delivery.settler import Settler
from services.mailer.delivery.tools import Tools
from services.mailer.delivery.worker import DeliveryWorker
from services.mailer.deps import Deps, open_optout
from services.mailer.store.journal import ReplyJournal
from shared.kit.db import Database
from shared.kit.ids import new_id


@asynccontextmanager
async def open_worker(deps: Deps) -> AsyncIterator[DeliveryWorker]:
    """Open a delivery worker with its own id, journal and marker connection."""
    settings = deps.settings
    worker_id = new_id()
    journal = ReplyJournal(settings.state_folder, worker_id)
    optout = _optout_client(deps, seconds=10.0)
    preparer = Preparer(deps.worker_db, deps.data_keys, sending_of(settings), deps.clock)
    routing = Routing(
        worker_id=worker_id,
        database=deps.worker_db,
        clock=deps.clock,
        default=settings.relay(),
        relay_of=settings.relay_of,
    )
    tools = Tools(
        worker_id=worker_id,
        database=deps.worker_db,
        optout=optout,
        preparer=preparer,
        marker=MarkerGroup(deps.worker_db, deps.clock),
        settler=Settler(deps.worker_db, deps.clock, journal),
        clock=deps.clock,
        routing=routing,
        pacer=Pacer(deps.worker_db, deps.clock, preparer.sender_of),
        connections=settings.connections,
    )
    try:
        yield DeliveryWorker(tools)
        if tools.settler.unsettled == 0:
            journal.close()
    finally:
        tools.preparer.close()
        await optout.close()


@asynccontextmanager
async def open_follower(deps: Deps) -> AsyncIterator[SuppressionFollower]:
    """Open a follower with a database pool and HTTP client of its own event loop."""
    database = Database(deps.settings.database_worker.get_secret_value(), application="mailer-follower", pool_size=2)
    optout = _optout_client(deps, seconds=3.0)
    try:
        yield SuppressionFollower(database, optout, deps.clock)
    finally:
        await optout.close()
        await database.close()


def follow_in_thread(deps: Deps, ended: threading.Event) -> None:
    """Follow with an event loop of its own until `ended`: a busy sender never delays an opt-out."""

    async def run() -> None:
        stop = asyncio.Event()
        async with open_follower(deps) as follower, asyncio.TaskGroup() as group:
            group.create_task(follow(follower, stop))
            await asyncio.to_thread(ended.wait)
            stop.set()

    uvloop.run(run())


def _optout_client(deps: Deps, *, seconds: float) -> OptoutClient:
    return open_optout(deps.settings, deps.signer, deps.transports, seconds=seconds)
