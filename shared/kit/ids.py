"""Time-ordered ids (UUIDv7, RFC 9562 5.7) made here, because `uuidv7()` exists from PostgreSQL 18 only."""

import os
import time
from uuid import UUID

_LAYOUT = 0x7 << 76 | 0x2 << 62
_RANDOM = 0xFFF << 64 | (1 << 62) - 1


def new_id() -> UUID:
    """Return a UUIDv7: 48 bits of milliseconds, then 74 random bits. Its time part is for index locality only and never read back."""
    random = int.from_bytes(os.urandom(10), "big")
    return UUID(int=(time.time_ns() // 1_000_000) << 80 | random & _RANDOM | _LAYOUT)
