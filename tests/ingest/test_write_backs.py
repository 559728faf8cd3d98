"""What is decided here is offered to the practice system: once each, in order, over crashes, with what the source answered."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from shared.kit.clock import ManualClock
from shared.schemas.optout import OptoutInput, OptoutsInput
from shared.schemas.token import OptoutToken
from tests.fixtures.services import TOKEN_KEYS, Neighbours, OpenService, service_headers
from tests.ingest.practice import Practice, appointment, at, consumer, open_practice
from tests.optout.conftest import undo_link

Item = dict[str, Any]


@pytest.fixture
async def both(neighbours: Neighbours) -> tuple[Practice, OpenService]:
    """Return a practice at ingest and the real optout beside it."""
    optout = await neighbours.open("optout")
    return await open_practice(neighbours), optout


async def person_of(practice: Practice, foreign_id: str) -> Item:
    """Return a consumer by the source's key."""
    headers = practice.neighbours.client_headers(subscriber_id=practice.subscriber.subscriber_id, scopes="records")
    query = {"connection_id": str(practice.connection_id), "foreign_id": foreign_id}
    answer = await practice.ingest.http.get("/v1/consumers", params=query, headers=headers)
    return cast("Item", answer.json()["items"][0])


async def opt_out(practice: Practice, optout: OpenService, **values: Any) -> None:
    """Record an opt-out at optout, as the front desk reports it."""
    owner = practice.subscriber.subscriber_id
    now = practice.clock.now()
    given = OptoutInput(optout_id=uuid4(), channel="front_desk", evidence="call", occurred_at=now, **values)
    body = OptoutsInput(subscriber_id=owner, optouts=[given]).model_dump(mode="json")
    headers = practice.neighbours.client_headers(subscriber_id=owner, scopes="optouts")
    told = await optout.http.post("/v1/optouts", json=body, headers=headers)
    assert told.status_code == 200, told.text


async def follow(practice: Practice) -> None:
    """Let ingest read optout's feed to its end."""
    while await practice.ingest.step("follow_optout"):
        pass


async def claim(practice: Practice, **wanted: Any) -> list[Item]:
    """Claim as a connector does."""
    owner = practice.subscriber.subscriber_id
    practice.headers = practice.neighbours.client_headers(subscriber_id=owner, scopes="ingest")
    body = {"connection_id": str(practice.connection_id), **wanted}
    answer = await practice.ingest.http.post("/v1/write-backs/claims", json=body, headers=practice.headers)
    assert answer.status_code == 200, answer.text
    return cast("list[Item]", answer.json()["items"])


async def answer(practice: Practice, item: Item, result: str, code: str = "") -> Any:
    """Say what the source answered."""
    body = {"claim_id": item["claim_id"], "result": result, "answer": code}
    path = f"/v1/write-backs/{item['write_back_id']}/answer"
    return await practice.ingest.http.put(path, json=body, headers=practice.headers)


async def states(practice: Practice) -> list[tuple[str, str]]:
    """Return kind and state of all write-backs, oldest decision first."""
    rows = await practice.rows("select kind, state from write_backs order by decided_at, write_back_id")
    return [(row["kind"], row["state"]) for row in rows]


async def confirm(practice: Practice, *bookings: tuple[UUID, str], ids: list[UUID] | None = None) -> Item:
    """Hand confirmations over as the scheduler does."""
    rows = [
        {
            "confirmation_id": str(ids[place] if ids else uuid4()),
            "appointment_id": str(booking),
            "starts_at": starts,
            "confirmed_at": practice.clock.now().isoformat(),
        }
        for place, (booking, starts) in enumerate(bookings)
    ]
    body = {"subscriber_id": str(practice.subscriber.subscriber_id), "confirmations": rows}
    given = await practice.ingest.http.post(
        "/v1/confirmations", json=body, headers=service_headers("scheduler", "ingest")
    )
    assert given.status_code == 200, given.text
    return cast("Item", given.json())


async def test_an_optout_is_offered_once_and_its_answer_kept(both: tuple[Practice, OpenService]) -> None:
    """S-034: by the person, by the address they share, in the source's own keys; the answer said twice counts once."""
    practice, optout = both
    await practice.upload(
        consumer("P1", email="shared@example.com"), consumer("P2", email="shared@example.com"), consumer("P3")
    )
    key = (await person_of(practice, "P1"))["address_key"]
    await opt_out(practice, optout, address_key=key, suppression_class="commercial")
    await follow(practice)
    items = await claim(practice)
    assert sorted((item["foreign_id"], item["kind"], item["suppression_class"], item["tries"]) for item in items) == [
        ("P1", "optout", "commercial", 1),
        ("P2", "optout", "commercial", 1),
    ]
    assert await claim(practice) == [], "another run is offered nothing meanwhile"
    for _ in range(2):
        said = await answer(practice, items[0], "written", "HTTP200")
        assert (said.status_code, said.json()["state"], said.json()["answer"]) == (200, "written", "HTTP200")
    other = await answer(practice, items[0], "refused")
    assert (other.status_code, other.json()["code"]) == (409, "write_back_settled")
    await practice.rows("delete from cursors where feed = 'write_back'")
    await follow(practice)
    assert sorted(await states(practice)) == [("optout", "claimed"), ("optout", "written")], (
        "a feed read again adds none"
    )


async def test_a_kind_of_mail_that_is_switched_off_is_not_written_back(both: tuple[Practice, OpenService]) -> None:
    """L-012, S-034: a practice system has one flag; set for the news alone it would come back as an opt-out from reminders too."""
    practice, optout = both
    await practice.upload(consumer("P1"))
    person = await person_of(practice, "P1")
    await opt_out(practice, optout, person_id=UUID(person["consumer_id"]), topic="news")
    await follow(practice)
    assert await states(practice) == []


async def test_what_the_source_reported_itself_is_not_told_back(both: tuple[Practice, OpenService]) -> None:
    """S-037: and a person whom no source knows stands in nobody's system."""
    practice, optout = both
    await practice.upload(consumer("P1", email_ok=False), consumer("P2"))
    desk = practice.neighbours.client_headers(subscriber_id=practice.subscriber.subscriber_id, scopes="records")
    walk_in = {"location_id": str(practice.location.location_id), "first_name": "Cy", "email": "cy@example.com"}
    made = (await practice.ingest.http.post("/v1/consumers", json=walk_in, headers=desk)).json()
    await opt_out(practice, optout, person_id=UUID(made["consumer_id"]))
    await follow(practice)
    assert await claim(practice) == []


@pytest.mark.parametrize("choice", ["business", "platform", "location"])
async def test_an_undo_withdraws_what_waits_and_is_told_where_it_was_written(
    both: tuple[Practice, OpenService], choice: str
) -> None:
    """L-015, S-034: pressed on the page, at every scope; first nothing was told yet, then the source's flag is taken back after it."""
    practice, optout = both
    await practice.upload(consumer("P1"))
    token = OptoutToken(
        subscriber_id=practice.subscriber.subscriber_id,
        location_id=practice.location.location_id,
        message_id=uuid4(),
        message_class="commercial",
        address_key=(await person_of(practice, "P1"))["address_key"],
        hint="p***@e***.com",
    )
    for is_written in (False, True):
        pressed = await optout.http.post(f"/u/{TOKEN_KEYS.seal(token)}/choice", data={"choice": choice})
        await follow(practice)
        if is_written:
            (item,) = await claim(practice)
            assert (await answer(practice, item, "written")).status_code == 200
        cast("ManualClock", practice.clock).move(timedelta(minutes=1))
        await optout.http.post(undo_link(pressed))
        await follow(practice)
    assert await states(practice) == [("optout", "withdrawn"), ("optout", "written"), ("optout_lifted", "waiting")]
    (item,) = await claim(practice)
    assert (item["kind"], item["foreign_id"]) == ("optout_lifted", "P1")


async def test_a_connector_that_dies_is_offered_it_again_and_told_so(both: tuple[Practice, OpenService]) -> None:
    """I3: claimed, maybe written, never answered; the late word of the dead run that it was written still counts."""
    practice, optout = both
    await practice.upload(consumer("P1"))
    await opt_out(practice, optout, person_id=UUID((await person_of(practice, "P1"))["consumer_id"]))
    await follow(practice)
    (first,) = await claim(practice, lease_minutes=5)
    cast("ManualClock", practice.clock).move(timedelta(minutes=6))
    (second,) = await claim(practice)
    assert (second["write_back_id"], second["tries"]) == (first["write_back_id"], 2)
    lost = await answer(practice, first, "later")
    assert (lost.status_code, lost.json()["code"]) == (409, "write_back_claim_lost")
    assert (await answer(practice, first, "written")).json()["state"] == "written"
    assert (await answer(practice, second, "written")).status_code == 200


async def test_later_puts_it_back_with_a_growing_pause(both: tuple[Practice, OpenService]) -> None:
    """The source is down or busy: 5 minutes, then 10."""
    practice, optout = both
    await practice.upload(consumer("P1"))
    await opt_out(practice, optout, person_id=UUID((await person_of(practice, "P1"))["consumer_id"]))
    await follow(practice)
    for pause in (5, 10):
        (item,) = await claim(practice)
        assert (await answer(practice, item, "later", "timeout")).json()["state"] == "waiting"
        cast("ManualClock", practice.clock).move(timedelta(minutes=pause - 1))
        assert await claim(practice) == []
        cast("ManualClock", practice.clock).move(timedelta(minutes=1))
    assert [item["tries"] for item in await claim(practice)] == [3]


async def test_confirmations_come_from_the_scheduler_and_die_with_their_booking(practice: Practice) -> None:
    """Architecture 11, N-42: a booking moved since is not confirmed; a repeat is harmless; nobody but the scheduler may say so."""
    await practice.upload(consumer(), *(appointment(f"A{number}") for number in range(3)))
    starts = "2026-03-03T17:30:00Z"
    rows = await practice.rows("select id from appointments order by id")
    bookings = [(row["id"], starts) for row in rows]
    ids = [uuid4() for _ in range(5)]
    moved, unknown = (bookings[0][0], "2026-03-03T18:30:00Z"), (uuid4(), starts)
    assert await confirm(practice, *bookings, moved, unknown, ids=ids) == {"kept": 3, "repeated": 0, "pointless": 2}
    assert await confirm(practice, *bookings, ids=ids) == {"kept": 0, "repeated": 3, "pointless": 0}
    for number, change in enumerate(({"starts_at": "2026-03-04T09:30:00-08:00"}, {"op": "delete"})):
        await practice.upload(appointment(f"A{number}", source_updated_at=at(9), **change))
    items = await claim(practice)
    assert [(item["kind"], item["foreign_id"], item["appointment"]) for item in items] == [("confirmation", "P1", "A2")]
    assert sorted(await states(practice)) == [
        ("confirmation", "claimed"),
        ("confirmation", "gone"),
        ("confirmation", "gone"),
    ]
    body = {"subscriber_id": str(practice.subscriber.subscriber_id), "confirmations": []}
    refused = await practice.ingest.http.post("/v1/confirmations", json=body, headers=practice.headers)
    assert refused.status_code == 403


async def test_a_stranger_claims_and_answers_nothing(practice: Practice) -> None:
    """S2, I4: another subscriber, another location; both are told that there is no such thing."""
    await practice.upload(consumer(), appointment("A1"))
    (row,) = await practice.rows("select id from appointments")
    await confirm(practice, (row["id"], "2026-03-03T17:30:00Z"))
    (item,) = await claim(practice)
    owner = practice.subscriber.subscriber_id
    for subscriber, places in ((uuid4(), ()), (owner, (uuid4(),))):
        stranger = practice.neighbours.client_headers(subscriber_id=subscriber, scopes="ingest", locations=places)
        practice.headers = stranger
        assert (await answer(practice, item, "written")).status_code == 404
        wanted = {"connection_id": str(practice.connection_id)}
        claimed = await practice.ingest.http.post("/v1/write-backs/claims", json=wanted, headers=stranger)
        assert claimed.status_code == 404
        assert (await practice.ingest.http.get("/v1/write-backs", headers=stranger)).json()["items"] == []
