"""Sender domains and the life of their keys: which key signs, which waits for its DNS record, what is held (L-051 to L-054, F23)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.kit.errors import NotFoundError, Problem

Algorithm = Literal["rsa", "ed25519"]
KeyState = Literal["pending", "active", "retiring"]
"""pending: waits for its record; active: signs; retiring: signs no more, its record stays until the last message it signed has expired."""
RecordState = Literal["unchecked", "found", "missing", "wrong", "unknown"]
"""unknown: the DNS did not answer; what was known before stays in force."""
DomainState = Literal["pending", "verified", "lost"]

MOST_DOMAINS: Final = 50
SIGNATURE_LIFE: Final = timedelta(days=7)
"""Life of a signature (`x=`): relays give up after five days, two more for the mailbox's own queues; a replay later than that fails (S56)."""
_OVERLAP: Final = SIGNATURE_LIFE + timedelta(days=1)
"""A retiring key's record stays for the life of its last signature, and a day for workers that read the change late and for clocks."""
_MAILBOX_PROVIDERS: Final = frozenset((
    "aol.com", "comcast.net", "fastmail.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com",
    "icloud.com", "live.com", "mac.com", "mail.com", "me.com", "msn.com", "outlook.com", "pm.me", "proton.me",
    "protonmail.com", "rocketmail.com", "web.de", "yahoo.co.uk", "yahoo.com", "yandex.com", "ymail.com", "zoho.com",
))  # fmt: skip
_DOMAIN: Final = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)


class SenderDomainUnknownError(NotFoundError):
    """No such domain of this caller."""

    code, title = "sender_domain_unknown", "This domain is not registered as a sender domain."


class SenderDomainRefusedError(Problem):
    """A domain that nobody can align with (L-053)."""

    status, code, title = (
        409,
        "sender_domain_refused",
        "A mailbox provider's domain cannot be a sender domain: use one of your own.",
    )


class SenderDomainMalformedError(Problem):
    """Not the name of a domain."""

    status, code, title = (
        422,
        "sender_domain_malformed",
        "This is not a domain name; write international ones in their xn-- form.",
    )


class TooManySenderDomainsError(Problem):
    """A subscriber with more domains than any business has."""

    status, code, title = 409, "too_many_sender_domains", f"A subscriber has at most {MOST_DOMAINS} sender domains."


@dataclass(frozen=True, slots=True)
class SenderKey:
    """One key of a sender domain. `missing_since`: its record was there when it became active and is gone, or differs, since then."""

    selector: str
    algorithm: Algorithm
    public: str
    state: KeyState
    created_at: datetime
    record: RecordState = "unchecked"
    activated_at: datetime | None = None
    retire_at: datetime | None = None
    missing_since: datetime | None = None


Signing = Literal["sign", "unsigned", "sender_domain_unverified"]


def canonical_domain(name: str) -> str:
    """Return a domain name in the form it is stored and compared in, or raise SenderDomainMalformedError or SenderDomainRefusedError."""
    domain = name.lower().removesuffix(".")
    if not _DOMAIN.fullmatch(domain):
        raise SenderDomainMalformedError
    if domain in _MAILBOX_PROVIDERS:
        raise SenderDomainRefusedError
    return domain


def domain_of(header_from: str) -> str:
    """Return the domain that DKIM's d= must equal for the mail to be aligned (L-052)."""
    return header_from.rpartition("@")[2].lower()


def pick_signers(keys: Sequence[SenderKey]) -> list[SenderKey]:
    """Return the keys that sign now: active ones whose record stands; none without RSA, which is the one every receiver verifies."""
    fit = [key for key in keys if key.state == "active" and key.missing_since is None]
    return fit if any(key.algorithm == "rsa" for key in fit) else []


def judge_signing(keys: Sequence[SenderKey], *, is_required: bool) -> Signing:
    """Decide how mail of a header-from domain with these keys leaves (L-054).

    A domain whose alignment was lost is held always; one that never had verified keys is held where signatures are required (production) and
    goes unsigned elsewhere.
    """
    if pick_signers(keys):
        return "sign"
    was_verified = any(key.state != "pending" for key in keys)
    return "sender_domain_unverified" if was_verified or is_required else "unsigned"


def judge_domain(keys: Sequence[SenderKey]) -> DomainState:
    """Return the state of a domain as its page shows it."""
    if pick_signers(keys):
        return "verified"
    return "lost" if any(key.state != "pending" for key in keys) else "pending"


def apply_findings(keys: Sequence[SenderKey], findings: Mapping[str, RecordState], now: datetime) -> list[SenderKey]:
    """Return the keys that remain after a look at the DNS (`findings` by selector).

    A key whose record is found for the first time begins to sign and the one before it of its algorithm begins to retire: never the other way
    round, so that nothing is signed with a key that nobody can look up. A silent DNS changes nothing.
    """
    seen = [_see(key, findings.get(key.selector, "unknown"), now) for key in keys]
    fresh = {
        key.algorithm for key, old in zip(seen, keys, strict=True) if key.state == "active" and old.state == "pending"
    }
    result = []
    for key, old in zip(seen, keys, strict=True):
        if old.state == "active" and key.algorithm in fresh:
            result.append(replace(key, state="retiring", retire_at=now + _OVERLAP, missing_since=None))
        elif key.retire_at is None or now < key.retire_at:
            result.append(key)
    return result


def _see(key: SenderKey, finding: RecordState, now: datetime) -> SenderKey:
    if finding == "unknown":
        return key
    if finding == "found":
        if key.state == "pending":
            return replace(key, state="active", record=finding, activated_at=now)
        return replace(key, record=finding, missing_since=None)
    missing_since = (key.missing_since or now) if key.state == "active" else None
    return replace(key, record=finding, missing_since=missing_since)


def plan_check(keys: Sequence[SenderKey], now: datetime) -> datetime:
    """Return when to look again: daily while all is well (L-054), soon while somebody is at work on the records, soon after a loss."""
    waiting = [key for key in keys if key.state == "pending" or key.record != "found"]
    if not waiting:
        return now + timedelta(days=1)
    since = max(key.missing_since or key.created_at for key in waiting)
    age = now - since
    if age < timedelta(hours=1):
        return now + timedelta(minutes=1)
    return now + (timedelta(minutes=10) if age < timedelta(days=1) else timedelta(hours=1))
