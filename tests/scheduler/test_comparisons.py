"""Two variants of a campaign by hand at work: divided, waited for, decided once, and the rest gets the winner; nobody is mailed twice."""

import asyncio
import multiprocessing
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.comparing import (
    COMPARED,
    DAY,
    DECIDES,
    REST,
    RULE,
    arms_of,
    book,
    decide,
    get,
    sent,
    settle,
    start,
)
from tests.scheduler.practice import open_practice
from tests.scheduler.test_crashes import live_and_die


async def test_the_better_variant_goes_to_the_rest_and_everything_is_on_file(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """S-003: divided as stated, counted once on its day, the winner to the rest at its own time; each touch tells its variant; the report and its
    CSV have the figures of the decision, the rows behind them are those people."""
    practice = await start(clock, neighbours)
    shown = (await get(practice, f"/v1/campaigns/{practice.campaigns['newsletter']}/comparison")).json()
    assert (shown["needed"], shown["reachable"], shown["decides_on"]) == (14, 60, "2026-03-11")
    assert "70 percent" in shown["rule"]
    arms = await arms_of(practice)
    assert all(arms.values())
    await practice.move_to(DAY)
    await settle(practice)
    expected = dict.fromkeys(arms["a"], "Spring") | dict.fromkeys(arms["b"], "Summer")
    assert sent(practice) == expected
    book(practice, arms["b"])
    book(practice, arms["a"][:1])
    book(practice, arms["a"][1:], "2026-03-11 08:00")  # too late: after it is decided
    book(practice, arms["rest"])
    await practice.move_to("2026-03-10 12:00")
    assert await decide(practice) == []
    days = {"first_day": "2026-03-01", "last_day": "2026-03-31"}
    early = (await get(practice, "/v1/reports/comparisons", **days)).json()["items"]
    assert [(row["variant"], row["people"], row["responded"], row["winner"]) for row in early] == [
        ("a", len(arms["a"]), None, None),
        ("b", len(arms["b"]), None, None),
    ]
    people = f"/v1/campaigns/{practice.campaigns['newsletter']}/comparison/people"
    assert (await get(practice, people, cycle="issue@2026-03-04")).json()["code"] == "comparison_open"
    await practice.move_to(DECIDES)
    decided = ("b", "b_better", len(arms["a"]), 1, len(arms["b"]), len(arms["b"]))
    assert await decide(practice) == [decided]
    assert sent(practice) == expected
    told = await practice.rows("select distinct variant, state from touches where arm = 'rest'")
    assert [tuple(row) for row in told] == [("b", "planned")]
    await practice.move_to(REST)
    assert sent(practice) == expected | dict.fromkeys(arms["rest"], "Summer")
    await settle(practice)
    first, second = (await get(practice, "/v1/reports/comparisons", **days)).json()["items"]
    assert (first["responded"], second["responded"], second["winner"]) == (1, len(arms["b"]), "b")
    assert (first["rest_people"], second["rest_people"]) == (0, len(arms["rest"]))
    assert second["lower"] > 0
    csv = (await get(practice, "/v1/reports/comparisons/csv", **days)).text.splitlines()
    assert len(csv) == 3
    assert ",b_better," in csv[1]
    rows = (await get(practice, people, cycle="issue@2026-03-04", limit=200)).json()["items"]
    counted = Counter((row["arm"], row["responded_at"] is not None) for row in rows)
    assert counted == {("a", True): 1, ("a", False): len(arms["a"]) - 1, ("b", True): len(arms["b"])}
    for arm, variant, said in (("a", "a", "with variant A"), ("rest", "b", "gets variant B, which won")):
        (touch,) = (await practice.reasons(arms[arm][0]))["touches"]
        assert (touch["arm"], touch["variant"]) == (arm, variant)
        assert said in touch["explanation"]


async def test_without_a_difference_the_first_variant_goes_on_and_it_is_said_why(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """S-003: no result is no winner; a visit counts like a booking, what was booked before the mail does not."""
    practice = await start(clock, neighbours)
    arms = await arms_of(practice)
    book(practice, arms["b"], "2026-03-03 12:00")
    await practice.move_to(DAY)
    for arm in ("a", "b"):
        practice.visit(arms[arm][0], "2026-03-05 09:00")
    await practice.move_to(DECIDES)
    assert await decide(practice) == [("a", "no_difference", len(arms["a"]), 1, len(arms["b"]), 1)]
    await practice.move_to(REST)
    assert {sent(practice)[person] for person in arms["rest"]} == {"Spring"}


async def test_the_rest_waits_for_the_decision_whatever_the_clock_does(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """Clock jumps of 25 hours either way and a decision that is late: held with its reason, nothing early, nothing twice, then everybody."""
    practice = await start(clock, neighbours)
    arms = await arms_of(practice)
    await practice.move_to(DAY)
    compared = sent(practice)
    for jump in (25, -50, 25):
        clock.move(timedelta(hours=jump))
        await practice.run()
        await decide(practice)
        assert sent(practice) == compared
    await practice.move_to("2026-03-11 11:00")
    assert sent(practice) == compared
    states = await practice.rows("select distinct state, reason from touches where arm = 'rest'")
    assert [tuple(row) for row in states] == [("held", "comparison_open")]
    assert (await practice.reasons(arms["rest"][0]))["verdicts"][0]["reason"] == "comparison_open"
    assert len(await decide(practice)) == 1
    clock.move(timedelta(hours=-25))
    assert len(await decide(practice)) == 1
    await practice.run()
    assert sent(practice) == compared
    await practice.move_to("2026-03-11 12:00")
    assert set(sent(practice)) == {person for people in arms.values() for person in people}


async def test_a_decision_is_never_taken_twice(clock: ManualClock, neighbours: Neighbours) -> None:
    """What comes in later, or another worker at the same moment, finds it taken; its figures stay."""
    practice = await start(clock, neighbours)
    arms = await arms_of(practice)
    await practice.move_to(DAY)
    await practice.move_to(DECIDES)
    before = await decide(practice)
    book(practice, arms["b"])
    await practice.run("follow_ingest", "plan")
    assert await decide(practice) == before == [("a", "no_difference", len(arms["a"]), 0, len(arms["b"]), 0)]
    await practice.rows("update service_state set on_hold = true")
    await practice.rows("delete from comparisons")
    assert await decide(practice) == []
    await practice.rows("update service_state set on_hold = false")
    assert len(await decide(practice)) == 1


@pytest.mark.parametrize("point", ["scheduler.before_comparison_commit", "scheduler.after_comparison"])
async def test_a_kill_around_the_decision_loses_and_repeats_nothing(
    clock: ManualClock, neighbours: Neighbours, tmp_path: Path, point: str
) -> None:
    """I12, I13: before the commit nothing is decided, after it everything is; either way there is one decision and one mail each."""
    practice = await start(clock, neighbours)
    practice.mailer.journal = tmp_path / "mailer.jsonl"
    practice.mailer.journal.touch()
    arms = await arms_of(practice)
    await practice.move_to(DAY)
    await settle(practice)
    book(practice, arms["b"])
    await practice.run()
    clock.set(practice.at(DECIDES))
    process = multiprocessing.get_context("fork").Process(target=live_and_die, args=(point, practice))
    process.start()
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL
    kept = await practice.rows("select from comparisons")
    assert len(kept) == (1 if point == "scheduler.after_comparison" else 0)
    practice.mailer.read_journal()
    assert [row[:2] for row in await decide(practice)] == [("b", "b_better")]
    await practice.move_to(REST)
    got = sent(practice)
    assert (len(got), {got[person] for person in arms["rest"]}) == (60, {"Summer"})


async def test_people_who_share_a_mailbox_share_their_arm_and_their_mail(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """N-01, N-02: a family reads one variant, in one message, whichever arm its mailbox is in."""
    practice = await open_practice(clock, neighbours)
    families = [[practice.person(mailbox=f"family{number}@example.com") for _ in range(2)] for number in range(30)]
    await practice.run("follow_ingest", "plan")
    await practice.switch_on("newsletter", COMPARED)
    await practice.run()
    for when in (DAY, DECIDES, REST):
        await practice.move_to(when)
        await decide(practice)
        await practice.run()
    assert len(practice.messages) == len(families)
    assert {frozenset(touch.person_id for touch in message.touches) for message in practice.messages} == {
        frozenset(family) for family in families
    }
    assert len(sent(practice)) == 60


async def test_each_occasion_of_the_year_is_decided_for_itself_with_the_same_arms(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """Catalogue seasonal, auto: stock words with and without an offer; spring is decided by what came of spring, autumn by what came of autumn."""
    practice = await open_practice(clock, neighbours, vertical="auto")
    people = [practice.person() for _ in range(60)]
    await practice.run("follow_ingest", "plan")
    rule = RULE | {"b": {"offer": {"text": "Ten off", "expires_on": "2026-12-31"}}}
    assert (await practice.switch_on("seasonal", {"comparison": rule})).status_code == 201
    offers: list[dict[UUID, Any]] = []
    for day, decides in (("2026-04-15", "2026-04-22"), ("2026-10-15", "2026-10-22")):
        before = len(practice.messages)
        await practice.move_to(f"{day} 10:00")
        await settle(practice)
        arms = [message.touches[0].person_id for message in practice.messages[before:]]
        had = {message.touches[0].person_id: message.fields["offer"]["text"] for message in practice.messages[before:]}
        assert set(had.values()) == {"", "Ten off"}
        if not offers:
            book(practice, [person for person in arms if had[person] == "Ten off"], f"{day} 15:00")
        await practice.move_to(f"{decides} 00:01")
        await decide(practice)
        await practice.move_to(f"{decides} 10:00")
        await settle(practice)
        offers.append(had)
        rest = {message.fields["offer"]["text"] for message in practice.messages[before + len(arms) :]}
        assert rest == ({"Ten off"} if len(offers) == 1 else {""})
    spring, autumn = offers
    assert {person: spring[person] for person in autumn if person in spring} == {
        person: autumn[person] for person in autumn if person in spring
    }
    rows = await practice.rows("select cycle, winner, reason from comparisons order by decided_at")
    assert [tuple(row) for row in rows] == [
        ("spring@2026-04-15", "b", "b_better"),
        ("autumn@2026-10-15", "a", "no_difference"),
    ]
    assert len(people) == 60
