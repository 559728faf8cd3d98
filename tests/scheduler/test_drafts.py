"""Campaigns by hand begin as drafts: nothing is planned from one, and it starts only when nothing speaks against it."""

from itertools import product
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.campaign_states import CampaignState, check_move
from shared.kit.clock import ManualClock
from shared.kit.errors import Problem
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

_LETTER: dict[str, Any] = {"words": {"headline": "Spring", "text": "We are here."}, "send_on": "2026-03-04"}
_BEEN: dict[str, Any] = {"fact": "visits", "operator": "at_least", "value": 1}
_WAYS = {("draft", "active"), ("active", "paused"), ("paused", "active")}


@pytest.mark.parametrize(("present", "wanted"), list(product(get_args(CampaignState), repeat=2)))
def test_every_move_between_states_is_allowed_or_refused_by_name(present: CampaignState, wanted: CampaignState) -> None:
    """Every cell: a draft starts, what runs pauses and resumes, all can be ended, and nothing comes back from there."""
    refusal = None
    try:
        check_move(present, wanted)
    except Problem as problem:
        refusal = problem.code
    if present == "ended":
        assert refusal == "campaign_ended"
    elif wanted in (present, "ended") or (present, wanted) in _WAYS:
        assert refusal is None
    else:
        assert refusal == "campaign_move_refused"


async def test_a_draft_is_written_beside_what_runs_and_sends_nothing_until_it_starts(practice: Practice) -> None:
    """Catalogue newsletter: prepared and edited while the last one still runs; started once that has ended; who is written to hears of it then."""
    ana = practice.person("Ana")
    await practice.run("follow_ingest", "plan")
    assert (await practice.switch_on("newsletter", _LETTER | {"send_on": "2026-03-20"})).status_code == 201
    running = practice.campaigns["newsletter"]
    drafted = await practice.draft("newsletter", {"words": {"headline": "New", "text": "Words."}})
    assert (drafted.status_code, drafted.json()["state"]) == (201, "draft")
    edited = await practice.edit("newsletter", settings=_LETTER)
    assert (edited.json()["state"], edited.json()["version"], edited.json()["settings"]) == ("draft", 2, _LETTER)
    await practice.run()
    assert await practice.touches(ana) == {}
    assert (await practice.edit("newsletter", 2, state="active")).json()["code"] == "campaign_exists"
    draft, practice.campaigns["newsletter"] = practice.campaigns["newsletter"], running
    assert (await practice.set_state("newsletter", "ended")).status_code == 200
    practice.campaigns["newsletter"] = draft
    started = await practice.edit("newsletter", 2, state="active")
    assert (started.status_code, started.json()["version"]) == (200, 3)
    await practice.scheduler.step("publish_contents")
    await practice.move_to("2026-03-04 10:00")
    assert [slug for _, _, slug in practice.mails()] == ["newsletter"]


async def test_a_draft_is_changed_by_version_and_only_along_its_states(practice: Practice) -> None:
    """If-Match; a draft cannot be paused; a change of nothing is refused; series have no drafts."""
    assert (await practice.draft("recare_due")).json()["code"] == "draft_refused"
    await practice.draft("newsletter", _LETTER)
    assert (await practice.edit("newsletter", settings={}, version=2)).status_code == 412
    assert (await practice.edit("newsletter", state="paused")).json()["code"] == "campaign_move_refused"
    assert (await practice.edit("newsletter")).status_code == 422
    assert (await practice.edit("newsletter", state="ended")).json()["state"] == "ended"
    versions = await practice.rows(
        "select version, state from campaign_versions where campaign_id = $1 order by 1",
        practice.campaigns["newsletter"],
    )
    assert [tuple(row) for row in versions] == [(1, "draft"), (2, "ended")]


async def test_a_draft_starts_only_when_nothing_speaks_against_it_and_hears_of_everything_at_once(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """S-074, N-49, N-60: an unfinished location and settings that miss the mark are named in one answer; nothing is planned."""
    practice = await open_practice(clock, neighbours, state="onboarding", hours=[])
    practice.person()
    await practice.draft("promotion", {"send_on": "2026-03-04", "audience": _BEEN | {"operator": "is"}})
    refused = await practice.edit("promotion", state="active")
    assert (refused.status_code, refused.json()["code"]) == (422, "settings_unusable")
    assert {(row["field"], row["code"]) for row in refused.json()["errors"]} == {
        ("settings.words", "unusable"),
        ("audience.operator", "operator_wrong"),
        ("location_id", "location_not_live"),
        ("location_id", "hours_missing"),
    }
    assert "opening hours" in refused.json()["detail"]
    shown = await practice.scheduler.http.get(
        f"/v1/campaigns/{practice.campaigns['promotion']}", headers=practice.headers()
    )
    assert (shown.json()["state"], shown.json()["version"]) == ("draft", 1)
    await practice.run()
    assert await practice.touches() == {}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"audience": _BEEN | {"value": 9}}, ("settings.audience", "matches_nobody")),
        ({"audience": _BEEN | {"value": 0}}, ("settings.audience", "matches_everybody")),
        ({"send_on": "2026-03-01"}, ("settings.send_on", "send_on_past")),
        ({"offer": {"text": "Ten off", "expires_on": "2026-03-03"}}, ("settings.offer.expires_on", "offer_over")),
        ({"steps": {"on_the_day": False}}, ("settings.steps", "no_step_on")),
        ({"words": {"headline": "Hi {{ person.shoe_size }}", "text": "x"}}, ("settings.words.headline", "field_unknown")),
    ],
)  # fmt: skip
async def test_a_campaign_that_would_not_do_what_is_meant_is_not_started(
    practice: Practice, settings: dict[str, Any], expected: tuple[str, str]
) -> None:
    """An audience of nobody or everybody, a day that is over, an offer that ends before, nothing switched on, a field that there is not."""
    practice.visit(practice.person(), "2026-02-02 09:00")
    practice.person()
    await practice.run("follow_ingest", "plan")
    await practice.draft("promotion", _LETTER | settings)
    refused = await practice.edit("promotion", state="active")
    assert (refused.status_code, refused.json()["code"]) == (409, "activation_refused")
    assert [(row["field"], row["code"]) for row in refused.json()["errors"]] == [expected]
    straight = await practice.switch_on("promotion", _LETTER | settings)
    assert straight.json()["errors"] == refused.json()["errors"]


async def test_a_day_counts_in_the_locations_zone(clock: ManualClock, neighbours: Neighbours) -> None:
    """N-50: at 23:00 UTC on the 3rd it is the 4th, 12:00, in Auckland: the mail of the 4th at 10:00 is over there."""
    practice = await open_practice(clock, neighbours, zone="Pacific/Auckland")
    clock.set(practice.at("2026-03-04 12:00"))
    assert clock.now().astimezone(ZoneInfo("UTC")).day == 3
    await practice.draft("newsletter", _LETTER)
    refused = await practice.edit("newsletter", state="active")
    assert [row["code"] for row in refused.json()["errors"]] == ["send_on_past"]
    assert (
        await practice.edit("newsletter", settings=_LETTER | {"send_on": "2026-03-05"}, state="active")
    ).status_code == 200
