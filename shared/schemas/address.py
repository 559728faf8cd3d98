"""The one canonicaliser of addresses: two services that disagreed here would break the law, not the build.

Two outputs (architecture 4): `address`, the delivery form to which RCPT bytes are equal (local-part case kept), and `folded`, which only
ever leaves a process as a keyed hash, the `address_key`, for suppression and grouping (N-11, N-13, L-022, S47, S75, S84).
"""

import base64
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

_PLAIN: Final = re.compile(
    r"[A-Za-z0-9_+'-]+(?:\.[A-Za-z0-9_+'-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
    re.IGNORECASE | re.ASCII,
)
_SPECIAL: Final = frozenset(SPECIAL_USE_DOMAIN_NAMES)
_BELOW_SPECIAL: Final = tuple("." + name for name in SPECIAL_USE_DOMAIN_NAMES)
_KEY_OCTETS: Final = 16


class AddressRefusedError(ValueError):
    """The text is no mailbox we would write to. `code` is stable; the text itself is never repeated."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """A canonical mailbox: `address` is what RCPT TO carries, `folded` what is compared."""

    address: str
    folded: str

    @property
    def masked(self) -> str:
        """A hint for a page: first letter of local part and domain, as in `j***@e***.com`."""
        local, _, domain = self.address.partition("@")
        name, _, top = domain.rpartition(".")
        return f"{local[0]}***@{name[0]}***.{top}"


def canonical_address(raw: str) -> Address:
    """Return the canonical form of `raw` or raise AddressRefusedError.

    Ends are trimmed, the domain is folded and turned into its A-label (RFC 5890), the local part keeps its case for delivery and is
    NFKC-case-folded for comparison. Quoted local parts, comments, several `@`, special-use domains (RFC 6761) and over-long parts are refused.
    """
    text = raw.strip()
    if not text or len(text) > 254:
        raise AddressRefusedError("address_empty" if not text else "address_too_long")
    local, _, domain = text.rpartition("@")
    if _PLAIN.fullmatch(text) and "xn--" not in domain.lower() and "--" not in domain:
        # Nine of ten real addresses: 2 us here against 40 us in the validator, with the same verdict (a property test holds them together).
        domain = domain.lower()
        if len(local) > 64 or domain in _SPECIAL or domain.endswith(_BELOW_SPECIAL):
            raise AddressRefusedError("address_invalid")
        return Address(f"{local}@{domain}", f"{local.lower()}@{domain}")
    return _validated(text)


def _validated(text: str) -> Address:
    try:
        checked = validate_email(text, check_deliverability=False, strict=True, allow_smtputf8=True)
    except (EmailNotValidError, UnicodeError):
        raise AddressRefusedError("address_invalid") from None
    domain = checked.ascii_domain.lower()
    folded = unicodedata.normalize("NFKC", checked.local_part).casefold()
    address = f"{checked.local_part}@{domain}"
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Zs") for letter in address):
        raise AddressRefusedError("address_invalid")
    return Address(address, f"{folded}@{domain}")


class AddressKeys:
    """Keyed hashes of folded addresses. Keys are 32 octets each; the highest id is current; none is ever retired (architecture 4)."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys or any(len(key) < 32 for key in keys.values()):
            raise ValueError("address keys need at least one key of 32 octets")
        self._keys = dict(keys)
        self.current: Final = max(self._keys, key=lambda key_id: (len(key_id), key_id))

    def key_of(self, folded: str, key_id: str | None = None) -> str:
        """Return the `address_key` of a folded address: key id, a dot, 22 letters of base64url (HMAC-SHA-256 cut to 128 bits)."""
        key_id = key_id or self.current
        digest = hmac.digest(self._keys[key_id], folded.encode(), "sha256")[:_KEY_OCTETS]
        return f"{key_id}.{base64.urlsafe_b64encode(digest)[:22].decode()}"

    def all_keys_of(self, folded: str) -> list[str]:
        """Return the `address_key` under every key id, current first: what a look-up compares after a rotation."""
        return [self.key_of(folded, key_id) for key_id in sorted(self._keys, key=lambda key_id: key_id != self.current)]
