"""One caught mail, read from its raw bytes alone: nothing of the services' own code or word is used."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from functools import cached_property
from html import unescape
from uuid import UUID

from deploy.demo.truth import Campaign
from deploy.local.catcher.reading import Reading, read_mail

_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>@\s]+>")
_URIS = re.compile(r"<([^<>\s]+)>")
_TAG = re.compile(r"<(?:style\b.*?</style|[^>]*)>", re.DOTALL | re.IGNORECASE)
KINDS: dict[str, Campaign] = {"transactional": "appointment_reminder", "commercial": "visit_thanks"}
"""What each class of mail is in this demonstration, where one campaign of each class runs. The class stands in List-Id."""


@dataclass(frozen=True)
class Mail:
    """number: in the order of arrival; recipients: RCPT TO; dot_at: the machine's monotonic clock when the final dot was read."""

    number: int
    recipients: tuple[str, ...]
    dot_at: float
    raw: bytes

    @cached_property
    def reading(self) -> Reading:
        """The decoded headers and parts."""
        return read_mail(self.raw)

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.reading.headers if key.lower() == name.lower()]

    def value(self, name: str) -> str:
        """The header's value, "" unless it is there exactly once."""
        found = self.values(name)
        return found[0] if len(found) == 1 else ""

    @property
    def recipient(self) -> str:
        """The one mailbox it went to, folded; "" if there is not exactly one."""
        return self.recipients[0].lower() if len(self.recipients) == 1 else ""

    @property
    def sender(self) -> str:
        """The address in From, folded."""
        return parseaddr(self.value("From"))[1].lower()

    @property
    def message_id(self) -> UUID | None:
        """The id in Message-ID, if it has our form."""
        match = _ID.fullmatch(self.value("Message-ID"))
        return UUID(match[1]) if match else None

    @property
    def sent_at(self) -> datetime | None:
        """The instant in Date."""
        try:
            at = parsedate_to_datetime(self.value("Date"))
        except ValueError:
            return None
        return at.astimezone(UTC) if at.tzinfo else None

    @property
    def kind(self) -> Campaign | None:
        """What campaign it belongs to, by the class in its List-Id."""
        label = self.value("List-Id").rpartition("<")[2].partition(".")[0]
        return next((kind for name, kind in KINDS.items() if name in label), None)

    @property
    def unsubscribe_uris(self) -> list[str]:
        """The URIs of List-Unsubscribe (RFC 2369)."""
        return _URIS.findall(self.value("List-Unsubscribe"))

    @property
    def one_click_url(self) -> str:
        """The web address a mail provider would post to (RFC 8058), "" without one."""
        return next((uri for uri in self.unsubscribe_uris if uri.startswith(("https://", "http://"))), "")

    @property
    def plain_text(self) -> str:
        """The text part on one line."""
        return squeeze(self.reading.text or "")

    @property
    def html_text(self) -> str:
        """What a reader of the HTML part sees, on one line."""
        return squeeze(unescape(_TAG.sub(" ", self.reading.html or "")))


def squeeze(text: str) -> str:
    """Text with every run of spaces and line ends as one space."""
    return " ".join(text.split())
