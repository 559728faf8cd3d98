"""What the mailer depends on, opened once and passed along."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from services.mailer.settings import Settings
from shared.kit.auth import Signer, Verifier
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.kit.epoch import renew_epoch
from shared.kit.http import ServiceClient, Transport

FEED_SECONDS: Final = 10.0
"""A page of optout's feed may take its long poll and the answer's time."""


@dataclass(frozen=True)
class Deps:
    """The mailer's parts. `transports` reach neighbours in process (tests)."""

    settings: Settings
    clock: Clock
    api_db: Database
    worker_db: Database
    verifier: Verifier
    signer: Signer
    data_keys: DataKeys
    transports: Mapping[str, Transport]
    optout_feed: ServiceClient


@asynccontextmanager
async def open_deps(
    settings: Settings, *, clock: Clock | None = None, transports: Mapping[str, Transport] | None = None
) -> AsyncIterator[Deps]:
    """Open databases (refusing unsafe roles), renew the epoch, close everything at the end."""
    clock = clock or settings.common.clock()
    api_db = Database(settings.database_api.get_secret_value(), application="mailer-api", pool_size=10)
    worker_db = Database(settings.database_worker.get_secret_value(), application="mailer-worker", pool_size=6)
    try:
        await api_db.open()
        await worker_db.open()
        async with api_db.transaction() as connection:
            await renew_epoch(connection)
        verifier = Verifier("mailer", api_db, clock, settings.common.service_keys)
        signer = Signer("mailer", settings.service_key)
        feed = ServiceClient(
            service="optout",
            base_url=settings.common.urls["optout"],
            signer=signer,
            seconds=FEED_SECONDS,
            transport=(transports or {}).get("optout"),
        )
        keys = DataKeys(settings.kek)
        try:
            yield Deps(settings, clock, api_db, worker_db, verifier, signer, keys, transports or {}, feed)
        finally:
            await feed.close()
    finally:
        await api_db.close()
        await worker_db.close()
