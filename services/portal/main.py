"""Wires portal together: settings, dependencies, application and background loops."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from services.portal.actions.ensure_signing_key import ensure_signing_key
from services.portal.actions.push_everything import push_everything
from services.portal.api import access_reports, clients, locations, operators, services, subscribers, tokens
from services.portal.clients.downhill import Downhill
from services.portal.clients.facts import DOWNHILL, OWN_KINDS
from services.portal.deps import Deps
from services.portal.domain.client import KnownClient, hash_secret
from services.portal.domain.tokens import OPERATOR_SCOPES
from services.portal.pages import access_report
from services.portal.pages.status import status_router
from services.portal.settings import Settings
from services.portal.store.failures import FailureMemory
from services.portal.store.full_pushes import count_asked
from shared.kit import app as kit_app
from shared.kit.auth import Signer, Verifier
from shared.kit.cleaning import cleaning_loop
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys, FieldCipher, derive
from shared.kit.db import Database
from shared.kit.epoch import renew_epoch
from shared.kit.http import ServiceClient, SilentError, Transport
from shared.kit.loops import Loop, run_loops
from shared.kit.outbox import OutboxDelivery
from shared.kit.settings import load

__all__ = ["Deps", "Settings", "create_app", "load_settings", "loops", "open_deps", "work"]

_DELIVERIES = {"outbox": 0.5, "outbox_aside": 1.0}
"""Outbox loops and their idle seconds; two, so that one service that hangs does not hold up a revocation for the others."""
_PUSH_SECONDS = 5.0


def load_settings() -> Settings:
    """Read the settings from the environment or refuse, naming what is wrong."""
    return load(Settings)


def _operator(settings: Settings) -> KnownClient:
    secret = settings.operator_client_secret.get_secret_value()
    return KnownClient(
        client_id=settings.operator_client_id,
        secret_hash=hash_secret(secret),
        scopes=OPERATOR_SCOPES,
        usable=True,
    )


@asynccontextmanager
async def open_deps(
    settings: Settings, *, clock: Clock | None = None, transports: Mapping[str, Transport] | None = None
) -> AsyncIterator[Deps]:
    """Open databases and clients, renew the epoch and see to a signing key. `transports` replace the network in tests."""
    transports = transports or {}
    clock = clock or settings.common.clock()
    signer = Signer("portal", settings.service_key)
    key_cipher = FieldCipher(1, derive(settings.kek, "signing_keys"))
    async with AsyncExitStack() as stack:
        api_db = Database(settings.database_api.get_secret_value(), application="portal-api")
        worker_db = Database(settings.database_worker.get_secret_value(), application="portal-worker")
        for database in (api_db, worker_db):
            stack.push_async_callback(database.close)
            await database.open()
        async with worker_db.transaction() as connection:
            await renew_epoch(connection)
            await ensure_signing_key(connection, cipher=key_cipher, now=clock.now())
        downhill = {}
        for name in DOWNHILL:
            client = ServiceClient(
                service=name, base_url=settings.common.urls[name], signer=signer, transport=transports.get(name)
            )
            stack.push_async_callback(client.close)
            downhill[name] = Downhill(name, client)
        yield Deps(
            settings=settings,
            clock=clock,
            api_db=api_db,
            worker_db=worker_db,
            verifier=Verifier("portal", api_db, clock, settings.common.service_keys),
            signer=signer,
            services=downhill,
            data_keys=DataKeys(settings.kek),
            key_cipher=key_cipher,
            operator=_operator(settings),
            failures=FailureMemory(),
        )


def create_app(deps: Deps) -> FastAPI:
    """Build the application."""
    return kit_app.create_app(
        service="portal",
        deps=deps,
        routers=[
            tokens.router,
            subscribers.router,
            locations.router,
            clients.router,
            operators.router,
            services.router,
            access_reports.router,
            access_report.router,
            status_router(),
        ],
        facts=OWN_KINDS,
    )


@dataclass
class FullPush:
    """Pushes everything to one service once after each start and whenever it was asked for."""

    deps: Deps
    service: Downhill
    done: int = -1

    async def step(self) -> bool:
        """Push if there is a wish not yet fulfilled; a silent service is tried again."""
        asked = await count_asked(self.deps.worker_db, self.service.name)
        if asked == self.done:
            return False
        try:
            await push_everything(self.deps.worker_db, data_keys=self.deps.data_keys, service=self.service)
        except SilentError:
            return False
        self.done = asked
        return False


def loops(deps: Deps) -> list[Loop]:
    """Return every background loop: outbox delivery, one full push per service below, and cleaning."""
    clients_ = {name: service.http for name, service in deps.services.items()}
    delivery = OutboxDelivery(deps.worker_db, clients_)
    deliveries = [
        Loop(name, delivery.step, idle_seconds=seconds, quiet_seconds=2.0) for name, seconds in _DELIVERIES.items()
    ]
    pushes = [
        Loop(f"push_{name}", FullPush(deps, service).step, _PUSH_SECONDS) for name, service in deps.services.items()
    ]
    return [*deliveries, *pushes, cleaning_loop(deps.worker_db, deps.clock, deps.settings.common)]


async def work(deps: Deps, stop: asyncio.Event) -> None:
    """Run the background loops until `stop`."""
    await run_loops(loops(deps), stop)
