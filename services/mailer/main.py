"""The mailer: takes messages, asks permission, hands them over, tells what became of them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import uvloop
from fastapi import FastAPI
from pydantic import BaseModel

from services.mailer.actions.carry_on_cancelling import carry_on_cancelling
from services.mailer.actions.check_sender_domains import check_sender_domains
from services.mailer.actions.note_refusals import LONG_LOOK, SHORT_LOOK, note_refusals
from services.mailer.actions.recover_worker import recover_worker
from services.mailer.actions.take_report import take_report
from services.mailer.api import contents, messages, operations, sender_domains, sent_contents
from services.mailer.clients.dns import DnsClient
from services.mailer.clients.optout import OptoutClient
from services.mailer.delivery.follower import SuppressionFollower, follow
from services.mailer.delivery.installation import return_addresses, sending_of
from services.mailer.delivery.marker import MarkerGroup
from services.mailer.delivery.prepare import Preparer
from services.mailer.delivery.settler import Settler
from services.mailer.delivery.tools import Tools
from services.mailer.delivery.worker import DeliveryWorker
from services.mailer.deps import Deps, open_deps
from services.mailer.domain.reports import Report
from services.mailer.settings import Settings, load_settings
from services.mailer.smtp.inbound import Receiver, open_receiver
from services.mailer.smtp.verp import Purpose
from services.mailer.store.journal import ReplyJournal
from shared.kit.app import create_app as create_service_app
from shared.kit.db import Database
from shared.kit.http import ServiceClient
from shared.kit.ids import new_id
from shared.kit.loops import Loop, run_loops
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.location import LocationFacts, SubscriberFacts

__all__ = [
    "Deps",
    "Settings",
    "create_app",
    "load_settings",
    "loops",
    "open_deps",
    "open_follower",
    "open_inbound",
    "open_worker",
    "work",
]

REPAIR_SECONDS = 5.0
"""A dead worker's messages are listed within its lease (20 s) and this."""

CHECK_SECONDS = 15.0
"""A record just published is found within a minute and this."""


def create_app(deps: Deps) -> FastAPI:
    """Build the application."""
    facts: dict[str, type[BaseModel]] = {
        "subscriber": SubscriberFacts,
        "location": LocationFacts,
        "verification_key": VerificationKey,
        "revoked_client": RevokedClient,
    }
    return create_service_app(
        service="mailer",
        deps=deps,
        routers=[contents.router, messages.router, operations.router, sender_domains.router, sent_contents.router],
        facts=facts,
    )


def loops(deps: Deps) -> list[Loop]:
    """Return the background loops beside delivery and following."""

    async def repair() -> bool:
        await recover_worker(deps.worker_db, folder=deps.settings.state_folder, clock=deps.clock)
        return False

    dns = DnsClient(deps.settings.dns_server)

    async def check_domains() -> bool:
        return await check_sender_domains(deps.worker_db, dns, bounces=deps.settings.bounce_records, clock=deps.clock)

    look_back = LONG_LOOK

    async def note() -> bool:
        nonlocal look_back
        more = await note_refusals(deps.worker_db, now=deps.clock.now(), look_back=look_back)
        look_back = look_back if more else SHORT_LOOK
        return more

    async def cancel() -> bool:
        return await carry_on_cancelling(deps.worker_db, now=deps.clock.now())

    return [
        Loop("cancel_stopped", cancel, idle_seconds=0.5),
        Loop("repair", repair, REPAIR_SECONDS),
        Loop("note_refusals", note, REPAIR_SECONDS),
        Loop("check_sender_domains", check_domains, CHECK_SECONDS),
    ]


async def work(deps: Deps, stop: asyncio.Event) -> None:
    """Recover, then deliver and repair until `stop`; the follower runs in a thread of its own."""
    await recover_worker(deps.worker_db, folder=deps.settings.state_folder, clock=deps.clock)
    ended = threading.Event()
    thread = threading.Thread(target=_follow_in_thread, args=(deps, ended), name="follow_suppressions", daemon=True)
    thread.start()
    try:
        async with open_worker(deps) as worker, open_inbound(deps):
            await asyncio.gather(worker.run(stop), run_loops(loops(deps), stop))
    finally:
        ended.set()
        await asyncio.to_thread(thread.join, 5.0)


@asynccontextmanager
async def open_worker(deps: Deps) -> AsyncIterator[DeliveryWorker]:
    """Open a delivery worker with its own id, journal and marker connection."""
    settings = deps.settings
    worker_id = new_id()
    journal = ReplyJournal(settings.state_folder, worker_id)
    optout = _optout_client(deps, seconds=10.0)
    tools = Tools(
        worker_id=worker_id,
        database=deps.worker_db,
        optout=optout,
        preparer=Preparer(deps.worker_db, deps.data_keys, sending_of(settings), deps.clock),
        marker=MarkerGroup(deps.worker_db, deps.clock),
        settler=Settler(deps.worker_db, deps.clock, journal),
        clock=deps.clock,
        relay=settings.relay(),
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
async def open_inbound(deps: Deps, *, port: int | None = None) -> AsyncIterator[int | None]:
    """Receive mail at the bounce domain while the block runs; yield the port, None where the receiver is switched off."""
    settings = deps.settings
    wanted = settings.inbound_port or None if port is None else port
    if wanted is None:
        yield None
        return
    optout = _optout_client(deps, seconds=10.0)

    async def take(report: Report, *, report_id: UUID, message_id: UUID, purpose: Purpose) -> None:
        await take_report(
            deps.worker_db,
            optout,
            report=report,
            report_id=report_id,
            message_id=message_id,
            purpose=purpose,
            now=deps.clock.now(),
        )

    receiver = Receiver(domain=settings.bounce_domain, returns=return_addresses(settings), inbox=take)
    try:
        async with open_receiver(receiver, host=settings.inbound_host, port=wanted) as listening:
            yield listening
    finally:
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


def _follow_in_thread(deps: Deps, ended: threading.Event) -> None:
    async def run() -> None:
        stop = asyncio.Event()
        async with open_follower(deps) as follower, asyncio.TaskGroup() as group:
            group.create_task(follow(follower, stop))
            await asyncio.to_thread(ended.wait)
            stop.set()

    uvloop.run(run())


def _optout_client(deps: Deps, *, seconds: float) -> OptoutClient:
    client = ServiceClient(
        service="optout",
        base_url=deps.settings.common.urls["optout"],
        signer=deps.signer,
        seconds=seconds,
        transport=deps.transports.get("optout"),
    )
    return OptoutClient(client)
