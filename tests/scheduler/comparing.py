"""A newsletter in two variants at a practice: started, sent, decided, in the words of the tests of comparisons."""

from typing import Any
from uuid import UUID

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

LETTER: dict[str, Any] = {"words": {"headline": "Spring", "text": "We are here."}, "send_on": "2026-03-04"}
RULE: dict[str, Any] = {
    "share_percent": 70,
    "wait_days": 7,
    "expected_percent": 40,
    "difference_points": 50,
    "b": {"words": {"headline": "Summer", "text": "We are here."}},
}
COMPARED = LETTER | {"comparison": RULE}
DAY, DECIDES, REST = "2026-03-04 10:00", "2026-03-11 00:01", "2026-03-11 10:00"
Arms = dict[str, list[UUID]]


async def start(clock: ManualClock, neighbours: Neighbours, people: int = 60, **settings: Any) -> Practice:
    """Return a practice with so many people whose newsletter compares two variants."""
    practice = await open_practice(clock, neighbours)
    for _ in range(people):
        practice.person()
    await practice.run("follow_ingest", "plan")
    started = await practice.switch_on("newsletter", COMPARED | settings)
    assert started.status_code == 201, started.text
    await practice.run()
    return practice


async def arms_of(practice: Practice) -> Arms:
    """Return the people of each arm."""
    rows = await practice.rows("select consumer_id, arm from touches where campaign_type = 'newsletter'")
    return {arm: [row["consumer_id"] for row in rows if row["arm"] == arm] for arm in ("a", "b", "rest")}


def sent(practice: Practice) -> dict[UUID, str]:
    """The headline that each person got; fails where somebody was mailed twice."""
    found: dict[UUID, str] = {}
    for message in practice.messages:
        for touch in message.touches:
            assert touch.person_id not in found, "mailed twice"
            found[touch.person_id] = message.fields["words"]["headline"]
    return found


async def settle(practice: Practice) -> None:
    """Let the mailer tell that everything was sent."""
    open_ = await practice.rows("select message_id from messages where state = 'submitted' and ended_at is null")
    for row in open_:
        practice.outcome(practice.mailer.messages[row["message_id"]], "sent")
    await practice.run()


async def decide(practice: Practice) -> list[tuple[Any, ...]]:
    """Let the loop decide what is due; return every decision and its figures."""
    while await practice.scheduler.step("decide_comparisons"):
        pass
    await practice.run("plan")
    rows = await practice.rows(
        "select winner, reason, a_people, a_responded, b_people, b_responded from comparisons order by decided_at"
    )
    return [tuple(row) for row in rows]


def book(practice: Practice, people: list[UUID], at: str = "2026-03-06 12:00") -> None:
    """Have people book."""
    for person in people:
        practice.appointment(person, "2026-04-20 09:00", booked_at=practice.at(at))


async def get(practice: Practice, path: str, **params: Any) -> Any:
    """Ask the scheduler."""
    return await practice.scheduler.http.get(path, params=params, headers=practice.headers())
