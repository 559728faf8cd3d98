"""Review links: several sites by percentage, the same site for a touch every time, and nobody led anywhere for what they think."""

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.review_sites import choose_review_link
from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.house.sources import ROOT, name, python
from tests.scheduler.answering import Reader, look
from tests.scheduler.practice import Practice, open_practice

ONE, OTHER, THIRD = (f"https://reviews{number}.example.com/us" for number in (1, 2, 3))


def _sites(*shares: tuple[str, Any]) -> dict[str, Any]:
    return {"review_sites": [{"url": url, "percent": percent} for url, percent in shares]}


@pytest.fixture
async def practice(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """A practice without any campaign yet."""
    return await open_practice(clock, neighbours)


@pytest.mark.parametrize(
    "shares", [((ONE, 60), (OTHER, 30)), ((ONE, 60), (OTHER, 41)), ((ONE, 0), (OTHER, 100)), ((ONE, 99.5), (OTHER, 0.5)), ((ONE, True),),
               ((ONE, "100"),), ((ONE, -10), (OTHER, 110)), ((ONE, None),)],
)  # fmt: skip
async def test_percentages_that_do_not_add_up_are_refused_with_the_reason(practice: Practice, shares: Any) -> None:
    """Issue, bad input: whole numbers from 1 that add up to 100, or a code of its own and a sentence; no campaign is made."""
    answer = await practice.switch_on("review_request", _sites(*shares))
    assert (answer.status_code, answer.json()["code"]) == (422, "review_percentages_wrong")
    assert "add up to 100" in answer.json()["title"]
    assert await practice.rows("select from campaigns") == []


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"review_sites": []}, "review_sites"),
        ({"review_sites": "x"}, "review_sites"),
        (_sites(*[(f"https://r{n}.example.com", 9) for n in range(11)]), "review_sites"),
        (_sites((ONE, 50), (ONE, 50)), "review_sites"),
        (_sites(("http://reviews.example.com", 100)), "review_sites.0"),
        (_sites((ONE, 50), ("javascript:alert(1)", 50)), "review_sites.1"),
        ({"review_sites": [{"url": ONE, "percent": 100, "colour": "red"}]}, "review_sites.0"),
        ({"review_sites": [{"url": ONE}]}, "review_sites.0"),
        (_sites((ONE, 100)) | {"links": {"review": ONE}}, "links.review"),
    ],
)
async def test_what_is_no_site_is_refused_by_name(practice: Practice, settings: dict[str, Any], field: str) -> None:
    """Bad input: the setting that is wrong, nothing half-applied; a link for everybody and sites exclude each other."""
    answer = await practice.switch_on("review_request", settings)
    assert (answer.status_code, answer.json()["code"]) == (422, "settings_unusable")
    assert [row["field"] for row in answer.json()["errors"]] == [f"settings.{field}"]


async def test_other_mail_takes_no_review_sites(practice: Practice) -> None:
    """Bad input: a thank-you note leads to no review site."""
    answer = await practice.switch_on("visit_thanks", _sites((ONE, 100)))
    assert [row["field"] for row in answer.json()["errors"]] == ["settings.review_sites"]


def test_sites_get_their_percentages() -> None:
    """Domain 2.1: 60, 30 and 10 percent of many touches, within what chance allows (five standard deviations of 10,000)."""
    settings = _sites((ONE, 60), (OTHER, 30), (THIRD, 10))
    found = Counter(choose_review_link(settings, UUID(int=number)) for number in range(10_000))
    for url, percent in ((ONE, 60), (OTHER, 30), (THIRD, 10)):
        spread = 5 * (10_000 * percent / 100 * (1 - percent / 100)) ** 0.5
        assert abs(found[url] - 100 * percent) < spread


@given(st.uuids(), st.lists(st.integers(1, 20), min_size=1, max_size=9))
def test_a_touch_leads_to_one_of_the_sites_and_always_to_the_same(touch_id: UUID, shares: list[int]) -> None:
    """Issue: deterministic per touch, whatever the shares are."""
    percents = [*shares, 100 - sum(shares)] if sum(shares) < 100 else [100]
    settings = _sites(*[(f"https://r{number}.example.com", percent) for number, percent in enumerate(percents)])
    chosen = choose_review_link(settings, touch_id)
    assert chosen in [site["url"] for site in settings["review_sites"]]
    assert choose_review_link(settings, touch_id) == chosen


async def _asked(practice: Practice, scores: dict[UUID, int]) -> dict[UUID, str]:
    """Let people visit, answer the survey with these scores, and be asked for a review; return where each is led to."""
    for person in scores:
        practice.visit(person, practice.at("2026-03-02 06:30"))
    await practice.run()
    await practice.move_to("2026-03-03 10:00")
    for message in practice.messages:
        practice.outcome(message, "sent")
        (touch,) = message.touches
        reader = Reader(practice, message)
        assert (
            await look(practice, "POST", reader.path("survey"), data={"score": str(scores[touch.person_id])})
        ).status == 200
    await practice.run()
    before = len(practice.messages)
    await practice.move_to("2026-03-05 10:00")
    return {
        message.touches[0].person_id: str(message.fields["links"]["review"]) for message in practice.messages[before:]
    }


async def test_nobody_is_led_elsewhere_or_left_out_for_what_they_answered(practice: Practice) -> None:
    """L-131: who gave 0 and who gave 10 are asked for a review alike; the touch alone decides the site."""
    sites = _sites((ONE, 50), (OTHER, 50))
    assert (await practice.switch_on("survey")).status_code == 201
    assert (await practice.switch_on("review_request", sites)).status_code == 201
    scores = {practice.person(f"P{number}"): (0, 10)[number % 2] for number in range(12)}
    led = await _asked(practice, scores)
    assert set(led) == set(scores)
    touches = await practice.rows("select touch_id, consumer_id from touches where campaign_type = 'review_request'")
    assert led == {row["consumer_id"]: choose_review_link(sites, row["touch_id"]) for row in touches}


def test_planning_and_writing_mail_never_read_what_was_answered_to_a_survey() -> None:
    """L-131: the table stands in the modules that keep, list and tell it, and in no other."""
    reading = {name(path) for path in python("services") if "survey_answers" in path.read_text(encoding="utf-8")}
    folder = Path("services/scheduler/store")
    allowed = {str(folder / f"{module}.py") for module in ("answer_tables", "surveys", "holdings")}
    assert {path for path in reading if "/store/" in path} == allowed
    assert "survey" not in (ROOT / folder / "plan_touches.sql").read_text(encoding="utf-8")
    users = {name(path) for path in python("services") if "store.surveys import" in path.read_text(encoding="utf-8")}
    assert users == {
        f"services/scheduler/actions/{action}.py"
        for action in (
            "apply_facts",
            "keep_survey_answer",
            "list_survey_answers",
            "show_personal_data",
            "show_survey",
            "show_survey_results",
        )
    }


async def test_one_link_for_everybody_still_does(practice: Practice) -> None:
    """Settings of before: `links.review` alone."""
    assert (await practice.switch_on("review_request", {"links": {"review": ONE}})).status_code == 201
    ana = practice.person()
    practice.visit(ana, "2026-03-02 06:30")
    await practice.run()
    await practice.move_to("2026-03-05 10:00")
    assert practice.messages[0].fields["links"]["review"] == ONE
