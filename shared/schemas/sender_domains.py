"""Wire of the mailer's sender domains: their DNS records and keys, and the complaints about their mail."""

from datetime import date
from typing import Literal

from pydantic import Field, StrictInt

from shared.schemas.wire import Instant, Slug, Wire


class SenderDomainInput(Wire):
    """The domain of a header from that is to sign: one of the business's own, never a mailbox provider's (L-053)."""

    domain: str = Field(min_length=4, max_length=253, examples=["brightsmile.example.com"])


class RotationInput(Wire):
    """Rotate the keys of a sender domain: an empty object, there is nothing to choose."""


class DnsRecord(Wire):
    """A DNS record to publish, with the state last found. `unknown`: the DNS did not answer; `detail` says what is wrong, as a stable word."""

    purpose: Literal["dkim", "dmarc", "spf", "mx", "bimi"]
    type: Literal["TXT", "MX"]
    name: str
    value: str
    published_by: Literal["subscriber", "operator"]
    is_required: bool
    state: Literal["unchecked", "found", "missing", "wrong", "unknown"]
    detail: Slug | None = None


class SenderKeyStatus(Wire):
    """A DKIM key. `pending` waits for its record, `active` signs, `retiring` no longer signs: its record may go after `retire_at`."""

    selector: str
    algorithm: Literal["rsa", "ed25519"]
    state: Literal["pending", "active", "retiring"]
    activated_at: Instant | None
    retire_at: Instant | None


class SenderDomain(Wire):
    """A sender domain. `pending`: no verified key yet; `lost`: there was one and its record is gone, mail from this domain is held (L-054)."""

    domain: str
    state: Literal["pending", "verified", "lost"]
    created_at: Instant
    checked_at: Instant | None
    keys: list[SenderKeyStatus]
    records: list[DnsRecord]


class SenderDomains(Wire):
    """All sender domains of a subscriber, by name; there are at most 50."""

    items: list[SenderDomain]


class ComplaintDay(Wire):
    """One UTC day of a header-from domain: messages sent on it, complaints about these, and their share (0 to 1)."""

    day: date
    sent: StrictInt
    complaints: StrictInt
    rate: float


class ComplaintStatus(Wire):
    """How a header-from domain stands (L-061). `alarm`: a day of the last seven had two complaints and 0.08 %; `paused`: commercial mail waits
    for all of the business since `paused_at` and goes on by itself on `release_not_before` at the earliest, or when a person lifts the stop."""

    domain: str
    state: Literal["good", "alarm", "paused"]
    paused_at: Instant | None
    release_not_before: date | None
    days: list[ComplaintDay]
