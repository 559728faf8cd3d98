"""The DNS records of a sender domain: what to publish, and whether what was found says the same. Pure: looking up is the client's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from services.mailer.domain.sender_domain import Algorithm, RecordState

Purpose = Literal["dkim", "dmarc", "spf", "mx", "bimi"]

MOST_LOOKUPS: Final = 10
"""Terms of an SPF record that ask the DNS, those of its includes counted (RFC 7208 4.6.4, L-050)."""
_ASKING: Final = re.compile(
    r"(?:[+?~-]?(?:include:|a(?:[:/]|$)|mx(?:[:/]|$)|ptr(?::|$)|exists:))|redirect=", re.IGNORECASE
)
_POLICIES: Final = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at one record came to; `detail` says what is wrong, for people and stable for machines."""

    state: RecordState
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class BounceRecords:
    """What the domain of our envelope senders publishes: where bounces go and who may send (L-050)."""

    domain: str
    spf: str
    exchange: str


UNCHECKED: Final = Finding("unchecked")
MISSING: Final = Finding("missing")
FOUND: Final = Finding("found")
UNKNOWN: Final = Finding("unknown", "dns_silent")


def write_dkim(algorithm: Algorithm, public: str) -> str:
    """Return the key record (RFC 6376 3.6.1, RFC 8463 4). Longer than 255 octets: DNS hosts store it as several strings."""
    return f"v=DKIM1; k={algorithm}; p={public}"


def write_dmarc() -> str:
    """Return the least policy that counts as one (L-052, RFC 9989)."""
    return "v=DMARC1; p=none"


def write_bimi(domain: str) -> str:
    """Return a BIMI record with the place of a logo to be put there; optional."""
    return f"v=BIMI1; l=https://{domain}/logo.svg; a="


def judge_dkim(texts: Sequence[str], *, algorithm: Algorithm, public: str) -> Finding:
    """Compare a key record with our key. Several records, a revoked key and the test flag (verifiers then ignore the signature) are wrong."""
    if not texts:
        return MISSING
    if len(texts) > 1:
        return Finding("wrong", "several_records")
    tags = read_tags(texts[0])
    if tags.get("v", "DKIM1") != "DKIM1" or "p" not in tags:
        return Finding("wrong", "not_a_key_record")
    if not tags["p"]:
        return Finding("wrong", "key_revoked")
    if tags.get("k", "rsa") != algorithm or re.sub(r"\s", "", tags["p"]) != public:
        return Finding("wrong", "another_key")
    if "y" in tags.get("t", "").split(":"):
        return Finding("wrong", "test_flag")
    if "sha256" not in tags.get("h", "sha256").split(":") or not {"*", "email"} & set(tags.get("s", "*").split(":")):
        return Finding("wrong", "not_for_this_use")
    return FOUND


def judge_dmarc(texts: Sequence[str]) -> Finding:
    """Tell whether one DMARC policy stands there; other texts at the name do not count."""
    policies = [tags for tags in map(read_tags, texts) if tags.get("v") == "DMARC1"]
    if not policies:
        return MISSING
    if len(policies) > 1:
        return Finding("wrong", "several_records")
    return FOUND if policies[0].get("p", "none").lower() in _POLICIES else Finding("wrong", "policy_unknown")


def judge_spf(texts: Sequence[str], *, expected: str, lookups: int) -> Finding:
    """Tell whether the one SPF record holds our mechanisms, lets not everybody in and asks the DNS at most ten times."""
    records = [text for text in texts if is_spf(text)]
    if not records:
        return MISSING
    if len(records) > 1:
        return Finding("wrong", "several_records")
    terms = {term.lower().removeprefix("+") for term in records[0].split()}
    if "all" in terms:
        return Finding("wrong", "everybody_may_send")
    if not {term for term in expected.lower().split() if not term.endswith("all")} <= terms:
        return Finding("wrong", "mechanism_missing")
    return FOUND if lookups <= MOST_LOOKUPS else Finding("wrong", "too_many_lookups")


def judge_mx(hosts: Sequence[str], *, expected: str) -> Finding:
    """Tell whether bounces come to us."""
    if not hosts:
        return MISSING
    found = expected.lower().rstrip(".") in {host.lower().rstrip(".") for host in hosts}
    return FOUND if found else Finding("wrong", "another_host")


def judge_bimi(texts: Sequence[str]) -> Finding:
    """Tell whether a BIMI assertion with a logo stands there."""
    assertions = [tags for tags in map(read_tags, texts) if tags.get("v") == "BIMI1"]
    if not assertions:
        return MISSING
    return FOUND if assertions[0].get("l", "").startswith("https://") else Finding("wrong", "logo_missing")


def is_spf(text: str) -> bool:
    """Tell whether a text is an SPF record (RFC 7208 4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def asking_terms(record: str) -> int:
    """Return how many terms of an SPF record ask the DNS themselves."""
    return sum(bool(_ASKING.match(term)) for term in record.split()[1:])


def included(record: str) -> list[str]:
    """Return the domains whose SPF records count as well; macros cannot be followed without a message."""
    names = [term.lower().lstrip("+?~-") for term in record.split()[1:]]
    found = [
        name.partition(":" if name.startswith("include:") else "=")[2]
        for name in names
        if name.startswith(("include:", "redirect="))
    ]
    return [name for name in found if name and "%" not in name]


def read_tags(text: str) -> dict[str, str]:
    """Return the tags of a tag=value list (RFC 6376 3.2); of a repeated tag the first."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if sign:
            found.setdefault(name.strip(), value.strip())
    return found
