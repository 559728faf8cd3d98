"""What the mailer depends on, opened once and passed along."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.mailer.settings import Settings
from services.mailer.smtp.verp import ReturnAddresses
from shared.kit.auth import Signer, Verifier
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys, derive
from shared.kit.db import Database
from shared.kit.epoch import renew_epoch
from shared.kit.http import Transport


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
    returns: ReturnAddresses
    transports: Mapping[str, Transport]


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
        returns = ReturnAddresses({"1": derive(settings.kek, "return_addresses")})
        keys = DataKeys(settings.kek)
        yield Deps(settings, clock, api_db, worker_db, verifier, signer, keys, returns, transports or {})
    finally:
        await api_db.close()
        await worker_db.close()
