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
from services.mailer.actions.erase_contents import erase_contents
from services.mailer.actions.follow_erasures import follow_erasures
from services.mailer.actions.follow_requested import follow_requested
from services.mailer.actions.keep_platform import keep_platform
from services.mailer.actions.note_refusals import LONG_LOOK, SHORT_LOOK, note_refusals
from services.mailer.actions.recover_worker import recover_worker
from services.mailer.actions.take_mail import InboundMail, MailRoom, take_mail
from services.mailer.actions.take_privacy_mail import take_privacy_mail
from services.mailer.actions.watch_complaints import watch_complaints
from services.mailer.api import (
    contents,
    messages,
    operations,
    personal_data,
    platform_sender,
    relay_logs,
    relay_reports,
    routes,
    sender_domains,
    sent_contents,
)
from services.mailer.clients.dns import DnsClient
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
from services.mailer.deps import Deps, open_deps, open_optout
from services.mailer.domain.reports import Handled, Report
from services.mailer.settings import Settings, load_settings
from services.mailer.smtp.courier import Courier
from services.mailer.smtp.inbound import Receiver, identify, open_receiver
from services.mailer.smtp.verp import Purpose
from services.mailer.store.journal import ReplyJournal
from shared.kit.app import create_app as create_service_app
from shared.kit.db import Database
from shared.kit.ids import new_id
from shared.kit.loops import Loop, run_loops
from shared.kit.outbox import OutboxDelivery
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

PLATFORM_SECONDS = 60.0
"""Content and keys of mail of our own are missing in a new database only."""

REQUEST_SECONDS = 1.0
"""A mail that optout asks for, and an erasure, are on their way within a second: its feed is asked with a long poll."""

COMPLAINT_SECONDS = 10.0
"""A complaint that tips the rate pauses commercial mail within this."""

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
        routers=[
            contents.router,
            messages.router,
            operations.router,
            personal_data.router,
            platform_sender.router,
            relay_logs.router,
            relay_reports.router,
            routes.router,
            sender_domains.router,
            sent_contents.router,
        ],
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

    async def watch() -> bool:
        return await watch_complaints(deps.worker_db, own_domain=deps.settings.platform_domain, now=deps.clock.now())

    async def cancel() -> bool:
        return await carry_on_cancelling(deps.worker_db, now=deps.clock.now())

    async def platform() -> bool:
        return await keep_platform(
            deps.api_db,
            platform=deps.settings.platform,
            operator=deps.settings.operator,
            bounces=deps.settings.bounce_records,
            keys=deps.data_keys,
            now=deps.clock.now(),
        )

    async def erase() -> bool:
        return await erase_contents(deps.worker_db, now=deps.clock.now())

    own = [
        Loop("keep_platform", platform, PLATFORM_SECONDS),
        Loop("follow_optout", follow_requested(deps).step, REQUEST_SECONDS),
    ]
    return [
        *(own if deps.settings.platform else []),
        Loop("follow_erasures", follow_erasures(deps).step, REQUEST_SECONDS),
        Loop("erase_contents", erase, idle_seconds=2.0),
        Loop(
            "deliver_outbox", OutboxDelivery(deps.worker_db, {"optout": deps.optout_feed}).step, 0.5, quiet_seconds=2.0
        ),
        Loop("cancel_stopped", cancel, idle_seconds=2.0),
        Loop("watch_complaints", watch, COMPLAINT_SECONDS),
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
async def open_inbound(deps: Deps, *, port: int | None = None) -> AsyncIterator[int | None]:
    """Receive mail at the bounce domain while the block runs; yield the port, None where the receiver is switched off."""
    settings = deps.settings
    wanted = settings.inbound_port or None if port is None else port
    if wanted is None:
        yield None
        return
    room = MailRoom(deps.worker_db, deps.optout, Courier(settings.relay()), deps.returns, settings.bounce_domain)

    async def take(
        report: Report, *, report_id: UUID, message_id: UUID, purpose: Purpose, sender: str, raw: bytes
    ) -> Handled:
        mail = InboundMail(sender, raw, report, report_id, message_id, purpose)
        return await take_mail(room, mail, now=deps.clock.now())

    async def take_privacy(sender: str, raw: bytes) -> bool:
        mail_id = identify(settings.privacy_mailbox, raw)
        letter = await take_privacy_mail(deps.optout, mail_id=mail_id, sender=sender, raw=raw, now=deps.clock.now())
        return letter is not None

    mailboxes = {settings.privacy_mailbox: take_privacy} if settings.privacy_mailbox else {}
    receiver = Receiver(domain=settings.bounce_domain, returns=deps.returns, inbox=take, mailboxes=mailboxes)
    async with open_receiver(receiver, host=settings.inbound_host, port=wanted) as listening:
        yield listening


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
    return open_optout(deps.settings, deps.signer, deps.transports, seconds=seconds)
