"""Calendar files: read back by icalendar and the standard library, stable, minimal, and proof against whatever a name or address holds."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.content.notices import LANGUAGES, title_appointment
from services.mailer.content.words import HEALTH
from services.mailer.smtp.calendar import CalendarHost, write_calendar
from services.mailer.smtp.compose import Letter
from shared.schemas.calendar import CalendarEntry
from tests.mailer.dkim.mail import compose_signed, verdicts
from tests.mailer.smtp.calendar_reader import entries_of, unfolded
from tests.mailer.smtp.test_compose import skeleton

AT = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
HOST = CalendarHost(
    "Bright Smile Dental",
    "Appointment at Bright Smile Dental",
    "Bright Smile Dental, 12 Market Street, San Francisco, CA 94105, US",
    "hello@bright.example.com",
    "desk@bright.example.com",
)


def entry(**values: object) -> CalendarEntry:
    """An appointment of three quarters of an hour."""
    given: dict[str, object] = {
        "uid": UUID(int=7), "sequence": 0, "starts_at": "2026-03-20T09:00:00-07:00", "minutes": 45, "announced_at": AT,
    }  # fmt: skip
    return CalendarEntry.model_validate(given | values)


def mail(*entries: CalendarEntry, host: CalendarHost = HOST, recipient: str = "ann@y.example.com") -> bytes:
    """A mail with these entries."""
    files = write_calendar(entries, host, recipient)
    url = "https://optout.example.com/u/x"
    letter = Letter(UUID(int=1), recipient, "Your appointment", "Hi\n", "<p>Hi</p>", AT, url, files)
    return skeleton().compose(letter).data


def test_an_appointment_is_entered_with_its_time_and_place_and_nothing_else() -> None:
    """RFC 5545, RFC 5546 3.2.2, L-106: the properties a request needs, times in UTC, private, and no word more."""
    (found,) = entries_of(mail(entry()))
    event = found.event
    assert found.method == "REQUEST"
    assert (event["UID"], event["SEQUENCE"], event["STATUS"], event["CLASS"]) == (
        str(UUID(int=7)),
        0,
        "CONFIRMED",
        "PRIVATE",
    )
    assert event.decoded("DTSTART") == datetime(2026, 3, 20, 16, 0, tzinfo=UTC)
    assert event.decoded("DTEND") - event.decoded("DTSTART") == timedelta(minutes=45)
    assert event.decoded("DTSTAMP") == AT
    assert str(event["SUMMARY"]) == "Appointment at Bright Smile Dental"
    assert str(event["LOCATION"]) == HOST.place
    assert set(event) == {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "CLASS", "ORGANIZER", "ATTENDEE",
    }  # fmt: skip


def test_the_business_invites_and_nobody_is_asked_to_answer_there() -> None:
    """S-013, RFC 5545 3.2.18: answers of a calendar program reach the front desk; the reader has accepted already and is not asked."""
    (found,) = entries_of(mail(entry()))
    organizer, attendee = found.event["ORGANIZER"], found.event["ATTENDEE"]
    assert (str(organizer), organizer.params["SENT-BY"]) == (
        "mailto:desk@bright.example.com",
        "mailto:hello@bright.example.com",
    )
    assert organizer.params["CN"] == "Bright Smile Dental"
    assert str(attendee) == "mailto:ann@y.example.com"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("ACCEPTED", "FALSE")


def test_a_change_keeps_the_uid_and_a_cancellation_takes_the_entry_out() -> None:
    """RFC 5546 3.2.5: same UID, higher sequence; CANCEL with STATUS:CANCELLED."""
    for sequence, is_cancelled, method in ((0, False, "REQUEST"), (1, False, "REQUEST"), (2, True, "CANCEL")):
        (found,) = entries_of(mail(entry(sequence=sequence, is_cancelled=is_cancelled)))
        assert (found.method, found.event["SEQUENCE"]) == (method, sequence)
        assert found.event["UID"] == str(UUID(int=7))
        assert found.event["STATUS"] == ("CANCELLED" if is_cancelled else "CONFIRMED")


def test_an_appointment_of_unknown_length_has_no_end() -> None:
    """RFC 5545 3.6.1: no end is invented."""
    (found,) = entries_of(mail(entry(minutes=None)))
    assert "DTEND" not in found.event


def test_every_appointment_has_a_file_of_its_own() -> None:
    """RFC 5546: all components of a request share one UID, so a family's appointments are as many files, with names that say nothing."""
    found = entries_of(mail(*[entry(uid=uuid4(), is_cancelled=number == 2) for number in range(3)]))
    assert [each.part.get_filename() for each in found] == ["appointment.ics", "appointment-2.ics", "cancelled-3.ics"]
    assert len({str(each.event["UID"]) for each in found}) == 3


def test_the_words_stand_before_the_files_and_a_mail_without_files_is_as_it_was() -> None:
    """N-102: text and HTML are one alternative, the files hang behind; without files nothing of the mail changes."""
    message = message_from_bytes(mail(entry()), policy=policy.default)
    assert message.get_content_type() == "multipart/mixed"
    words, file = message.iter_parts()
    assert [part.get_content_type() for part in words.iter_parts()] == ["text/plain", "text/html"]
    assert file["Content-Disposition"].content_disposition == "attachment"
    plain = message_from_bytes(mail(), policy=policy.default)
    assert plain.get_content_type() == "multipart/alternative"


def test_a_mail_with_files_is_the_same_at_every_attempt() -> None:
    """L-020: content as sent can be written again to the byte."""
    assert mail(entry()) == mail(entry())


@given(
    st.text(st.characters(codec="utf-8"), max_size=120)
    | st.lists(
        st.sampled_from(
            ["\r\n", "\nEND:VEVENT", "\\n", ";", ",", ":", '"', "é", "日" * 60, "x" * 90, "\0", "\u2028", " "]
        ),
        max_size=8,
    ).map("".join)
)
def test_hostile_names_and_places_stay_what_they_are(words: str) -> None:
    """S46: nothing becomes a line of its own, every line is folded between letters, and icalendar reads back what was meant."""
    host = CalendarHost(words, words, words, "hello@bright.example.com", "desk@bright.example.com")
    (file,) = write_calendar([entry()], host, "ann@y.example.com")
    lines = unfolded(file.text.encode("utf-8", "replace"))
    assert [re.split("[:;]", line)[0] for line in lines] == [
        "BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION",
        "STATUS", "CLASS", "ORGANIZER", "ATTENDEE", "END", "END",
    ]  # fmt: skip
    (found,) = entries_of(mail(entry(), host=host))
    for written in (found.event["SUMMARY"], found.event["LOCATION"]):
        assert str(written).strip() == re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", words).strip()


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("ann+tag@y.example.com", "mailto:ann+tag@y.example.com"),
        ("änn@y.example.com", "mailto:%C3%A4nn@y.example.com"),
        ("a/b?c=d&e@y.example.com", "mailto:a%2Fb%3Fc%3Dd%26e@y.example.com"),
    ],
)
def test_an_address_is_a_mailto_of_that_address_alone(recipient: str, expected: str) -> None:
    """RFC 6068 2, S46: no address adds a header to what a calendar program writes."""
    (file,) = write_calendar([entry()], HOST, recipient)
    (line,) = [line for line in unfolded(file.text.encode()) if line.startswith("ATTENDEE")]
    assert line.endswith(f":{expected}")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_the_title_names_the_business_and_no_reason(language: str) -> None:
    """L-106: calendars are shown on lock screens and shared with others."""
    title = title_appointment(language, "Smith & Sons")
    assert title.endswith(" Smith & Sons")
    assert HEALTH.search(title) is None


def test_a_mail_with_files_is_signed_as_a_whole() -> None:
    """L-054, RFC 6376: both signatures verify by dkimpy; a changed time in the file breaks them."""
    now = datetime.now(UTC)  # dkimpy compares with the machine's clock
    data = compose_signed(
        at=now, calendar=write_calendar([entry(), entry(uid=uuid4(), is_cancelled=True)], HOST, "ann@y.example.com")
    )
    assert verdicts(data) == [True, True]
    assert len(entries_of(data)) == 2
    assert verdicts(data.replace(b"DTSTART:20260320T160000Z", b"DTSTART:20260320T170000Z")) == [False, False]
