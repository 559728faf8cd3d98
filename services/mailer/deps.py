"""What the mailer depends on, opened once and passed along."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from services.mailer.clients.optout import OptoutClient
from services.mailer.clients.sns import SnsClient
from services.mailer.settings import Settings
from services.mailer.smtp.verp import ReturnAddresses
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
    """The mailer's parts. `transports` reach neighbours in process (tests); `optout` and `sns` serve the loop that opened them."""

    settings: Settings
    clock: Clock
    api_db: Database
    worker_db: Database
    verifier: Verifier
    signer: Signer
    data_keys: DataKeys
    returns: ReturnAddresses
    transports: Mapping[str, Transport]
    optout: OptoutClient
    optout_feed: ServiceClient
    sns: SnsClient


@asynccontextmanager
async def open_deps(
    settings: Settings, *, clock: Clock | None = None, transports: Mapping[str, Transport] | None = None
) -> AsyncIterator[Deps]:
    """Open databases (refusing unsafe roles), renew the epoch, close everything at the end."""
    clock = clock or settings.common.clock()
    transports = {} if transports is None else transports
    api_db = Database(settings.database_api.get_secret_value(), application="mailer-api", pool_size=10)
    worker_db = Database(settings.database_worker.get_secret_value(), application="mailer-worker", pool_size=6)
    signer = Signer("mailer", settings.service_key)
    optout = open_optout(settings, signer, transports, seconds=10.0)
    feed = _open_client(settings, signer, transports, seconds=FEED_SECONDS)
    try:
        await api_db.open()
        await worker_db.open()
        async with api_db.transaction() as connection:
            await renew_epoch(connection)
        yield Deps(
            settings=settings,
            clock=clock,
            api_db=api_db,
            worker_db=worker_db,
            verifier=Verifier("mailer", api_db, clock, settings.common.service_keys),
            signer=signer,
            data_keys=DataKeys(settings.kek),
            returns=settings.returns,
            transports=transports,
            optout=optout,
            optout_feed=feed,
            sns=SnsClient(transports, settings.sns_trust),
        )
    finally:
        await feed.close()
        await optout.close()
        await api_db.close()
        await worker_db.close()


def open_optout(
    settings: Settings, signer: Signer, transports: Mapping[str, Transport], *, seconds: float
) -> OptoutClient:
    """Open a way to optout that belongs to the running event loop; the caller closes it. `seconds` is the longest wait for an answer."""
    return OptoutClient(_open_client(settings, signer, transports, seconds=seconds))


def _open_client(
    settings: Settings, signer: Signer, transports: Mapping[str, Transport], *, seconds: float
) -> ServiceClient:
    return ServiceClient(
        service="optout",
        base_url=settings.common.urls["optout"],
        signer=signer,
        seconds=seconds,
        transport=transports.get("optout"),
    )
