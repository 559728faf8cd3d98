"""Asking for another time on the page behind a mail: kept for the front desk until the appointment itself settles it."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.scheduler.answering import DAY, Reader, list_requests, mail_one, told
from tests.scheduler.practice import Practice


@pytest.fixture
async def practice(asking: Practice) -> Practice:
    """A practice that asks for confirmation two weeks and three days before."""
    return asking


async def test_another_time_is_listed_for_the_front_desk_until_the_appointment_changes(practice: Practice) -> None:
    """Issue: asked twice it is one request; it is settled by the appointment itself, and tells whether the person had confirmed before."""
    ana, booked, reader = await mail_one(practice)
    await reader.answer({ana: "confirm"})
    practice.clock.move(timedelta(minutes=5))
    for _ in range(2):
        page = await reader.answer({ana: "another_time"})
        assert "You asked for another time" in page.text
    (row,) = await list_requests(practice, state="open")
    assert (row["appointment_id"], row["consumer_id"], row["state"]) == (str(booked), str(ana), "open")
    assert row["confirmed_at"] < row["asked_at"]
    practice.appointment(ana, "2026-03-25 09:00", id=booked)
    await practice.run()
    assert await list_requests(practice, state="open") == []
    assert [row["state"] for row in await list_requests(practice)] == ["settled"]


async def test_who_confirms_after_all_takes_the_request_back(practice: Practice) -> None:
    """What was said last counts."""
    ana, _, reader = await mail_one(practice)
    await reader.answer({ana: "another_time"})
    assert (await practice.touches(ana))["three_days"][0] == "planned"
    await practice.run()
    assert (await practice.touches(ana))["three_days"] == ("skipped", "asked_another_time")
    practice.clock.move(timedelta(minutes=5))
    assert "Confirmed" in (await reader.answer({ana: "confirm"})).text
    assert await list_requests(practice) == []
    await practice.run()
    assert len(told(practice)) == 1


async def test_confirmed_by_phone_after_asking_settles_the_request(practice: Practice) -> None:
    """N-58: the source's confirmation is newer than the request."""
    ana, booked, reader = await mail_one(practice)
    await reader.answer({ana: "another_time"})
    practice.clock.move(timedelta(hours=1))
    practice.appointment(ana, f"{DAY} 09:00", id=booked, status="confirmed")
    await practice.run()
    assert [row["state"] for row in await list_requests(practice)] == ["settled"]
    assert "Confirmed" in (await reader.open()).text


async def test_requests_are_paged_and_kept_to_the_locations_of_the_credential(practice: Practice) -> None:
    """S2: other locations and other businesses see nothing; pages hold all of it once."""
    people = [practice.person(f"P{number}") for number in range(3)]
    for person in people:
        practice.appointment(person, f"{DAY} 09:00")
    await practice.run()
    await practice.move_to("2026-03-06 10:00")
    for message in practice.messages:
        await Reader(practice, message).answer({message.touches[0].person_id: "another_time"})
        practice.clock.move(timedelta(minutes=1))
    found, after = [], None
    for _ in range(3):
        answer = await practice.scheduler.http.get(
            "/v1/time-requests",
            params={"limit": 1} | ({"after": after} if after else {}),
            headers=practice.headers("records"),
        )
        found += [row["consumer_id"] for row in answer.json()["items"]]
        after = answer.json()["next"]
    assert (set(found), after) == ({str(person) for person in people}, None)
    for claims in ({"locations": (UUID(int=5),)}, {"subscriber_id": UUID(int=6)}):
        answer = await practice.scheduler.http.get("/v1/time-requests", headers=practice.headers("records", **claims))
        assert answer.json()["items"] == []
