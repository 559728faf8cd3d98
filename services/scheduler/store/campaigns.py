"""Campaigns and their versions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.errors import CampaignExistsError
from shared.schemas.scheduler import Campaign

_INSERT: Final = text("""
insert into campaigns (subscriber_id, campaign_id, location_id, type, state, version, settings, activated_at)
values (:subscriber_id, :campaign_id, :location_id, :type, :state, 1, cast(:settings as jsonb), :now)
""")
_VERSION: Final = text("""
insert into campaign_versions (subscriber_id, campaign_id, version, state, settings, changed_at, changed_by)
select subscriber_id, campaign_id, version, state, settings, :now, :changed_by from campaigns
where subscriber_id = :subscriber_id and campaign_id = :campaign_id
""")
_CHANGE: Final = text("""
update campaigns set state = :state, version = version + 1, settings = coalesce(cast(:settings as jsonb), settings),
    activated_at = case when state = 'draft' then :now else activated_at end
where subscriber_id = :subscriber_id and campaign_id = :campaign_id and version = :version
returning version
""")
_WITHDRAW: Final = text("""
update touches t set withdraw_reason = cast(:reason as text)
from messages m
where m.subscriber_id = :subscriber_id and m.campaign_id = :campaign_id and m.ended_at is null
    and t.subscriber_id = m.subscriber_id and t.message_id = m.message_id and t.state = 'dispatched' and t.withdraw_reason is null
returning t.subscriber_id, t.touch_id
""")
_HAS_LEFT: Final = text("""
select exists (
    select from messages where subscriber_id = :subscriber_id and campaign_id = :campaign_id and state in ('submitted', 'ended'))
""")
_FIND: Final = text("""
select campaign_id, location_id, type, state, version, settings, activated_at from campaigns
where subscriber_id = :subscriber_id and campaign_id = :campaign_id
""")
_LIST: Final = text("""
select campaign_id, location_id, type, state, version, settings, activated_at from campaigns
where subscriber_id = :subscriber_id and (cast(:location_id as uuid) is null or location_id = cast(:location_id as uuid))
    and (cast(:locations as uuid[]) is null or location_id = any(cast(:locations as uuid[])))
    and (cast(:after as uuid) is null or campaign_id > cast(:after as uuid))
order by campaign_id limit :limit
""")


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to store."""

    subscriber_id: UUID
    campaign_id: UUID
    location_id: UUID
    type: str
    state: str
    settings: dict[str, Any]


async def insert_campaign(
    connection: AsyncConnection, campaign: NewCampaign, *, now: datetime, changed_by: str
) -> None:
    """Store a campaign as version 1; raises CampaignExistsError if the location has a running one of this type."""
    key = {"subscriber_id": campaign.subscriber_id, "campaign_id": campaign.campaign_id}
    try:
        async with connection.begin_nested():
            await connection.execute(
                _INSERT,
                key
                | {
                    "location_id": campaign.location_id,
                    "type": campaign.type,
                    "state": campaign.state,
                    "settings": json.dumps(campaign.settings),
                    "now": now,
                },
            )
    except IntegrityError:
        raise CampaignExistsError from None
    await connection.execute(_VERSION, key | {"now": now, "changed_by": changed_by})


async def change_campaign(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign_id: UUID,
    state: str,
    settings: dict[str, Any] | None,
    version: int,
    now: datetime,
    changed_by: str,
) -> bool:
    """Store a campaign's next version, with its settings unless None; false if it is no longer at `version`. Raises CampaignExistsError.

    A draft that is stored anew counts as activated then, whatever becomes of it later.
    """
    key = {"subscriber_id": subscriber_id, "campaign_id": campaign_id}
    values = {"state": state, "version": version, "settings": json.dumps(settings) if settings is not None else None}
    try:
        async with connection.begin_nested():
            changed = await connection.scalar(_CHANGE, key | values | {"now": now})
    except IntegrityError:
        raise CampaignExistsError from None
    if changed is None:
        return False
    await connection.execute(_VERSION, key | {"now": now, "changed_by": changed_by})
    return True


async def withdraw_campaign(
    connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID, reason: str
) -> list[tuple[UUID, UUID]]:
    """Mark every touch of a campaign that is with the mailer as withdrawn and return them."""
    values = {"subscriber_id": subscriber_id, "campaign_id": campaign_id, "reason": reason}
    return [(row.subscriber_id, row.touch_id) for row in await connection.execute(_WITHDRAW, values)]


async def has_left(connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID) -> bool:
    """Tell whether the mailer has, or had, a message of a campaign."""
    return bool(await connection.scalar(_HAS_LEFT, {"subscriber_id": subscriber_id, "campaign_id": campaign_id}))


async def find_campaign(connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID) -> Campaign | None:
    """Return one campaign of a subscriber."""
    row = (await connection.execute(_FIND, {"subscriber_id": subscriber_id, "campaign_id": campaign_id})).first()
    return _campaign(row) if row is not None else None


async def list_campaigns(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    location_id: UUID | None = None,
    locations: Sequence[UUID] | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[Campaign]:
    """Return campaigns by id; `locations` None means all of the subscriber's."""
    values = {
        "subscriber_id": subscriber_id,
        "location_id": location_id,
        "locations": list(locations) if locations is not None else None,
        "after": after,
        "limit": limit,
    }
    return [_campaign(row) for row in await connection.execute(_LIST, values)]


def _campaign(row: Any) -> Campaign:
    values = dict(row._mapping)
    if isinstance(values["settings"], str):
        values["settings"] = json.loads(values["settings"])
    return Campaign.model_validate(values)
