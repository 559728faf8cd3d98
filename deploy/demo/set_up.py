"""Brings a business in the way an operator and its people do: subscriber, agreement, location, live, clients, campaigns."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.demo.businesses import Business
from deploy.demo.doors import Credential, Door
from deploy.demo.moment import DemoClock
from deploy.local.stack import Stack
from shared.kit.http import AsyncClient
from shared.schemas.portal import Location, NewClient, Subscriber

AGREEMENT_VERSION = "1"
CAMPAIGNS = ("appointment_reminder", "visit_thanks")
NIGHTLY_MINUTES = 24 * 60  # how often the practice system exports; older data holds reminders back (S-126)


@dataclass(frozen=True)
class Site:
    """One business as it runs: its ids and doors to the services: `ingest` for its practice system, the others for its front desk."""

    business: Business
    subscriber_id: UUID
    location_id: UUID
    ingest: Door
    records: Door
    scheduler: Door
    mailer: Door
    folder: Path


@dataclass(frozen=True)
class Installation:
    """The running services and the operator's credential."""

    stack: Stack
    http: AsyncClient
    clock: DemoClock
    operator: Credential

    def door(self, service: str, credential: Credential) -> Door:
        """A service's API with somebody's credential."""
        return Door(self.http, self.stack.urls[service], credential)


def open_installation(stack: Stack, http: AsyncClient, clock: DemoClock) -> Installation:
    """The installation as its operator sees it."""
    known = stack.operator
    operator = Credential(http, stack.urls["portal"], known.client_id, known.client_secret, clock)
    return Installation(stack, http, clock, operator)


async def set_up_business(installation: Installation, business: Business) -> Site:
    """Subscriber, agreement, location, live, and a client each for the practice system and the front desk."""
    portal = installation.door("portal", installation.operator)
    subscriber = Subscriber.model_validate(await _create(portal, "/v1/subscribers", business.slug, business.subscriber))
    mine = f"/v1/subscribers/{subscriber.subscriber_id}"
    agreement = {"version": AGREEMENT_VERSION, "accepted_by": business.agreed_by}
    await _create(portal, f"{mine}/agreements", business.slug, agreement)
    location = Location.model_validate(await _create(portal, f"{mine}/locations", business.slug, business.location))
    await portal.call("POST", f"/v1/locations/{location.location_id}/state", body={"state": "live"})
    practice = await _new_client(installation, portal, mine, "practice system", ["ingest"])
    desk = await _new_client(installation, portal, mine, "front desk", ["records", "campaigns", "messages"])
    return Site(
        business,
        subscriber.subscriber_id,
        location.location_id,
        installation.door("ingest", practice),
        installation.door("ingest", desk),
        installation.door("scheduler", desk),
        installation.door("mailer", desk),
        installation.stack.folder,
    )


async def connect_source(site: Site, go_live_at: datetime) -> UUID:
    """The connection of the practice or shop system."""
    body = {
        "location_id": str(site.location_id),
        "connector": site.business.connector,
        "name": f"{site.business.location['name']} export",
        "interval_minutes": NIGHTLY_MINUTES,
        "go_live_at": go_live_at.isoformat(),
    }
    headers = {"Idempotency-Key": f"demo-{site.business.slug}"}
    made = await site.ingest.call("POST", "/v1/connections", body=body, headers=headers, wait_for_facts=True)
    return UUID(made["connection_id"])


async def switch_campaigns_on(site: Site) -> None:
    """Both campaign types with what they come with."""
    for kind in CAMPAIGNS:
        body = {"location_id": str(site.location_id), "type": kind, "settings": {}}
        headers = {"Idempotency-Key": f"demo-{site.business.slug}-{kind}"}
        await site.scheduler.call("POST", "/v1/campaigns", body=body, headers=headers, wait_for_facts=True)


async def _create(portal: Door, path: str, key: str, body: dict[str, Any]) -> Any:
    headers = {"Idempotency-Key": f"demo-{key}-{path.rpartition('/')[2]}"}
    return await portal.call("POST", path, body=body, headers=headers)


async def _new_client(installation: Installation, portal: Door, mine: str, name: str, scopes: list[str]) -> Credential:
    made = NewClient.model_validate(await portal.call("POST", f"{mine}/clients", body={"name": name, "scopes": scopes}))
    return Credential(
        installation.http,
        installation.stack.urls["portal"],
        str(made.client_id),
        made.client_secret,
        installation.clock,
    )
