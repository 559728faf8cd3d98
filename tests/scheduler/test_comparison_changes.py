"""Comparisons that are looked at, edited, paused, ended or refused: what is compared stays, and everything else works as ever."""

from uuid import uuid4

import pytest

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.comparing import (
    COMPARED,
    DAY,
    DECIDES,
    LETTER,
    REST,
    RULE,
    arms_of,
    decide,
    get,
    sent,
    settle,
    start,
)
from tests.scheduler.practice import open_practice


async def test_pausing_and_ending_work_while_two_variants_are_compared(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """Paused over the day of decision the rest is held and goes when it is resumed; ended, nobody else gets anything and nothing is decided."""
    practice = await start(clock, neighbours)
    arms = await arms_of(practice)
    await practice.move_to(DAY)
    compared = sent(practice)
    assert (await practice.set_state("newsletter", "paused")).status_code == 200
    await practice.move_to(DECIDES)
    assert len(await decide(practice)) == 1
    await practice.move_to(REST)
    assert sent(practice) == compared
    assert (await practice.set_state("newsletter", "active", version=2)).status_code == 200
    await practice.move_to("2026-03-11 15:00")
    assert len(sent(practice)) == 60
    assert {arm: len(people) for arm, people in arms.items()} == {
        arm: len(people) for arm, people in (await arms_of(practice)).items()
    }


async def test_an_ended_comparison_decides_nothing(clock: ManualClock, neighbours: Neighbours) -> None:
    """The rest is cancelled; there is no winner of something that was broken off."""
    practice = await start(clock, neighbours)
    await practice.move_to(DAY)
    compared = sent(practice)
    assert (await practice.set_state("newsletter", "ended")).status_code == 200
    await practice.move_to(REST)
    assert await decide(practice) == []
    await practice.run()
    assert sent(practice) == compared
    states = await practice.rows("select distinct state, reason from touches where arm = 'rest'")
    assert [tuple(row) for row in states] == [("cancelled", "campaign_ended")]


async def test_what_is_compared_stays_until_it_is_decided(clock: ManualClock, neighbours: Neighbours) -> None:
    """Before anything has left everything may be edited; then words and rule stay and the rest may change, until the decision."""
    practice = await start(clock, neighbours)
    early = await practice.edit("newsletter", settings=LETTER)
    assert early.status_code == 200, early.text
    await practice.run()
    assert await arms_of(practice) == {"a": [], "b": [], "rest": []}
    assert (await practice.edit("newsletter", 2, settings=COMPARED)).status_code == 200
    await practice.run()
    arms = await arms_of(practice)
    await practice.move_to(DAY)
    await settle(practice)
    for change in (
        {"words": {"headline": "Autumn", "text": "x"}},
        {"comparison": RULE | {"wait_days": 3}},
        {"comparison": RULE | {"b": {"words": {"headline": "Winter", "text": "x"}}}},
    ):
        refused = await practice.edit("newsletter", 3, settings=COMPARED | change)
        assert (refused.status_code, refused.json()["code"]) == (409, "comparison_fixed")
    refused = await practice.edit("newsletter", 3, settings=LETTER)
    assert refused.json()["code"] == "comparison_fixed"
    assert (await practice.edit("newsletter", 3, settings=COMPARED | {"budget": 5})).status_code == 200
    await practice.move_to(DECIDES)
    assert len(await decide(practice)) == 1
    edited = COMPARED | {"words": {"headline": "Autumn", "text": "We are here."}}
    assert (await practice.edit("newsletter", 4, settings=edited)).status_code == 200
    await practice.move_to(REST)
    assert {sent(practice)[person] for person in arms["rest"]} == {"Autumn"}


async def test_an_audience_too_small_to_tell_anything_is_refused_with_the_number_needed(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """Said at the start, not after the mail is out; what is malformed is a 422; a comparison that is not there is a 404."""
    practice = await open_practice(clock, neighbours)
    for _ in range(30):
        practice.person()
    practice.person(mailbox=None)
    await practice.run("follow_ingest", "plan")
    refused = await practice.switch_on("newsletter", COMPARED)
    assert (refused.status_code, refused.json()["code"]) == (409, "activation_refused")
    assert refused.json()["errors"] == [{"field": "settings.comparison", "code": "comparison_too_small"}]
    assert "40 people who can be reached, and there are 30" in refused.json()["detail"]
    malformed = await practice.switch_on("newsletter", LETTER | {"comparison": {"share_percent": 50}})
    assert (malformed.status_code, malformed.json()["code"]) == (422, "settings_unusable")
    for _ in range(10):
        practice.person()
    await practice.run("follow_ingest", "plan")
    assert (await practice.switch_on("newsletter", COMPARED)).status_code == 201
    await practice.draft("promotion", LETTER)
    missing = await get(practice, f"/v1/campaigns/{practice.campaigns['promotion']}/comparison")
    assert (missing.status_code, missing.json()["code"]) == (404, "comparison_missing")
    series = await practice.switch_on("visit_thanks")
    path = f"/v1/campaigns/{series.json()['campaign_id']}/comparison"
    assert (await get(practice, path)).json()["code"] == "not_by_hand"
    foreign = practice.headers(subscriber_id=uuid4())
    for below in ("", "/people?cycle=x"):
        path = f"/v1/campaigns/{practice.campaigns['newsletter']}/comparison{below}"
        assert (await practice.scheduler.http.get(path, headers=foreign)).status_code == 404


@pytest.mark.parametrize("kind", ["newsletter", "promotion"])
async def test_previews_tests_and_forecasts_speak_of_both_variants(
    clock: ManualClock, neighbours: Neighbours, kind: str
) -> None:
    """Each variant is seen before it goes; the forecast has the day of those who wait."""
    practice = await open_practice(clock, neighbours)
    people = [practice.person() for _ in range(60)]
    await practice.run("follow_ingest", "plan")
    await practice.draft(kind, COMPARED)
    await practice.scheduler.step("publish_contents")
    path = f"/v1/campaigns/{practice.campaigns[kind]}"
    for variant, headline in (("a", "Spring"), ("b", "Summer")):
        given = {"variant": variant}
        shown = await practice.scheduler.http.post(
            f"{path}/preview", json=given | {"consumer_id": str(people[0])}, headers=practice.headers("content")
        )
        assert shown.status_code == 200
        assert practice.mailer.previews[-1]["fields"]["words"]["headline"] == headline
        taken = await practice.scheduler.http.post(
            f"{path}/test", json=given | {"recipient": "ada@example.com"}, headers=practice.headers()
        )
        assert taken.status_code == 202
        assert practice.messages[-1].fields["words"]["headline"] == headline
    ahead = (await get(practice, f"{path}/forecast")).json()
    assert (await practice.edit(kind, state="active")).status_code == 200
    await practice.run()
    days = await practice.rows(
        "select cast(due_local as date) as day, count(*) as n from touches group by 1 order by 1"
    )
    assert [(row["day"].isoformat(), row["n"]) for row in days] == [
        (row["day"], row["people"]) for row in ahead["days"]
    ]
    assert len(days) == 2
