"""Hold-out: a share of people gets no mail of a campaign type, for good, on file, and at no cost to anybody's budget."""

from math import sqrt
from uuid import UUID

import pytest

from services.scheduler import campaigns
from services.scheduler.domain.campaign_settings import SendWindow, SettingsUnusableError, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.hold_out import MARKS, hold_out_mark
from shared.kit.clock import ManualClock
from shared.kit.ids import new_id
from shared.kit.plugins import find_plugins
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

TYPES: dict[str, CampaignType] = find_plugins(campaigns, "CAMPAIGN_TYPE")
KEY = b"k" * 32
PEOPLE = [UUID(int=number << 64 | number * 7919) for number in range(20_000)]
ALLOWED = {
    "birthday", "newsletter", "promotion", "reactivation", "recare_due", "referral_invite", "review_request", "seasonal", "second_visit",
    "service_due", "survey", "unscheduled_treatment", "visit_thanks", "welcome",
}  # fmt: skip


def left_out(campaign_type: str, percent: int, key: bytes = KEY) -> set[UUID]:
    """Return who is left out at this share."""
    return {person for person in PEOPLE if hold_out_mark(key, person, campaign_type) < 100 * percent}


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_the_share_is_what_was_asked_for(percent: int) -> None:
    """S-006: within five standard deviations, which chance leaves once in two million."""
    expected = len(PEOPLE) * percent / 100
    assert abs(len(left_out("recare_due", percent)) - expected) < 5 * sqrt(expected * (1 - percent / 100))


def test_who_is_left_out_stays_so_when_the_share_grows() -> None:
    """S-006: the same people at every look, none let go by a larger share; nobody at 0, and nobody of an exempt type at any."""
    assert left_out("recare_due", 10) == left_out("recare_due", 10) < left_out("recare_due", 20)
    assert left_out("recare_due", 0) == set()
    assert MARKS >= 100 * 100


def test_types_and_keys_draw_their_own_people() -> None:
    """S-006: who is left out of one campaign type is as likely as anybody to be left out of another."""
    both = left_out("recare_due", 50) & left_out("newsletter", 50)
    assert abs(len(both) - len(PEOPLE) / 4) < 5 * sqrt(len(PEOPLE) * 0.25 * 0.75)
    assert left_out("recare_due", 50) != left_out("recare_due", 50, b"o" * 32)


@pytest.mark.parametrize("slug", sorted(TYPES))
def test_only_advertising_without_safety_may_leave_people_out(slug: str) -> None:
    """S-025: reminders, what to mind after a visit, declined work and inspections reach everybody."""
    kind = TYPES[slug]
    assert kind.takes_hold_out == (slug in ALLOWED)
    settings: dict[str, object] = {"hold_out_percent": 10}
    if "send_on" not in settings and kind.trigger.kind == "calendar" and not kind.dates:
        settings["send_on"] = "2026-03-09"
    if kind.words == "needed":
        settings["words"] = {"headline": "News", "text": "We have a new room."}
    if kind.needs_link:
        settings["links"] = {kind.needs_link: "https://brightsmile.example.com/x"}
    window = SendWindow(*(TYPES["newsletter"].steps[0].at.replace(hour=hour) for hour in (8, 20)))  # type: ignore[union-attr]
    if slug in ALLOWED:
        check_settings(kind, settings, window=window)
        settings["hold_out_percent"] = 51
    with pytest.raises(SettingsUnusableError) as refused:
        check_settings(kind, settings, window=window)
    assert {"field": "settings.hold_out_percent", "code": "unusable"} in refused.value.members["errors"]  # type: ignore[operator]


async def thanked(clock: ManualClock, neighbours: Neighbours, **settings: object) -> tuple[Practice, list[UUID]]:
    """Return a practice that thanks all but half of its people, forty of whom were here, and these."""
    practice = await open_practice(clock, neighbours)
    assert (await practice.switch_on("visit_thanks", {"hold_out_percent": 50} | settings)).status_code == 201
    people = [practice.person(id=new_id()) for _ in range(40)]
    for person in people:
        practice.visit(person, "2026-03-02 06:00")
    await practice.run()
    return practice, people


async def states_of(practice: Practice) -> dict[UUID, tuple[str, str | None]]:
    """Return state and reason of each person's thank-you."""
    rows = await practice.rows("select consumer_id, state, reason from touches where campaign_type = 'visit_thanks'")
    return {row["consumer_id"]: (row["state"], row["reason"]) for row in rows}


async def test_who_is_left_out_is_on_file_and_gets_nothing(clock: ManualClock, neighbours: Neighbours) -> None:
    """S-003, S-006: a held-out touch is skipped with its reason, told with the person as its record, and stays so when the person comes back."""
    practice, _ = await thanked(clock, neighbours)
    before = await states_of(practice)
    out = {person for person, state in before.items() if state == ("skipped", "held_out")}
    assert {state for person, state in before.items() if person not in out} == {("planned", None)}
    assert 0 < len(out) < 40
    await practice.move_to("2026-03-03 10:00")
    rows = await practice.rows("select consumer_id from touches where message_id is not null")
    addressed = {row["consumer_id"] for row in rows}
    assert len(practice.messages) == len(addressed)
    assert addressed == set(before) - out
    one = min(out)
    practice.appointment(one, "2026-03-20 09:00")
    practice.person(id=one, status="inactive")
    await practice.run()
    assert (await states_of(practice))[one] == ("skipped", "held_out")
    answer = await practice.scheduler.http.get(f"/v1/consumers/{one}/decisions", headers=practice.headers())
    (told,) = [row for row in answer.json()["items"] if row["reason"] == "held_out"]
    assert told["record"] == {"kind": "consumer", "record_id": str(one)}


async def test_who_is_left_out_uses_up_no_room(clock: ManualClock, neighbours: Neighbours) -> None:
    """S-006, domain 6: neither the address's day nor its thirty days: other mail goes as if there were no campaign."""
    practice, people = await thanked(clock, neighbours)
    await practice.switch_on("birthday", {"budget": 1})
    out = [person for person, state in (await states_of(practice)).items() if state[1] == "held_out"]
    for person in out:
        practice.person(id=person, birth_month=3, birth_day=3)
    await practice.run()
    await practice.move_to("2026-03-03 10:00")
    rows = await practice.rows("select state, reason from touches where campaign_type = 'birthday'")
    assert len(rows) == len(out)
    assert {(row["state"], row["reason"]) for row in rows} == {("dispatched", None)}
    assert len(practice.messages) == len(people)


async def test_no_hold_out_unless_asked_for(clock: ManualClock, neighbours: Neighbours) -> None:
    """S-006: the default leaves nobody out."""
    practice, people = await thanked(clock, neighbours, hold_out_percent=0)
    assert set((await states_of(practice)).values()) == {("planned", None)}
    assert len(people) == 40
