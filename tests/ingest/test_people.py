"""Who is written to: children through their guardian, nobody who is dead, held or without a usable address (4.9, N-04 to N-20, N-87)."""

from datetime import timedelta
from typing import Any

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.ingest.practice import Practice, appointment, at, consumer, open_practice, visit

BORN_2012 = "2012-03-10"


async def _by_name(practice: Practice, after: str = "0.0") -> dict[str, dict[str, Any]]:
    """Facts by first name, as the recipient look-up gives it."""
    facts = {row["consumer_id"]: row for row in await practice.facts("consumer", after)}
    people = (await practice.recipients(*facts)).recipients if facts else []
    return {person.first_name: facts[str(person.consumer_id)] for person in people}


async def test_children_that_come_first_wait_for_their_person(practice: Practice) -> None:
    """N-87: parked, not in the feed, attached when the person arrives."""
    early = await practice.upload(visit(), appointment(), visit("V2", "P2"))
    assert (early.parked, early.applied) == (3, 0)
    assert {row.kind for row in (await practice.changes()).changes} == {"connection"}
    again = await practice.upload(visit())
    assert again.unchanged == 1
    await practice.upload(consumer())
    person = (await practice.facts("consumer"))[0]["consumer_id"]
    visits, booked = await practice.facts("visit"), await practice.facts("appointment")
    assert [row["consumer_id"] for row in (*visits, *booked)] == [person, person]


async def test_a_child_that_moves_to_an_unknown_person_belongs_to_nobody(practice: Practice) -> None:
    """N-87: never mailed without a person; the feed takes back what it said."""
    await practice.upload(consumer(), appointment())
    cursor = (await practice.changes()).cursor
    report = await practice.upload(appointment(person="P2", source_updated_at=at(1)))
    assert report.parked == 1
    assert (await practice.facts("appointment", cursor))[0]["consumer_id"] is None


async def test_a_minor_is_written_to_through_the_guardian(practice: Practice) -> None:
    """L-120, L-123: address and recipient are the guardian's, the name is the child's; the day of majority is told."""
    await practice.upload(
        consumer("M", first_name="Mother", email="mother@example.com"),
        consumer("C", first_name="Child", email="child@example.com", birth_on=BORN_2012, guardian="M"),
        consumer("O", first_name="Orphan", email="orphan@example.com", birth_on=BORN_2012),
        consumer("L", first_name="Lost", email="", birth_on=BORN_2012, guardian="nobody"),
    )
    facts = await _by_name(practice)
    mother, child, orphan = facts["Mother"], facts["Child"], facts["Orphan"]
    assert (child["recipient_id"], child["address_key"]) == (mother["consumer_id"], mother["address_key"])
    assert (child["minor_until"], mother["minor_until"]) == ("2030-03-10", None)
    assert (orphan["address_key"], orphan["address_problem"]) == (None, "minor_without_guardian")
    assert facts["Lost"]["address_problem"] == "minor_without_guardian"
    found = (await practice.recipients(child["consumer_id"], orphan["consumer_id"])).recipients
    assert {(person.first_name, person.address) for person in found} == {
        ("Child", "mother@example.com"),
        ("Orphan", None),
    }


async def test_a_change_of_the_guardian_is_news_of_the_child(practice: Practice) -> None:
    """L-120: another address, or the guardian's death, changes where the child's mail goes."""
    await practice.upload(
        consumer("M", first_name="Mother"), consumer("C", first_name="Child", birth_on=BORN_2012, guardian="M")
    )
    cursor = (await practice.changes()).cursor
    await practice.upload(consumer("M", first_name="Mother", email="new@example.com", source_updated_at=at(1)))
    facts = await _by_name(practice, cursor)
    assert facts["Child"]["address_key"] == facts["Mother"]["address_key"]
    await practice.upload(consumer("M", first_name="Mother", status="deceased", source_updated_at=at(2)))
    assert (await _by_name(practice, cursor))["Child"]["address_problem"] == "minor_without_guardian"


async def test_on_the_eighteenth_birthday_the_mail_is_the_persons_own(practice: Practice, clock: ManualClock) -> None:
    """L-121: facts are told again and permission for the own address is announced."""
    await practice.upload(
        consumer("M", first_name="Mother"),
        consumer("C", first_name="Child", email="child@example.com", birth_on="2008-03-03", guardian="M"),
        visit("V1", "C"),
    )
    await practice.ingest.step("outbox")
    cursor = (await practice.changes()).cursor
    assert not await practice.ingest.step("new_adults")
    clock.move(timedelta(days=1))
    assert await practice.ingest.step("new_adults")
    child = (await _by_name(practice, cursor))["Child"]
    assert (child["recipient_id"], child["minor_until"]) == (child["consumer_id"], None)
    await practice.ingest.step("outbox")
    assert child["address_key"] in {consent.address_key for consent in practice.optout.consents.values()}
    assert len(practice.optout.consents) == 2


async def test_the_dead_the_inactive_and_the_marked_are_facts(practice: Practice) -> None:
    """L-126, N-19: markers in names hold a person; held and dead have no address for mail."""
    await practice.upload(
        consumer("D", status="deceased"),
        consumer("I", status="inactive"),
        consumer("N1", first_name="DECEASED Ann"),
        consumer("N2", last_name="Lee (moved)"),
        consumer("N3", last_name="DO NOT CONTACT"),
        consumer("N4", preferred_name="***"),
        consumer("A", first_name="Modesta"),
    )
    facts = await practice.facts("consumer")
    statuses = [row["status"] for row in facts]
    assert sorted(statuses) == ["active", "deceased", "held", "held", "held", "held", "inactive"]
    found = (await practice.recipients(*(row["consumer_id"] for row in facts))).recipients
    assert sum(person.address is not None for person in found) == 2


async def test_of_an_email_column_the_usable_address_is_taken_or_the_reason_kept(practice: Practice) -> None:
    """N-04, N-10, N-11, N-15, N-18: never corrected silently, never two addresses in one."""
    columns = {
        "none@none.com": "placeholder",
        "DECLINED": "placeholder",
        "declined@office.com": "placeholder",
        "(415) 555-0100": "phone_in_email",
        "frontdesk@brightsmile.example.com": "own_address",
        "12 Main Street": "address_invalid",
        "": "address_missing",
        "ann@example.com; bob@example.com": None,
        "nobody,bob@example.com": None,
        " Jane@EXAMPLE.com ": None,
    }
    report = await practice.upload(
        *(consumer(f"P{n}", first_name=f"N{n}", email=text) for n, text in enumerate(columns))
    )
    assert report.applied == len(columns)
    assert report.flagged_addresses == {"placeholder": 3, "phone_in_email": 1, "own_address": 1, "address_invalid": 1}
    facts = await _by_name(practice)
    assert [facts[f"N{n}"]["address_problem"] for n in range(len(columns))] == list(columns.values())
    usable = [facts[f"N{n}"]["consumer_id"] for n in (7, 8, 9)]
    addresses = {person.address for person in (await practice.recipients(*usable)).recipients}
    assert addresses == {"ann@example.com", "bob@example.com", "Jane@example.com"}


async def test_the_preferred_name_greets_and_a_deleted_person_is_gone(practice: Practice) -> None:
    """N-19, S-122; unknown ids are absent."""
    await practice.upload(consumer(first_name="Elizabeth", preferred_name="Beth"))
    person = (await practice.facts("consumer"))[0]["consumer_id"]
    assert (await practice.recipients(person)).recipients[0].first_name == "Beth"
    cursor = (await practice.changes()).cursor
    gone = {"type": "consumer", "foreign_id": "P1", "op": "delete", "source_updated_at": at(1)}
    await practice.upload(gone)
    fact = (await practice.facts("consumer", cursor))[0]
    assert (fact["deleted"], fact["address_key"]) == (True, None)
    assert (await practice.recipients(person)).recipients == []
    late = await practice.upload(consumer(source_updated_at=at(0.5)))
    assert late.superseded == 1


async def test_what_is_older_than_go_live_is_history(neighbours: Neighbours) -> None:
    """N-36: no storm after the first load; history once is history for good, in whatever order it arrives."""
    practice = await open_practice(neighbours, go_live_at="2026-03-01T00:00:00Z")
    old = "2026-02-01T00:00:00Z"
    await practice.upload(
        consumer("OLD", first_name="Old", source_updated_at=old),
        consumer("NEW", first_name="New"),
        consumer("LATE", first_name="Late"),
        visit("V1", "OLD", completed_at=old),
        visit("V2", "OLD"),
        appointment("A1", "OLD", source_updated_at=old),
    )
    await practice.upload(
        consumer("OLD", first_name="Old", email="other@example.com", source_updated_at=at(5)),
        consumer("LATE", first_name="Late", source_updated_at=old),
    )
    facts = await _by_name(practice)
    assert {name: row["historic"] for name, row in facts.items()} == {"Old": True, "New": False, "Late": True}
    assert sorted(row["historic"] for row in await practice.facts("visit")) == [False, True]
    assert [row["historic"] for row in await practice.facts("appointment")] == [False]


async def test_the_same_foreign_id_at_two_connections_is_two_people(neighbours: Neighbours) -> None:
    """S-124: unique per connection and entity only."""
    practice = await open_practice(neighbours)
    await practice.upload(consumer())
    wanted = {"location_id": str(practice.location.location_id), "connector": "csv", "name": "Old system"}
    made = await practice.ingest.http.post("/v1/connections", json=wanted, headers=practice.headers)
    report = await practice.post(
        b'{"type":"consumer","foreign_id":"P1","source_updated_at":"2026-03-01T12:00:00Z"}\n',
        connection_id=made.json()["connection_id"],
    )
    assert report.json()["applied"] == 1
    assert len({row["consumer_id"] for row in await practice.facts("consumer")}) == 2
