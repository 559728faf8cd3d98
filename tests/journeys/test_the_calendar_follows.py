"""An appointment in the reader's calendar: entered, moved and taken out by the mails themselves, as a calendar program reads them."""

from datetime import UTC, datetime

from tests.journeys.house import House
from tests.mailer.smtp.calendar_reader import Entry, entries_of


def _entries(house: House) -> list[Entry]:
    """Return the calendar files of the last mail the relay took over."""
    return entries_of(house.sink.messages[-1].body or b"")


async def test_the_entry_is_moved_and_taken_out_by_later_mails(house: House) -> None:
    """RFC 5546, N-42, L-106: from the practice system's batch to the file: one uid, rising sequence, REQUEST and CANCEL, no name and no reason."""
    await house.switch_on("appointment_cancelled")
    await house.upload(house.consumer("P1", first_name="Ann"), house.appointment("A1", "P1", "2026-03-20T09:00"))
    await house.run()
    await house.move_to("2026-03-06 10:00")
    (entered,) = _entries(house)
    await house.upload(house.appointment("A1", "P1", "2026-03-20T14:00"))
    await house.run()
    await house.move_to("2026-03-17 10:00")
    (moved,) = _entries(house)
    await house.upload(house.appointment("A1", "P1", "2026-03-20T14:00", status="cancelled"))
    await house.run()
    await house.move_to("2026-03-18 10:00")
    (taken,) = _entries(house)
    assert len(house.mails()) == 3
    states = [(each.method, each.event["SEQUENCE"], each.event["STATUS"]) for each in (entered, moved, taken)]
    assert states == [("REQUEST", 0, "CONFIRMED"), ("REQUEST", 1, "CONFIRMED"), ("CANCEL", 2, "CANCELLED")]
    assert len({str(each.event["UID"]) for each in (entered, moved, taken)}) == 1
    assert moved.event.decoded("DTSTART") == datetime(2026, 3, 20, 21, 0, tzinfo=UTC)
    for each in (entered, moved, taken):
        raw = each.calendar.to_ical().decode()
        assert "Ann" not in raw
        assert str(each.event["SUMMARY"]) == f"Appointment at {house.location.name}"
