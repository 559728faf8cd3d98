"""A campaign's own settings: every figure may be another at a location, and what does not fit is refused by name before anything is planned."""

from datetime import time
from typing import Any, cast

import pytest

from services.scheduler import campaigns
from services.scheduler.domain.campaign_settings import SendWindow, SettingsUnusableError, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from shared.kit.clock import ManualClock
from shared.kit.plugins import find_plugins
from tests.fixtures.services import Neighbours
from tests.scheduler.catalogue import CASES, planned
from tests.scheduler.practice import open_practice

TYPES: dict[str, CampaignType] = find_plugins(campaigns, "CAMPAIGN_TYPE")
WINDOW = SendWindow(time(8), time(20))
WORDS = {"words": {"headline": "Spring", "text": "One."}, "send_on": "2026-04-01"}


def _refused(slug: str, settings: dict[str, Any]) -> list[str]:
    try:
        check_settings(TYPES[slug], settings, window=WINDOW)
    except SettingsUnusableError as refused:
        errors = cast("list[dict[str, str]]", refused.members["errors"])
        return [error["field"] for error in errors]
    return []


@pytest.mark.parametrize(
    ("slug", "settings"),
    [
        ("visit_thanks", {"steps": {"next_morning": {"days": 3, "at": "09:15"}}, "useful_days": 5, "budget": 2}),
        ("appointment_reminder", {"steps": {"two_hours": True, "two_weeks": {"on": False}, "three_days": {"days": -4}}}),
        ("appointment_missed", {"steps": {"next_business_day": {"business_days": 2}}}),
        ("service_due", {"service_months": 12, "service_miles": 7500, "links": {"booking": "https://shop.example.com/book"}}),
        ("welcome", {"daily_most": 50}),
        ("survey", {"gap_days": 365}),
        ("seasonal", {"dates": {"spring": "05-01"}}),
        ("newsletter", WORDS),
        ("promotion", WORDS | {"offer": {"text": "Ten off", "expires_on": "2026-05-01", "code": "TEN"}}),
    ],
)  # fmt: skip
def test_figures_words_links_and_offers_may_be_the_locations_own(slug: str, settings: dict[str, Any]) -> None:
    """Domain 2.3: all values are defaults."""
    assert _refused(slug, settings) == []


@pytest.mark.parametrize(
    ("slug", "settings", "field"),
    [
        ("visit_thanks", {"colour": 1}, "colour"),
        ("visit_thanks", {"steps": {"next_morning": {"hours": 3}}}, "steps.next_morning"),
        ("visit_thanks", {"steps": {"next_morning": {}}}, "steps.next_morning"),
        ("visit_thanks", {"steps": {"next_morning": {"days": -1}}}, "steps.next_morning"),
        ("visit_thanks", {"steps": {"next_morning": {"days": 1e9}}}, "steps.next_morning"),
        ("visit_thanks", {"steps": {"next_morning": {"days": 731}}}, "steps.next_morning"),
        ("visit_thanks", {"steps": {"next_morning": {"at": "9:00"}}}, "steps.next_morning"),
        ("visit_thanks", {"steps": {"next_morning": {"days": True}}}, "steps.next_morning"),
        ("appointment_missed", {"steps": {"next_business_day": {"business_days": 21}}}, "steps.next_business_day"),
        ("appointment_reminder", {"steps": {"new_time": {"days": 1}}}, "steps.new_time"),
        ("appointment_reminder", {"useful_days": 3}, "useful_days"),
        ("appointment_reminder", {"budget": 3}, "budget"),
        ("survey", {"gap_days": 0}, "gap_days"),
        ("survey", {"service_months": 3}, "service_months"),
        ("welcome", {"daily_most": "many"}, "daily_most"),
        ("newsletter", {"send_on": "2026-04-01"}, "words"),
        ("newsletter", {"words": {"headline": "x", "text": "y"}}, "send_on"),
        ("newsletter", WORDS | {"send_on": "04/01/2026"}, "send_on"),
        ("newsletter", WORDS | {"words": {"headline": "", "text": "y"}}, "words.headline"),
        ("newsletter", WORDS | {"words": {"headline": "x" * 121, "text": "y"}}, "words.headline"),
        ("newsletter", WORDS | {"words": {"headline": "x\x1b", "text": "y"}}, "words.headline"),
        ("newsletter", WORDS | {"offer": {"text": "x", "expires_on": "2026-05-01"}}, "offer"),
        ("promotion", WORDS | {"offer": {"text": "x"}}, "offer.expires_on"),
        ("promotion", WORDS | {"offer": {"text": "x", "expires_on": "soon"}}, "offer.expires_on"),
        ("review_request", {}, "links.review"),
        ("review_request", {"links": {"review": "javascript:alert(1)"}}, "links.review"),
        ("review_request", {"links": {"review": "https://reviews.example.com", "booking": "https://x.example.com"}}, "links.booking"),
        ("seasonal", {"dates": {"summer": "07-01"}}, "dates.summer"),
        ("seasonal", {"dates": {"spring": "02-29"}}, "dates.spring"),
        ("visit_thanks", {"words": {"headline": "x", "text": "y"}}, "words"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(slug: str, settings: dict[str, Any], field: str) -> None:
    """Bad input: a clear field and a stable code, nothing half-applied."""
    assert f"settings.{field}" in _refused(slug, settings)


async def test_a_locations_own_figures_place_the_steps(clock: ManualClock, neighbours: Neighbours) -> None:
    """Domain 2.3: other days, another hour, steps of the type switched off, and far later than the type would ever look back."""
    practice = await open_practice(clock, neighbours)
    late = {"steps": {"next_morning": {"days": 40, "at": "09:15"}}, "useful_days": 9}
    counted = {"steps": {"next_business_day": {"business_days": 3}}}
    assert (await practice.switch_on("visit_thanks", late)).status_code == 201
    assert (await practice.switch_on("appointment_missed", counted)).status_code == 201
    sooner = {"steps": {"two_weeks": {"days": -5}, "three_days": False, "two_hours": {"on": True, "hours": -3}}}
    assert (await practice.switch_on("appointment_reminder", sooner)).status_code == 201
    ana = practice.person()
    visit = practice.visit(ana, "2026-01-22 09:00")
    missed = CASES["appointment_missed"].sets_off(practice, ana, {})
    booked = practice.appointment(ana, "2026-03-20 13:00")
    await practice.run("follow_ingest", "plan")
    assert await planned(practice, "visit_thanks", ana, visit) == {
        "next_morning": ("2026-03-03 09:15", "planned", None)
    }
    assert await planned(practice, "appointment_missed", ana, missed) == {
        "next_business_day": ("2026-03-04 10:00", "skipped", "booked_ahead")
    }
    steps = await planned(practice, "appointment_reminder", ana, booked)
    assert {step: due for step, (due, _, _) in steps.items()} == {
        "two_weeks": "2026-03-13 10:00",  # the fifteenth is a Sunday
        "day_before": "2026-03-19 10:00",
        "two_hours": "2026-03-20 10:00",
    }
