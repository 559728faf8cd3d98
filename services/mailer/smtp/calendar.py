"""Calendar files of a mail (RFC 5545), one an appointment, which a calendar enters, moves or takes out by itself (RFC 5546, RFC 6047).

METHOD:REQUEST and not PUBLISH: of what was published Exchange and Google's calendar make a second entry where they should move the first. Nobody is
asked to answer there (the reader has agreed to the appointment: ACCEPTED, RSVP=FALSE); answers to the mail have a page of their own. One component a
file, because all components of a REQUEST or CANCEL share one UID. Times are UTC, which needs no zone rules in the file.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import quote

from shared.schemas.calendar import CalendarEntry

_LONGEST_LINE: Final = 75
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ESCAPED: Final = str.maketrans({letter: f"\\{letter}" for letter in "\\;,"})
_IN_ADDRESS: Final = "@!$'*+-_~."


@dataclass(frozen=True, slots=True)
class CalendarHost:
    """Who invites: `title` is what the entry is called, `place` where it is. Answers of calendar programs go to `reply_to`, as the mail's own do."""

    name: str
    title: str
    place: str
    header_from: str
    reply_to: str


class CalendarFile(NamedTuple):
    """One file as it is attached; `method` stands in its type as well, as Outlook insists (RFC 6047 2.4)."""

    method: str
    name: str
    text: str


def write_calendar(entries: Sequence[CalendarEntry], host: CalendarHost, recipient: str) -> tuple[CalendarFile, ...]:
    """Return a file for each entry. Their names say nothing, and nothing of the mail's own fields stands in them (L-106)."""
    files = []
    for number, entry in enumerate(entries, start=1):
        method = "CANCEL" if entry.is_cancelled else "REQUEST"
        name = f"{'cancelled' if entry.is_cancelled else 'appointment'}{f'-{number}' if number > 1 else ''}.ics"
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Dueback//Dueback//EN",
            "CALSCALE:GREGORIAN",
            f"METHOD:{method}",
        ]
        lines += _event(entry, host, recipient)
        text = "".join(map(_fold, (*lines, "END:VCALENDAR")))
        files.append(CalendarFile(method, name, text))
    return tuple(files)


def _event(entry: CalendarEntry, host: CalendarHost, recipient: str) -> list[str]:
    sent_by = f";SENT-BY={_quoted(_mailto(host.header_from))}" if host.header_from != host.reply_to else ""
    ends = [f"DTEND:{_instant(entry.starts_at + timedelta(minutes=entry.minutes))}"] if entry.minutes else []
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_instant(entry.announced_at)}",
        f"DTSTART:{_instant(entry.starts_at)}",
        *ends,
        f"SUMMARY:{_text(host.title)}",
        f"LOCATION:{_text(host.place)}",
        f"STATUS:{'CANCELLED' if entry.is_cancelled else 'CONFIRMED'}",
        "CLASS:PRIVATE",
        f"ORGANIZER;CN={_quoted(host.name)}{sent_by}:{_mailto(host.reply_to)}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE:{_mailto(recipient)}",
        "END:VEVENT",
    ]


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _mailto(address: str) -> str:
    return "mailto:" + quote(address, safe=_IN_ADDRESS)


def _text(value: str) -> str:
    """Escape a TEXT value (RFC 5545 3.3.11): no value becomes a line of its own (S46)."""
    return _CONTROL.sub(" ", value).translate(_ESCAPED)


def _quoted(value: str) -> str:
    """Quote a parameter's value (RFC 5545 3.2), which cannot hold a quotation mark."""
    return '"' + _CONTROL.sub(" ", value).replace('"', "'") + '"'


def _fold(line: str) -> str:
    """Return a content line folded at 75 octets, between letters (RFC 5545 3.1), with its CRLF."""
    if len(line) <= _LONGEST_LINE and line.isascii():
        return line + "\r\n"
    folded, octets = "", 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > _LONGEST_LINE:
            folded, octets = folded + "\r\n ", 1
        folded, octets = folded + letter, octets + size
    return folded + "\r\n"
