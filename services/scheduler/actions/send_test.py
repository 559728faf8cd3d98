"""Sends a campaign as a test to one of the location's own people: sample data, inert links, no touch, nothing of a consumer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.clients.mailer import MailerClient
from services.scheduler.clients.optout import OptoutClient
from services.scheduler.content.fields import message_fields
from services.scheduler.content.stock import StockContents, sample_mentions
from services.scheduler.domain.answer_links import AnswerLinks
from services.scheduler.domain.campaign_settings import SendWindow, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import settings_of
from services.scheduler.domain.errors import (
    CampaignTypeUnknownError,
    TestLimitReachedError,
    TestRecipientUnknownError,
    TestRefusedError,
)
from services.scheduler.domain.occasions import find_next_occasion
from shared.kit.directory import find_fact
from shared.kit.errors import BusyError, NotFoundError, Problem
from shared.kit.http import RefusedError, SilentError
from shared.schemas.location import LocationFacts
from shared.schemas.mailer import MessageInput
from shared.schemas.scheduler import Campaign, CampaignTest, CampaignTestInput

_USEFUL: Final = timedelta(hours=1)
"""Somebody waits for it at their desk."""


@dataclass(frozen=True, slots=True)
class TestTools:
    """What a test is written and sent with."""

    types: Mapping[str, CampaignType]
    window: SendWindow
    stock: StockContents
    links: AnswerLinks
    optout: OptoutClient
    mailer: MailerClient


async def send_test(
    connection: AsyncConnection,
    *,
    campaign: Campaign,
    given: CampaignTestInput,
    tools: TestTools,
    message_id: UUID,
    now: datetime,
) -> CampaignTest:
    """Hand the test to the mailer, which judges recipient, content and number; the same `message_id` again sends nothing again.

    Raises SettingsUnusableError for an unfinished draft, TestRecipientUnknownError, TestLimitReachedError, TestRefusedError, BusyError on silence.
    """
    kind, location = (
        tools.types.get(campaign.type),
        await find_fact(connection, "location", campaign.location_id, LocationFacts),
    )
    if kind is None:
        raise CampaignTypeUnknownError
    if location is None:
        raise NotFoundError
    check_settings(kind, campaign.settings, window=tools.window)
    languages = [*([given.language] if given.language else ()), location.language]
    content_id, language = tools.stock.choose(kind.slug, location.vertical, languages)
    try:
        keyed = await tools.optout.key_address(given.recipient)
        if keyed.address is None or keyed.address_key is None:
            raise TestRecipientUnknownError
        message = MessageInput(
            message_id=message_id,
            subscriber_id=location.subscriber_id,
            location_id=location.location_id,
            content_id=content_id,
            origin="test",
            audience="staff",
            topic=kind.topic,
            address=keyed.address,
            address_key=keyed.address_key,
            fields=_write(kind, settings_of(campaign.settings, given.variant), location, language, tools.links, now),
            due_at=now,
            useful_until=now + _USEFUL,
            recheck_after=now + _USEFUL,
        )
        receipt = (await tools.mailer.submit([message]))[message_id]
    except SilentError:
        raise BusyError from None
    except RefusedError as refused:
        raise TestRefusedError(refused.code) from None
    if receipt.result == "refused":
        raise _refusal(receipt.code)
    return CampaignTest(
        campaign_id=campaign.campaign_id, version=campaign.version, message_id=message_id, language=language
    )


def _write(
    kind: CampaignType,
    settings: Mapping[str, Any],
    location: LocationFacts,
    language: str,
    links: AnswerLinks,
    now: datetime,
) -> dict[str, JsonValue]:
    """Put the sample people of the type together with the location's own words; what would lead to a page of ours or to a review leads nowhere."""
    mentions = sample_mentions(kind, location.vertical)
    if kind.is_by_hand:
        occasion, day = find_next_occasion(kind, settings, now.astimezone(ZoneInfo(location.zone)).date())
        about = datetime.combine(day, time(12))
        mentions = [replace(mention, occasion=occasion, about_local=about) for mention in mentions]
    inert: dict[str, str] = {kind.page: links.inert_url(kind.page)} if kind.page else {}
    if "review" in kind.links:
        inert["review"] = links.inert_url("survey")
    return message_fields(
        mentions, trigger=kind.trigger.kind, language=language, is_change=False, settings=settings, links=inert
    )


def _refusal(code: str | None) -> Problem:
    known: Mapping[str | None, type[Problem]] = {
        problem.code: problem for problem in (TestRecipientUnknownError, TestLimitReachedError)
    }
    return known[code]() if code in known else TestRefusedError(code or "")
