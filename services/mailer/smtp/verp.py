"""Addresses that carry a message's id under a MAC: the envelope sender bounces come back to, the mailto of List-Unsubscribe, the sender of a forward.

A bounce or a refusal by mail is believed because of the MAC alone (L-072, L-080, N-97, S49), never because of the text it quotes.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Final, Literal, cast
from uuid import UUID

Purpose = Literal["b", "unsub", "f"]
"""`b` is a bounce's way back, `unsub` a person's mail that asks to stop (L-037), `f` the way back of an answer that we forwarded to the business."""

_FORM: Final = re.compile(r"(b|unsub|f)\+([0-9a-f]{32})\.([a-z0-9]{1,2})-([0-9a-f]{20})", re.IGNORECASE | re.ASCII)
_MAC_OCTETS: Final = 10


class ReturnAddresses:
    """Mints and verifies local parts of at most 62 letters (64 is the limit). Hexadecimal, because relays fold the case of local parts.

    Keys are at least 32 octets by ids of one or two lower-case letters or digits; the highest id mints, all verify.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys or any(len(key) < 32 or not re.fullmatch(r"[a-z0-9]{1,2}", key_id) for key_id, key in keys.items()):
            raise ValueError("return addresses need keys of 32 octets under ids of one or two letters or digits")
        self._macs = {key_id: hmac.new(key, digestmod="sha256") for key_id, key in keys.items()}
        self._current = max(self._macs, key=lambda key_id: (len(key_id), key_id))

    def mint(self, purpose: Purpose, message_id: UUID) -> str:
        """Return the local part for `message_id`: the same at every attempt."""
        return f"{purpose}+{message_id.hex}.{self._current}-{self._mac(self._current, purpose, message_id)}"

    def verify(self, local_part: str) -> tuple[Purpose, UUID] | None:
        """Return purpose and message id of a local part minted here, or None for everything else."""
        match = _FORM.fullmatch(local_part)
        if match is None:
            return None
        purpose = cast("Purpose", match[1].lower())
        message_id = UUID(match[2])
        key_id = match[3].lower()
        if key_id not in self._macs or not hmac.compare_digest(
            self._mac(key_id, purpose, message_id), match[4].lower()
        ):
            return None
        return purpose, message_id

    def _mac(self, key_id: str, purpose: Purpose, message_id: UUID) -> str:
        mac = self._macs[key_id].copy()  # begun with the key: half the cost of beginning anew
        mac.update(purpose.encode() + b"+" + message_id.bytes)
        return mac.hexdigest()[: 2 * _MAC_OCTETS]
