"""May what a snapshot does not name be deleted? Only when the snapshot is certainly whole and little is missing (N-76, N-77)."""

from dataclasses import dataclass
from typing import Final

FREE_SHARE: Final = 0.05
FREE_ROWS: Final = 50
SMALL_SHARE: Final = 0.2
"""Up to 5 % of what is kept may be absent, in a small business up to 50 rows, but there never more than a fifth."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known at its end. `kept`: live rows before, `absent`: those of them it does not name, `unidentified`: refused without a key."""

    complete: bool
    announced_count: int | None
    received: int
    announced_sha256: str | None
    sha256: str
    unidentified: int
    kept: int
    absent: int


def drop_limit(kept: int) -> int:
    """Return how many of `kept` rows may be absent without a person's word."""
    return int(max(kept * FREE_SHARE, min(FREE_ROWS, kept * SMALL_SHARE)))


def why_quarantined(snapshot: Snapshot) -> str | None:
    """Return the first reason (a machine word) why absence proves nothing here, None when it does."""
    if not snapshot.complete:
        return "not_complete"
    if snapshot.announced_count != snapshot.received:
        return "count_differs"
    if snapshot.announced_sha256 is None or snapshot.announced_sha256.lower() != snapshot.sha256:
        return "checksum_differs"
    if snapshot.unidentified:
        return "records_without_key"
    if snapshot.absent > drop_limit(snapshot.kept):
        return "too_many_absent"
    return None
