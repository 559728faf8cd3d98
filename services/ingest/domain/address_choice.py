"""Chooses the one usable address of a source's e-mail column, because that column holds phones, notes, two addresses and `none@none.com`."""

import re
from dataclasses import dataclass
from typing import Final

from services.ingest.domain.address_quality import address_problem
from shared.schemas.address import Address, AddressRefusedError, canonical_address

_SEPARATORS: Final = re.compile(r"[;,]")
"""What N-10 names. Not spaces: the second word of `anna lee@example.com` is an address, but a stranger's."""
_PHONE: Final = re.compile(r"[\d\s().+/x-]{7,}", re.ASCII | re.IGNORECASE)
_FILLERS: Final = frozenset(
    (
        "none",
        "no",
        "noemail",
        "no-email",
        "no.email",
        "nomail",
        "na",
        "n/a",
        "nil",
        "null",
        "declined",
        "refused",
        "unknown",
        "test",
        "x",
        "xx",
        "asdf",
        "abc",
        "nothing",
        "donotemail",
    )
)
"""Words that front desks type to get past a mandatory field (N-15)."""
_SHORTEST_MAILBOX: Final = 6


@dataclass(frozen=True, slots=True)
class AddressChoice:
    """A usable address, or the reason why there is none: `address_missing`, `placeholder`, `phone_in_email`, `own_address`, or the refusal's code.

    With a problem of domain/address_quality.py the address is `held`: shown to the front desk and not written to.
    """

    address: Address | None
    problem: str | None
    held: Address | None = None


@dataclass(frozen=True, slots=True)
class AddressRules:
    """The business's `own` folded addresses, and whether role mailboxes are held (N-04, N-16)."""

    own: frozenset[str] = frozenset()
    hold_roles: bool = False


MISSING: Final = AddressChoice(None, "address_missing")


def choose_address(raw: str, rules: AddressRules) -> AddressChoice:
    """Return the first usable address of `raw` (N-04, N-10, N-14 to N-18)."""
    choice = _judge(raw, rules)
    if choice.address is not None or choice.problem in ("address_missing", "phone_in_email"):
        return choice
    parts = [part for part in _SEPARATORS.split(raw) if part]
    if len(parts) > 1:
        for part in parts:
            other = _judge(part, rules)
            if other.address is not None:
                return other
    return choice


def _judge(raw: str, rules: AddressRules) -> AddressChoice:
    text = raw.strip()
    if not text:
        return MISSING
    if _is_filler(text):
        return AddressChoice(None, "placeholder")
    try:
        address = canonical_address(text)
    except AddressRefusedError as refused:
        return AddressChoice(None, "phone_in_email" if _PHONE.fullmatch(text) else refused.code)
    if address.folded in rules.own:
        return AddressChoice(None, "own_address")
    problem = address_problem(address.folded, hold_roles=rules.hold_roles)
    if problem is not None:
        return AddressChoice(None, problem, address)
    return AddressChoice(address, None)


def _is_filler(text: str) -> bool:
    """`none`, `none@none.com`, `declined@office.com`, `x@x.x`: the local part is a filler word and repeats or stands alone."""
    local, _, domain = text.lower().partition("@")
    if local not in _FILLERS:
        return False
    host, _, _ = domain.partition(".")
    return not domain or len(text) < _SHORTEST_MAILBOX or host == local or host in _FILLERS or local in _REFUSALS


_REFUSALS: Final = frozenset(("none", "noemail", "no-email", "no.email", "nomail", "declined", "refused", "donotemail"))
"""Fillers that no person has as a local part, whatever the domain."""
