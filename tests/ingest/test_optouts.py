"""An opt-out made at the source is at optout before its batch is answered, or the person is held until it is (S-037, N-21, N-23, N-24)."""

from tests.ingest.practice import Practice, at, consumer


async def test_a_source_optout_is_on_file_before_the_answer(practice: Practice) -> None:
    """S-037, N-23: person and address, whole business, every class; one call a chunk."""
    report = await practice.upload(consumer("P1", email_ok=False), consumer("P2", email_ok=False), consumer("P3"))
    assert (report.optouts, practice.optout.calls) == (2, 1)
    facts = {row["consumer_id"]: row for row in await practice.facts("consumer")}
    for told in practice.optout.optouts.values():
        assert told.address_key == facts[str(told.person_id)]["address_key"]
        assert (told.scope, told.suppression_class, told.channel) == ("business", "all", "source_flag")
    assert {row["status"] for row in facts.values()} == {"active"}


async def test_while_optout_is_silent_the_person_is_held_and_the_batch_is_answered(practice: Practice) -> None:
    """N-23, S-037: held in facts and look-up; a loop brings it there later and releases the person, with its children."""
    practice.optout.silent = True
    child = consumer("C", first_name="Child", birth_on="2015-01-01", guardian="P1")
    report = await practice.upload(consumer(email_ok=False), child)
    assert (report.state, report.applied, report.optouts) == ("applied", 2, 0)
    held = next(row for row in await practice.facts("consumer") if row["minor_until"] is None)
    ward = next(row for row in await practice.facts("consumer") if row["minor_until"] is not None)
    assert (held["status"], ward["address_problem"]) == ("held", "minor_without_guardian")
    assert (await practice.recipients(held["consumer_id"])).recipients[0].address is None
    cursor = (await practice.changes()).cursor
    await practice.ingest.step("source_optouts")
    assert (await practice.changes(cursor)).changes == []
    practice.optout.silent = False
    await practice.ingest.step("source_optouts")
    assert len(practice.optout.optouts) == 1
    told = {row["consumer_id"]: row for row in await practice.facts("consumer", cursor)}
    assert told[held["consumer_id"]]["status"] == "active"
    assert told[ward["consumer_id"]]["address_key"] == held["address_key"]


async def test_absent_null_and_true_say_nothing(practice: Practice) -> None:
    """N-21, N-24, S-038: a one-way ratchet."""
    report = await practice.upload(consumer("P1"), consumer("P2", email_ok=None), consumer("P3", email_ok=True))
    assert (report.optouts, practice.optout.calls) == (0, 0)


async def test_a_repeated_flag_is_told_once_and_a_new_address_again(practice: Practice) -> None:
    """N-09, N-22: every night the source says it again; only what is new is told."""
    await practice.upload(consumer(email_ok=False))
    await practice.upload(consumer(email_ok=False, source_updated_at=at(1)))
    assert practice.optout.calls == 1
    await practice.upload(consumer(email_ok=False, email="b@example.com", source_updated_at=at(2)))
    assert len({told.address_key for told in practice.optout.optouts.values()}) == 2


async def test_an_optout_in_an_old_version_still_counts(practice: Practice) -> None:
    """I7, N-78: whatever the order of arrival, an opt-out is never lost."""
    await practice.upload(consumer(source_updated_at=at(5), first_name="Later"))
    report = await practice.upload(consumer(source_updated_at=at(1), email_ok=False))
    assert (report.superseded, report.optouts, len(practice.optout.optouts)) == (1, 1, 1)


async def test_a_deleted_person_may_have_opted_out(practice: Practice) -> None:
    """The flag counts on a deletion and without a usable address: then the person alone is named."""
    await practice.upload(
        {"type": "consumer", "foreign_id": "P1", "op": "delete", "source_updated_at": at(), "email_ok": False},
        consumer("P2", email="none", email_ok=False),
    )
    assert [told.address_key for told in practice.optout.optouts.values()] == [None, None]
