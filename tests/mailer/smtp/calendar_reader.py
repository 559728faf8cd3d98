"""A calendar program's view of a mail: its files as the standard library finds them, their entries as icalendar reads them."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar


@dataclass(frozen=True)
class Entry:
    """One attached file and the one event in it."""

    part: EmailMessage
    calendar: Calendar

    @property
    def event(self) -> Any:
        """The event."""
        (event,) = self.calendar.walk("VEVENT")
        return event

    @property
    def method(self) -> str:
        """The method, which type and file must agree on (RFC 6047 2.4)."""
        assert self.part.get_content_type() == "text/calendar"
        method = str(self.calendar["METHOD"])
        assert self.part["Content-Type"].params["method"] == method
        return method


def entries_of(data: bytes) -> list[Entry]:
    """Return the calendar files of a mail, in order."""
    message = message_from_bytes(data, policy=policy.default)
    assert not message.defects
    return [Entry(part, Calendar.from_ical(part.get_payload(decode=True))) for part in message.iter_attachments()]  # type: ignore[arg-type]


def unfolded(raw: bytes) -> list[str]:
    """Return a file's content lines, each in one piece; raise AssertionError unless they are folded as RFC 5545 3.1 asks."""
    lines = raw.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    return raw.decode().replace("\r\n ", "").splitlines()
