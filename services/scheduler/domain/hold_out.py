"""The hold-out: a share of people who get no mail of a campaign type, so that what the mail does can be told from what would have happened anyway."""

import hmac
from typing import Final
from uuid import UUID

MARKS: Final = 10_000
"""A person is left out while their mark is below the share in hundredths of a percent; MARKS itself is never left out."""


def hold_out_mark(key: bytes, consumer_id: UUID, campaign_type: str) -> int:
    """Return the person's place from 0 to 9,999, by a keyed hash: the same for good, evenly spread, and another for each campaign type.

    A larger share takes more people in and lets none go; nobody without the key can tell who is left out.
    """
    return mark_of(key, consumer_id.bytes + campaign_type.encode())


def mark_of(key: bytes, what: bytes) -> int:
    """Return a place from 0 to 9,999 by a keyed hash of `what`."""
    return int.from_bytes(hmac.digest(key, what, "sha256")[:4], "big") * MARKS >> 32
