"""Edits, starts, pauses, resumes or ends a campaign: what is with the mailer is asked back at once (I24), planning holds or frees the rest."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.check_activation import check_activation
from services.scheduler.actions.withdraw_touches import withdraw_touches
from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.domain.campaign_states import check_move
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import COMPARED_SETTINGS
from services.scheduler.domain.errors import ComparisonFixedError, DayFixedError
from services.scheduler.store import campaigns
from services.scheduler.store.comparisons import is_under_comparison
from services.scheduler.store.replans import mark_location
from shared.kit.directory import find_fact
from shared.kit.errors import NotFoundError, VersionMismatchError
from shared.schemas.location import LocationFacts
from shared.schemas.scheduler import Campaign, CampaignChange


async def change_campaign(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign_id: UUID,
    change: CampaignChange,
    version: int,
    types: Mapping[str, CampaignType],
    window: SendWindow,
    now: datetime,
    changed_by: str,
) -> Campaign:
    """Return the campaign in its new version. Raises NotFoundError, VersionMismatchError, DayFixedError, ComparisonFixedError, and what check_move
    and check_activation do.

    What has left keeps the version it was written with; everything else of a campaign that runs is written by the new one (N-99).
    """
    present = await campaigns.find_campaign(connection, subscriber_id=subscriber_id, campaign_id=campaign_id)
    if present is None:
        raise NotFoundError
    if present.version != version:
        raise VersionMismatchError
    state = change.state or present.state
    check_move(present.state, state)
    is_running = present.state != "draft"
    if state != "ended" and (change.settings is not None if is_running else state == "active"):
        await _check_settings(connection, subscriber_id, present, change, types, window, now)
    if not await campaigns.change_campaign(
        connection,
        subscriber_id=subscriber_id,
        campaign_id=campaign_id,
        state=state,
        settings=change.settings,
        version=version,
        now=now,
        changed_by=changed_by,
    ):
        raise VersionMismatchError
    if is_running or state == "active":
        await _have_planned(connection, subscriber_id, present, change)
    changed = await campaigns.find_campaign(connection, subscriber_id=subscriber_id, campaign_id=campaign_id)
    assert changed is not None
    return changed


async def _check_settings(
    connection: AsyncConnection,
    subscriber_id: UUID,
    present: Campaign,
    change: CampaignChange,
    types: Mapping[str, CampaignType],
    window: SendWindow,
    now: datetime,
) -> None:
    location = await find_fact(connection, "location", present.location_id, LocationFacts)
    if location is None or present.type not in types:
        raise NotFoundError
    settings = present.settings if change.settings is None else change.settings
    runs_on = present.settings.get("send_on") if present.state != "draft" else None
    if runs_on not in (None, settings.get("send_on")) and await campaigns.has_left(
        connection, subscriber_id=subscriber_id, campaign_id=present.campaign_id
    ):
        raise DayFixedError
    is_comparing = await is_under_comparison(connection, subscriber_id=subscriber_id, campaign_id=present.campaign_id)
    if is_comparing and any(settings.get(name) != present.settings.get(name) for name in COMPARED_SETTINGS):
        raise ComparisonFixedError
    await check_activation(
        connection,
        kind=types[present.type],
        settings=settings,
        location=location,
        types=types,
        window=window,
        now=now,
        runs_on=runs_on,
        is_comparing=is_comparing,
    )


async def _have_planned(
    connection: AsyncConnection, subscriber_id: UUID, campaign: Campaign, change: CampaignChange
) -> None:
    reasons = {"paused": "campaign_paused", "ended": "campaign_ended"}
    reason = reasons.get(change.state or "", "campaign_edited" if change.settings is not None else None)
    if reason is not None:
        withdrawn = await campaigns.withdraw_campaign(
            connection, subscriber_id=subscriber_id, campaign_id=campaign.campaign_id, reason=reason
        )
        await withdraw_touches(connection, withdrawn)
    await mark_location(connection, subscriber_id=subscriber_id, location_id=campaign.location_id)
