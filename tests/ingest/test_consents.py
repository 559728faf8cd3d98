"""Permission gets on file: who came or has a booking has a relationship, announced once per person, address and location (S-022, S-023)."""

from tests.ingest.practice import Practice, appointment, at, consumer, visit


async def test_a_relationship_is_announced_with_its_evidence(practice: Practice) -> None:
    """S-022: basis and a pointer to the evidencing record; through the outbox, in bulk."""
    await practice.upload(
        consumer("P1"), consumer("P2"), consumer("P3"), visit("V1", "P1"), appointment("A1", "P2", booked_at=at(-60))
    )
    assert practice.optout.consents == {}
    await practice.ingest.step("outbox")
    told = list(practice.optout.consents.values())
    assert len(told) == 2
    visits, booked = await practice.facts("visit"), await practice.facts("appointment")
    evidence = {f"visit:{visits[0]['visit_id']}", f"appointment:{booked[0]['appointment_id']}"}
    assert {consent.evidence for consent in told} == evidence
    facts = {row["consumer_id"]: row for row in await practice.facts("consumer")}
    for consent in told:
        assert consent.basis == "existing_relationship"
        assert consent.location_id == practice.location.location_id
        assert consent.address_key == facts[str(consent.person_id)]["address_key"]
        assert consent.occurred_at <= practice.clock.now()


async def test_it_is_told_once_and_again_for_another_address(practice: Practice) -> None:
    """S-023: per (person, address, location); whichever comes first, the person or the visit."""
    await practice.upload(visit())
    await practice.upload(consumer())
    await practice.upload(consumer(source_updated_at=at(1), first_name="Anna"), visit("V2"))
    rows = await practice.rows("select person_id, address_key from consents")
    assert len(rows) == 1
    await practice.upload(consumer(source_updated_at=at(2), email="new@example.com"))
    assert len(await practice.rows("select 1 from consents")) == 2
    await practice.ingest.step("outbox")
    assert len(practice.optout.consents) == 2


async def test_plans_without_a_booking_and_people_without_an_address_are_no_permission(practice: Practice) -> None:
    """S-022, N-45: planned, unscheduled, held and deleted entries are no relationship."""
    await practice.upload(
        consumer("P1"),
        appointment("A1", "P1", status="planned"),
        appointment("A2", "P1", status="held"),
        {"type": "visit", "foreign_id": "V9", "op": "delete", "source_updated_at": at(), "consumer": "P1"},
        consumer("P2", email="none@none.com"),
        visit("V2", "P2"),
    )
    assert await practice.rows("select 1 from consents") == []


async def test_a_minors_permission_is_for_the_guardians_address(practice: Practice) -> None:
    """L-120: the child's visit, the guardian's mailbox; a new mailbox of the guardian is announced for the child too."""
    await practice.upload(
        consumer("M"), consumer("C", email="child@example.com", birth_on="2015-01-01", guardian="M"), visit("V1", "C")
    )
    facts = await practice.facts("consumer")
    guardian = next(row for row in facts if row["minor_until"] is None)
    rows = await practice.rows("select person_id, address_key from consents")
    assert [row["address_key"] for row in rows] == [guardian["address_key"]]
    await practice.upload(consumer("M", email="new@example.com", source_updated_at=at(1)))
    assert len(await practice.rows("select 1 from consents")) == 2
