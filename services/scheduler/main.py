"""Wires the scheduler together: settings, dependencies, application and background loops."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler import campaigns as campaign_folder
from services.scheduler.actions.apply_complaints import apply_complaints
from services.scheduler.actions.apply_facts import apply_facts
from services.scheduler.actions.apply_outcomes import apply_outcomes
from services.scheduler.actions.decide_comparisons import decide_comparisons
from services.scheduler.actions.group_due import group_due
from services.scheduler.actions.notice_slow_weeks import notice_slow_weeks
from services.scheduler.actions.plan_slices import plan_slices
from services.scheduler.actions.publish_contents import publish_contents
from services.scheduler.actions.submit_messages import submit_messages
from services.scheduler.actions.tell_slow_weeks import tell_slow_weeks
from services.scheduler.api import (
    audiences,
    campaign_types,
    campaigns,
    capacity,
    comparisons,
    confirm,
    consumers,
    forecasts,
    personal_data,
    previews,
    rates,
    reports,
    slow_weeks,
    status,
    survey,
    survey_answers,
    time_requests,
    touches,
)
from services.scheduler.clients.ingest import IngestClient
from services.scheduler.clients.mailer import MailerClient
from services.scheduler.clients.optout import OptoutClient
from services.scheduler.content.stock import read_stock_contents
from services.scheduler.deps import Deps
from services.scheduler.pages.render import Pages
from services.scheduler.settings import Settings
from services.scheduler.store.replans import renew_instants
from shared.kit import app as kit_app
from shared.kit.auth import Signer, Verifier
from shared.kit.cleaning import cleaning_loop
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.kit.epoch import renew_epoch
from shared.kit.feed import Follower
from shared.kit.http import ServiceClient, Transport
from shared.kit.loops import Loop, run_loops
from shared.kit.outbox import OutboxDelivery
from shared.kit.plugins import find_plugins
from shared.kit.settings import load
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.wire import Change

__all__ = ["Deps", "Settings", "create_app", "load_settings", "loops", "open_deps", "work"]


def load_settings() -> Settings:
    """Read the settings from the environment or refuse, naming what is wrong."""
    return load(Settings)


@asynccontextmanager
async def open_deps(
    settings: Settings, *, clock: Clock | None = None, transports: Mapping[str, Transport] | None = None
) -> AsyncIterator[Deps]:
    """Open databases and clients, renew the epoch and the instants of the plan. `transports` replace the network in tests."""
    clock = clock or settings.common.clock()
    signer = Signer("scheduler", settings.service_key)
    types = find_plugins(campaign_folder, "CAMPAIGN_TYPE")
    async with AsyncExitStack() as stack:
        api_db = Database(settings.database_api.get_secret_value(), application="scheduler-api")
        worker_db = Database(settings.database_worker.get_secret_value(), application="scheduler-worker")
        for database in (api_db, worker_db):
            stack.push_async_callback(database.close)
            await database.open()
        async with worker_db.transaction() as connection:
            await renew_epoch(connection)
            await renew_instants(connection, now=clock.now())
        clients = {
            name: ServiceClient(
                service=name,
                base_url=settings.common.urls[name],
                signer=signer,
                transport=(transports or {}).get(name),
            )
            for name in ("ingest", "mailer", "optout")
        }
        for client in clients.values():
            stack.push_async_callback(client.close)
        yield Deps(
            settings=settings,
            clock=clock,
            api_db=api_db,
            worker_db=worker_db,
            verifier=Verifier("scheduler", api_db, clock, settings.common.service_keys),
            signer=signer,
            ingest=IngestClient(clients["ingest"]),
            mailer=MailerClient(clients["mailer"]),
            optout=OptoutClient(clients["optout"]),
            types=types,
            stock=read_stock_contents(types),
            links=settings.answer_links,
            data_keys=DataKeys(settings.kek),
            pages=Pages(),
        )


def create_app(deps: Deps) -> FastAPI:
    """Build the application."""
    return kit_app.create_app(
        service="scheduler",
        deps=deps,
        routers=[
            campaigns.router,
            previews.router,
            forecasts.router,
            audiences.router,
            campaign_types.router,
            consumers.router,
            touches.router,
            confirm.router,
            time_requests.router,
            survey.router,
            survey_answers.router,
            reports.router,
            rates.router,
            capacity.router,
            slow_weeks.router,
            comparisons.router,
            status.router,
            personal_data.router,
        ],
        facts={
            "subscriber": SubscriberFacts,
            "location": LocationFacts,
            "verification_key": VerificationKey,
            "revoked_client": RevokedClient,
        },
    )


def loops(deps: Deps) -> list[Loop]:
    """Return every background loop. Idle, they cost some thirteen small queries a second; a due touch leaves within little more than one."""

    async def keep_outcomes(connection: AsyncConnection, changes: list[Change]) -> None:
        await apply_outcomes(connection, changes, now=deps.clock.now())
        await apply_complaints(connection, changes)

    async def keep_facts(connection: AsyncConnection, changes: list[Change]) -> None:
        await apply_facts(connection, changes, now=deps.clock.now())

    async def plan() -> bool:
        async with deps.turn:
            return await plan_slices(deps.worker_db, types=deps.types, now=deps.clock.now(), rules=deps.rules)

    async def group() -> bool:
        async with deps.turn:
            return await group_due(
                deps.worker_db,
                types=deps.types,
                now=deps.clock.now(),
                rules=deps.rules,
                most_open=deps.settings.most_open_messages,
            )

    async def submit() -> bool:
        return await submit_messages(
            deps.worker_db,
            ingest=deps.ingest,
            mailer=deps.mailer,
            types=deps.types,
            stock=deps.stock,
            answer_links=deps.links,
            now=deps.clock.now(),
            recheck_minutes=deps.settings.recheck_minutes,
        )

    async def decide() -> bool:
        return await decide_comparisons(deps.worker_db, types=deps.types, now=deps.clock.now())

    async def publish() -> bool:
        return await publish_contents(deps.worker_db, mailer=deps.mailer, stock=deps.stock, now=deps.clock.now())

    facts = Follower(name="ingest", source=deps.ingest.service, database=deps.worker_db, apply=keep_facts)
    outcomes = Follower(name="mailer", source=deps.mailer.service, database=deps.worker_db, apply=keep_outcomes)
    delivery = OutboxDelivery(deps.worker_db, {"mailer": deps.mailer.service, "ingest": deps.ingest.service})
    return [
        Loop("follow_ingest", facts.step, idle_seconds=0.2),
        Loop("follow_mailer", outcomes.step, idle_seconds=0.2),
        Loop("plan", plan, idle_seconds=0.4),
        Loop("group", group, idle_seconds=0.5),
        # Beside grouping, and not after it: one waits for the database, the other for its neighbours.
        Loop("submit", submit, idle_seconds=0.2),
        Loop("decide_comparisons", decide, idle_seconds=30.0),
        Loop("notice_slow_weeks", partial(_watch_weeks, deps), idle_seconds=300.0),
        Loop("publish_contents", publish, idle_seconds=2.0),
        Loop("deliver_outbox", delivery.step, idle_seconds=0.5, quiet_seconds=2.0),
        cleaning_loop(deps.worker_db, deps.clock, deps.settings.common),
    ]


async def _watch_weeks(deps: Deps) -> bool:
    now = deps.clock.now()
    more = await notice_slow_weeks(deps.worker_db, now=now)
    return await tell_slow_weeks(deps.worker_db, optout=deps.optout, mailer=deps.mailer, now=now) or more


async def work(deps: Deps, stop: asyncio.Event) -> None:
    """Run the background loops until `stop`."""
    await run_loops(loops(deps), stop)
