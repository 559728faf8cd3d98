"""Reads what a relay wrote down about our messages: Postfix's log, or one JSON object a line. Pure, in bounded memory, and never an error.

Postfix names a message by its queue id; the line of cleanup that holds our Message-ID binds the two, `removed` ends it. That line alone proves
nothing, because cleanup reads headers before the final dot. qmgr's line does: a message enters its queue when the dot is answered.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from pydantic import ValidationError

from services.mailer.domain.doubts import Evidence, Proof
from services.mailer.domain.reports import Failure, read_status
from services.mailer.smtp.report_status import read_failure
from services.mailer.smtp.report_words import find_reason
from services.mailer.smtp.verp import ReturnAddresses
from shared.schemas.relay import RelayLogLine

MOST_LINE: Final = 16_384
MOST_OPEN: Final = 100_000
"""Queue ids remembered at once; beyond that the one longest unheard of is forgotten and its message stays uncertain."""

_LINE: Final = re.compile(
    r"(?:^|\s)([\w.-]{1,60}(?:/[\w.-]{1,40}){0,2})/(\w{2,20})\[\d{1,10}\]: (?:\[ID[^\]]{0,60}\] )?([0-9A-Za-z]{5,20}): (.*)$",
    re.ASCII,
)
_TIME: Final = re.compile(r"(?:<\d{1,3}>(?:\d )?)?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d))")
_NAMED: Final = re.compile(r"message-id=<([^<>\s]{1,300})>")
_FROM: Final = re.compile(r"from=<([^<>\s]{0,300})>, (size=\d|status=expired)")
_FATE: Final = re.compile(r"(?:, dsn=([245]\.\d{1,3}\.\d{1,3}))?, status=([\w-]{4,20}) \((.*)\)\s*$")
_REFUSED: Final = re.compile(r"(?:milter-)?reject: (?:END-OF-MESSAGE|header|body) ?.{0,600}?: ([45])(\d\d)? ?(\S.*)$")
_ENHANCED: Final = re.compile(r"\.\d{1,3}\.\d{1,3}\b")
_AGENTS: Final = frozenset(("smtp", "lmtp", "local", "virtual", "pipe", "error", "retry", "discard", "relay"))
_FATES: Final = {
    "sent": Proof.DELIVERED,
    "deferred": Proof.TAKEN,
    "bounced": Proof.FAILED,
    "undeliverable": Proof.FAILED,
}
_STATUSES: Final = {
    "accepted": Proof.TAKEN,
    "sent": Proof.DELIVERED,
    "delivered": Proof.DELIVERED,
    "deferred": Proof.TAKEN,
    "bounced": Proof.FAILED,
    "refused": Proof.REFUSED,
}


class Said(StrEnum):
    """What a line without evidence is: `undecided` names a message of ours and proves nothing, `other` is about something else."""

    UNDECIDED = "undecided"
    OTHER = "other"
    UNREADABLE = "unreadable"


class LogReader(Protocol):
    """Reads one shape of log."""

    def read(self, line: str) -> Evidence | Said:
        """Return what a line proves, or what it is."""


def read_message_id(text: str, domain: str) -> UUID | None:
    """Return the id in a Message-ID of ours, with or without its angle brackets, or None for any other."""
    local, _, host = text.strip().removeprefix("<").removesuffix(">").rpartition("@")
    if host.lower() != domain or len(local) != 36:
        return None
    try:
        return UUID(local)
    except ValueError:
        return None


@dataclass
class PostfixLog:
    """Reads Postfix's log, whatever stands in front of `postfix/daemon[pid]:`. `domain` is that of our Message-IDs, `returns` proves our senders."""

    domain: str
    returns: ReturnAddresses
    _open: OrderedDict[str, UUID] = field(default_factory=OrderedDict)

    def read(self, line: str) -> Evidence | Said:
        """Return what a line proves, or what it is."""
        found = _LINE.search(line)
        if found is None:
            return Said.OTHER
        instance, daemon, queue_id, rest = found.groups()
        key = f"{instance.partition('/')[0]}:{queue_id}"
        if daemon == "cleanup" and (named := _NAMED.match(rest)):
            return self._bind(key, read_message_id(named[1], self.domain))
        if daemon == "qmgr" and (sender := _FROM.match(rest)):
            return self._read_queue(key, sender[1], sender[2], line)
        if (message_id := self._open.get(key)) is None:
            return Said.OTHER
        if daemon == "qmgr" and rest.startswith("removed"):
            del self._open[key]
            return Said.UNDECIDED
        return self._read_fate(message_id, daemon, rest, line)

    def _bind(self, key: str, message_id: UUID | None) -> Said:
        if message_id is None:
            self._open.pop(key, None)  # a queue id may come again for a message of somebody else
            return Said.OTHER
        self._open[key] = message_id
        self._open.move_to_end(key)
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        return Said.UNDECIDED

    def _read_queue(self, key: str, sender: str, what: str, line: str) -> Evidence | Said:
        """A message in the queue was taken. The envelope sender binds it too, where the line of cleanup is in an older log."""
        proven = self.returns.verify(sender.rpartition("@")[0])
        message_id = self._open.get(key) or (proven[1] if proven and proven[0] == "b" else None)
        if message_id is None:
            return Said.OTHER
        self._bind(key, message_id)
        if what.startswith("size"):
            return Evidence(message_id, Proof.TAKEN, at=_time(line))
        return Evidence(message_id, Proof.FAILED, Failure(None, (4, 4, 7), "expired"), "expired", _time(line))

    def _read_fate(self, message_id: UUID, daemon: str, rest: str, line: str) -> Evidence | Said:
        if daemon in _AGENTS and (fate := _FATE.search(rest)) and (proof := _FATES.get(fate[2].lower())):
            if proof is not Proof.FAILED:
                return Evidence(message_id, proof, at=_time(line))
            return Evidence(message_id, proof, read_failure(fate[3], fate[1] or ""), find_reason(fate[3]), _time(line))
        if daemon in ("cleanup", "smtpd") and (refused := _REFUSED.match(rest)):
            kind, more, words = refused.groups()
            if more is None and not _ENHANCED.match(words):
                return Said.UNDECIDED
            text = words if more else f"{kind}{words}"
            failure = Failure(int(f"{kind}{more or '50'}"), read_status(text[:20]), text)
            return Evidence(message_id, Proof.REFUSED, failure, find_reason(text), _time(line))
        return Said.UNDECIDED


@dataclass(frozen=True)
class JsonLog:
    """Reads one JSON object a line (RelayLogLine), for relays that are not Postfix."""

    domain: str

    def read(self, line: str) -> Evidence | Said:
        """Return what a line proves, or what it is."""
        try:
            given = RelayLogLine.model_validate_json(line)
        except ValidationError:
            return Said.UNREADABLE
        message_id = read_message_id(given.message_id, self.domain)
        if message_id is None:
            return Said.OTHER
        proof = _STATUSES[given.status]
        if proof not in (Proof.FAILED, Proof.REFUSED):
            return Evidence(message_id, proof, at=given.at)
        if proof is Proof.REFUSED and given.code is None:
            return Said.UNDECIDED
        failure = read_failure(given.text, given.enhanced or "", code=given.code)
        return Evidence(message_id, proof, failure, find_reason(given.text), given.at)


@dataclass
class Lines:
    """Cuts octets into lines. Of a line over the limit only its beginning is kept, so that an endless one costs no memory."""

    _rest: bytes = b""
    _is_long: bool = False

    def feed(self, piece: bytes) -> list[str | None]:
        """Return the lines that end in this piece; None for one that cannot be read."""
        *ended, rest = piece.split(b"\n")
        lines: list[str | None] = []
        for part in ended:
            lines.append(self._finish(part))
        self._keep(rest)
        return lines

    def finish(self) -> list[str | None]:
        """Return the last line if it was not ended."""
        return [self._finish(b"")] if self._rest or self._is_long else []

    def _keep(self, part: bytes) -> None:
        if self._is_long or len(self._rest) + len(part) > MOST_LINE:
            self._rest, self._is_long = b"", True
        else:
            self._rest += part

    def _finish(self, part: bytes) -> str | None:
        self._keep(part)
        line, is_long = self._rest, self._is_long
        self._rest, self._is_long = b"", False
        if is_long or b"\0" in line:
            return None
        return line.rstrip(b"\r").decode("utf-8", "replace")


def _time(line: str) -> datetime | None:
    """Return a line's time if it tells its zone; the old form of syslog tells neither zone nor year."""
    found = _TIME.match(line)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1])
    except ValueError:
        return None
