"""The mailer: takes messages, asks permission, hands them over, tells what became of them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

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
from services.mailer.actions.tell_bounces import tell_bounces
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
from services.mailer.delivery.follower import follow as follow_log
from services.mailer.delivery.opening import follow_in_thread, open_follower, open_worker
from services.mailer.delivery.relays import find_relays
from services.mailer.deps import Deps, open_deps
from services.mailer.domain.reports import Handled, Report
from services.mailer.settings import Settings, load_settings
from services.mailer.smtp.courier import Courier
from services.mailer.smtp.inbound import Receiver, identify, open_receiver
from services.mailer.smtp.verp import Purpose
from services.mailer.store.complaints import COMPLAINT_COUNTS
from shared.kit.app import create_app as create_service_app
from shared.kit.cleaning import cleaning_loop
from shared.kit.feed_cleaning import EventFeed
from shared.kit.loops import Loop, run_loops
from shared.kit.outbox import OutboxDelivery
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.location import LocationFacts, SubscriberFacts

__all__ = [
    "Deps",
    "Settings",
    "create_app",
    "deliver",
    "follow",
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

READERS = ("scheduler.mailer", COMPLAINT_COUNTS)
"""Who must have read an outcome before it may be dropped from the feed: the scheduler's follower, and our own counting of complaints."""


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

    async def tell() -> bool:
        return await tell_bounces(deps.worker_db, deps.optout)

    async def watch() -> bool:
        return await watch_complaints(deps.worker_db, own_domain=deps.settings.platform_domain, now=deps.clock.now())

    async def cancel() -> bool:
        return await carry_on_cancelling(deps.worker_db, now=deps.clock.now())

    async def erase() -> bool:
        return await erase_contents(deps.worker_db, now=deps.clock.now())

    return [
        *(_platform_loops(deps) if deps.settings.platform else []),
        Loop("follow_erasures", follow_erasures(deps).step, REQUEST_SECONDS),
        Loop("erase_contents", erase, idle_seconds=2.0),
        Loop(
            "deliver_outbox", OutboxDelivery(deps.worker_db, {"optout": deps.optout_feed}).step, 0.5, quiet_seconds=2.0
        ),
        Loop("cancel_stopped", cancel, idle_seconds=2.0),
        Loop("watch_complaints", watch, COMPLAINT_SECONDS),
        Loop("repair", repair, REPAIR_SECONDS),
        Loop("note_refusals", note, REPAIR_SECONDS),
        Loop("tell_bounces", tell, REPAIR_SECONDS),
        Loop("check_sender_domains", check_domains, CHECK_SECONDS),
        cleaning_loop(deps.worker_db, deps.clock, deps.settings.common, feed=EventFeed(*READERS)),
    ]


def _platform_loops(deps: Deps) -> list[Loop]:
    """Return the loops of mail of our own, for which there must be a sender."""

    async def platform() -> bool:
        return await keep_platform(
            deps.api_db,
            platform=deps.settings.platform,
            operator=deps.settings.operator,
            bounces=deps.settings.bounce_records,
            keys=deps.data_keys,
            now=deps.clock.now(),
        )

    return [
        Loop("keep_platform", platform, PLATFORM_SECONDS),
        Loop("follow_optout", follow_requested(deps).step, REQUEST_SECONDS),
    ]


async def work(deps: Deps, stop: asyncio.Event) -> None:
    """Deliver and follow in one process; the follower runs in a thread of its own."""
    ended = threading.Event()
    thread = threading.Thread(target=follow_in_thread, args=(deps, ended), name="follow_suppressions", daemon=True)
    thread.start()
    try:
        await deliver(deps, stop)
    finally:
        ended.set()
        await asyncio.to_thread(thread.join, 5.0)


async def deliver(deps: Deps, stop: asyncio.Event) -> None:
    """Recover, then deliver and repair until `stop`."""
    await recover_worker(deps.worker_db, folder=deps.settings.state_folder, clock=deps.clock)
    async with open_worker(deps) as worker, open_inbound(deps):
        await asyncio.gather(worker.run(stop), run_loops(loops(deps), stop))


async def follow(deps: Deps, stop: asyncio.Event) -> None:
    """Follow the log of opt-outs until `stop`, in a process of its own: the quickest way for an opt-out, however busy the workers are."""
    async with open_follower(deps) as follower:
        await follow_log(follower, stop)


@asynccontextmanager
async def open_inbound(deps: Deps, *, port: int | None = None) -> AsyncIterator[int | None]:
    """Receive mail at the bounce domain while the block runs; yield the port, None where the receiver is switched off."""
    settings = deps.settings
    wanted = settings.inbound_port or None if port is None else port
    if wanted is None:
        yield None
        return
    relays = partial(find_relays, deps.worker_db, default=settings.relay(), relay_of=settings.relay_of)
    room = MailRoom(deps.worker_db, deps.optout, Courier(relays), deps.returns, settings.bounce_domain)

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
