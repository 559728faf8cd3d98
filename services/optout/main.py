"""Wires the opt-out service: settings, databases, the door, its channels and its one background loop."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from fastapi import FastAPI
from pydantic import Field, IPvAnyNetwork, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.optout import api, channels
from services.optout.actions.catch_up import catch_up
from services.optout.actions.mark_journal import mark_journal
from services.optout.actions.release_held import release_held
from services.optout.actions.replay_spool import replay_spool
from services.optout.channels._channel import Channel
from services.optout.domain.door_links import DoorLinks
from services.optout.domain.networks import Networks
from services.optout.domain.sealing import MailSeal
from services.optout.pages.render import Pages
from services.optout.store.ballast import Ballast
from services.optout.store.door import Door
from services.optout.store.group_commit import DOOR_LIMITS
from services.optout.store.holders import forget_holders
from services.optout.store.late_cases import LateCases
from services.optout.store.mail_requests import shred_mail_requests
from services.optout.store.recovery import Standing
from services.optout.store.signups import forget_signups
from services.optout.store.tries import forget_tries
from shared.kit.app import create_app as create_service_app
from shared.kit.auth import Signer, Verifier
from shared.kit.cleaning import cleaning_loop
from shared.kit.clock import Clock
from shared.kit.crypto import derive
from shared.kit.db import Database
from shared.kit.http import Transport
from shared.kit.loops import Loop, run_loops
from shared.kit.plugins import find_plugins
from shared.kit.settings import CommonSettings, Octets, ServiceSettings, load, refuse_samples
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.address import AddressKeys
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.token import TokenKeys

_MOST_REQUESTS: Final = 10_000
"""Doors wait without a connection and are never shed (reliability 5.4)."""


_SHORTEST_LEASE: Final = 4.0
"""Nothing is handed over in a lease's last 2 s, and a follower is kept waiting until half of it is gone: less would stop the sending every time."""

_ADDRESSES_KEPT: Final = timedelta(days=90)
"""By then a sign-up's address is in the practice or shop system."""


class LinkSettings(BaseSettings):
    """The keys that opt-out links are sealed with; the mailer has the same."""

    model_config = SettingsConfigDict(env_prefix="DUEBACK_", frozen=True)

    token_keys: dict[str, Octets] = Field(
        repr=False, description="JSON: key number to base64 of 32 octets; none is ever removed, links never expire"
    )


class Settings(ServiceSettings):
    """Settings of the opt-out service."""

    model_config = SettingsConfigDict(env_prefix="OPTOUT_", frozen=True)

    common: CommonSettings = Field(default_factory=lambda: load(CommonSettings), description="what all services share")
    links: LinkSettings = Field(default_factory=lambda: load(LinkSettings), description="keys of the opt-out links")
    address_keys: dict[str, Octets] = Field(
        validation_alias="DUEBACK_ADDRESS_KEYS",
        repr=False,
        description="JSON: key id to base64 of 32 octets; hashes addresses that people type on a page or write from; ingest has the same",
    )
    public_url: str = Field(description="where consumers reach this service; https in production")
    privacy_mailto: str = Field(
        default="privacy@example.com", max_length=254, description="privacy address shown on the pages and in a 503"
    )
    policy_version: str = Field(
        default="1", max_length=40, description="version of the privacy policy that sign-ups agree to, kept with them"
    )
    trusted_proxies: list[IPvAnyNetwork] = Field(
        default=[],
        description="JSON: networks of load balancers whose X-Forwarded-For is believed; without them limits per network see one caller",
    )
    lease_seconds: float = Field(
        default=5.0,
        ge=0.2,
        le=5,
        description="length of a send lease; 4 or 5 in production, tests shorten it",
    )
    ballast_mb: int = Field(
        default=256,
        ge=0,
        le=10_000,
        description="size of the file that is given up when the disk is full, so that opting out goes on; 0 keeps none",
    )
    ballast_folder: Path | None = Field(
        default=None, description="where the ballast lies: on the database's volume; the state folder if not set"
    )
    journal_days: int = Field(
        default=400,
        ge=7,
        le=4000,
        description="how long the journal of opt-outs is kept; more than the age of any backup that may be restored",
    )

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.common.mode == "production" and not self.public_url.startswith("https://"):
            raise ValueError("OPTOUT_PUBLIC_URL must be https in production")
        if self.common.mode == "production" and self.lease_seconds < _SHORTEST_LEASE:
            raise ValueError(f"OPTOUT_LEASE_SECONDS must be at least {_SHORTEST_LEASE:.0f} in production")
        refuse_samples(self.common.mode, OPTOUT_PRIVACY_MAILTO=self.privacy_mailto)
        return self


def load_settings() -> Settings:
    """Read the settings or raise SettingsRefusedError naming what is missing."""
    return load(Settings)


@dataclass(frozen=True)
class Deps:
    """What the running service is made of."""

    settings: Settings
    clock: Clock
    api_db: Database
    worker_db: Database
    verifier: Verifier
    signer: Signer
    tokens: TokenKeys
    links: DoorLinks
    address_keys: AddressKeys
    seal: MailSeal
    signup_seal: MailSeal
    case_seal: MailSeal
    disclosure_seal: MailSeal
    networks: Networks
    export_key: bytes = field(repr=False)
    door: Door
    pages: Pages
    reporters: Mapping[str, frozenset[str]]

    @property
    def public_url(self) -> str:
        """Where consumers reach this service, without a slash at the end."""
        return self.settings.public_url.rstrip("/")

    @property
    def policy_version(self) -> str:
        """The privacy policy that sign-ups agree to."""
        return self.settings.policy_version

    def network_of(self, peer: str, forwarded: str) -> str:
        """Hash the network a request comes from."""
        return self.networks.of(peer, forwarded)


@asynccontextmanager
async def open_deps(
    settings: Settings, *, clock: Clock | None = None, transports: Mapping[str, Transport] | None = None
) -> AsyncIterator[Deps]:
    """Start counting the first lease and bring the database up to date: roles checked, epoch renewed, journal replayed.

    Without a database it opens all the same: the door answers through the spool, and the database is taken up when it comes.
    """
    api_db = Database(settings.database_api.get_secret_value(), application="optout-api")
    worker_db = Database(settings.database_worker.get_secret_value(), application="optout-worker", pool_size=8)
    doors_db = Database(
        settings.database_worker.get_secret_value(), application="optout-door", pool_size=3, limits=DOOR_LIMITS
    )
    clock = clock or settings.common.clock()
    keys = settings.links.token_keys
    settings.state_folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def bring_up_to_date(door: Door) -> Standing:
        await api_db.open()
        await worker_db.open()
        return await catch_up(door, now=clock.now())

    folder = settings.ballast_folder or settings.state_folder
    door = Door.open(
        worker_db,
        doors_db,
        folder=settings.state_folder,
        ballast=Ballast(folder / "optout-ballast", octets=settings.ballast_mb << 20),
        attempt=bring_up_to_date,
        lease_seconds=settings.lease_seconds,
        mailto=settings.privacy_mailto,
    )
    try:
        await door.recovery.start()
        yield Deps(
            settings=settings,
            clock=clock,
            api_db=api_db,
            worker_db=worker_db,
            verifier=Verifier("optout", api_db, clock, settings.common.service_keys),
            signer=Signer("optout", settings.service_key),
            tokens=TokenKeys(keys),
            links=DoorLinks(keys),
            address_keys=AddressKeys(settings.address_keys),
            seal=MailSeal(keys),
            signup_seal=MailSeal(keys, "signups"),
            case_seal=MailSeal(keys, "privacy_cases"),
            disclosure_seal=MailSeal(keys, "disclosures"),
            networks=Networks(settings.trusted_proxies, derive(keys[min(keys)], "networks")),
            export_key=derive(keys[min(keys)], "suppression_exports"),
            door=door,
            pages=Pages(mailto=settings.privacy_mailto),
            reporters={slug: channel.reporters for slug, channel in find_channels().items()},
        )
    finally:
        await door.close()
        for database in (api_db, worker_db, doors_db):
            await database.close()


def find_channels() -> dict[str, Channel]:
    """Return every way to opt out by its slug."""
    return find_plugins(channels, "CHANNEL")


def create_app(deps: Deps) -> FastAPI:
    """Build the application: the consumer's doors and the face for machines."""
    late = LateCases(deps.worker_db, deps.clock)

    async def signals() -> list[str]:
        return [*deps.door.signals(), *await late.signals()]

    return create_service_app(
        service="optout",
        deps=deps,
        routers=[*(channel.router for channel in find_channels().values() if channel.router), *api.routers],
        facts={
            "subscriber": SubscriberFacts,
            "location": LocationFacts,
            "verification_key": VerificationKey,
            "revoked_client": RevokedClient,
        },
        most_requests=_MOST_REQUESTS,
        signals=signals,
    )


def loops(deps: Deps) -> list[Loop]:
    """Return the background loops."""

    async def replay() -> bool:
        return bool(await replay_spool(deps.door, now=deps.clock.now()))

    async def forget() -> bool:
        async with deps.worker_db.transaction() as connection:
            await forget_holders(connection)
        return False

    async def shred() -> bool:
        async with deps.worker_db.transaction() as connection:
            await shred_mail_requests(connection, now=deps.clock.now())
        return False

    async def mark() -> bool:
        keep = timedelta(days=deps.settings.journal_days)
        return await mark_journal(deps.door, now=deps.clock.now(), keep=keep)

    async def release() -> bool:
        return await release_held(deps.door, clock=deps.clock)

    async def tend() -> bool:
        await asyncio.to_thread(deps.door.ballast.tend)
        return False

    async def forget_signed_up() -> bool:
        now = deps.clock.now()
        async with deps.worker_db.transaction() as connection:
            await forget_tries(connection, now=now)
            await forget_signups(connection, now=now, shred_before=now - _ADDRESSES_KEPT)
        return False

    return [
        Loop("mark_journal", mark, idle_seconds=30, quiet_seconds=60),
        Loop("tend_ballast", tend, idle_seconds=10, quiet_seconds=10),
        Loop("replay_spool", replay, idle_seconds=0.5),
        Loop("release_held", release, idle_seconds=10),
        Loop("shred_mail_requests", shred, idle_seconds=600),
        Loop("forget_signups", forget_signed_up, idle_seconds=600),
        Loop("forget_holders", forget, idle_seconds=3600),
        cleaning_loop(deps.worker_db, deps.clock, deps.settings.common),
    ]


async def work(deps: Deps, stop: asyncio.Event) -> None:
    """Run the background loops until `stop`."""
    await run_loops(loops(deps), stop)
