"""Judges how well a source keeps us up to date: late, drifting, holding records back (S-121, N-76, N-84, N-87)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final, get_args

from shared.schemas.ingest import Entity
from shared.schemas.sync_health import Alarm, ColumnDrift, Freshness, HeldRecords, RowCounts, RowDrift

MOST_SAMPLED: Final = 200
LEAST_SAMPLED: Final = 50
"""Records of an entity that show which fields it fills: a field filled in a fifth of them and empty in 50 others is no chance (0.8 ** 50 = 1e-5)."""
FILLED_SHARE: Final = 0.2
DRIFT_SHOWN: Final = timedelta(days=7)
SILENT_AFTER: Final = timedelta(days=3)
"""A weekend and a holiday are no silence."""
PARKED_TOO_LONG: Final = timedelta(days=1)
_LEAST_USUAL: Final = 20
_LEAST_SNAPSHOTS: Final = 3
_SHRUNK: Final = 0.8
_GROWN: Final = 1.5
_MOST_REJECTED: Final = 0.05
_LEAST_REJECTED: Final = 10


@dataclass(slots=True)
class FieldSample:
    """Counts which fields the first records of a batch fill, by entity; values are looked at and not kept."""

    seen: Counter[Entity] = field(default_factory=Counter)
    filled: dict[Entity, Counter[str]] = field(default_factory=dict)

    def note(self, record: Any) -> None:
        """Count one record, if it is among the first of its entity."""
        kind: Entity = record.type
        if record.op == "delete" or self.seen[kind] >= MOST_SAMPLED:
            return
        self.seen[kind] += 1
        given = self.filled.setdefault(kind, Counter())
        given.update(name for name in record.model_fields_set if getattr(record, name) not in (None, ""))

    def columns(self) -> dict[Entity, tuple[list[str], list[str]]]:
        """Return, for each entity seen often enough, the fields that are filled in a fifth of the records, and those filled at all."""
        enough = [kind for kind in get_args(Entity) if self.seen[kind] >= LEAST_SAMPLED]
        return {
            kind: (
                sorted(name for name, times in self.filled[kind].items() if times >= FILLED_SHARE * self.seen[kind]),
                sorted(self.filled[kind]),
            )
            for kind in enough
        }


def late_after(last_success_at: datetime | None, created_at: datetime, interval_minutes: int) -> datetime:
    """Return the moment after which the source is late: two of its intervals without a success (S-121)."""
    return (last_success_at or created_at) + 2 * timedelta(minutes=interval_minutes)


def freshness(
    last_success_at: datetime | None, *, ended_at: datetime | None, late_at: datetime, now: datetime
) -> Freshness:
    """Return `never` before the first success, then `late` or `fresh`, and `ended` for good."""
    if ended_at is not None:
        return "ended"
    if last_success_at is None:
        return "never"
    return "late" if late_at < now else "fresh"


def row_drift(sizes: Mapping[Entity, Sequence[int]]) -> list[RowDrift]:
    """Return the drift of each entity of which enough snapshots are known; sizes stand newest first."""
    drifts = []
    for entity, (latest, *before) in sorted(sizes.items()):
        if len(before) >= _LEAST_SNAPSHOTS:
            usual = round(median(before[:5]))
            percent = round(100 * latest / usual) - 100 if usual else 0
            drifts.append(RowDrift(entity=entity, latest=latest, usual=usual, changed_percent=percent))
    return drifts


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of one source. `daily` are the records of each of the last days, today's first; `newest` the newest ended batch's
    state, received and rejected."""

    late_at: datetime
    last_success_at: datetime | None
    rows: RowCounts
    daily: Sequence[int]
    newest: tuple[str, int, int] | None
    drifts: Sequence[RowDrift]
    columns: Sequence[ColumnDrift]
    held: HeldRecords


def raise_alarms(found: Findings, *, now: datetime) -> list[Alarm]:
    """Return the alarms in the order of their names in the wire model."""
    state, received, rejected = found.newest or ("applied", 0, 0)
    since, recent = found.held.parked_since, SILENT_AFTER.days
    is_silent = found.last_success_at is not None and found.late_at >= now and not any(found.daily[:recent])
    raised: dict[Alarm, bool] = {
        "source_late": found.late_at < now,
        "source_silent": is_silent and sum(day > 0 for day in found.daily[recent:]) >= recent,
        "batch_failed": state == "failed",
        "batch_quarantined": found.held.quarantined > 0,
        "many_rejected": rejected >= _LEAST_REJECTED and rejected > _MOST_REJECTED * received,
        "rows_dropped": any(row.usual >= _LEAST_USUAL and row.latest < _SHRUNK * row.usual for row in found.drifts),
        "rows_surged": any(row.usual >= _LEAST_USUAL and row.latest > _GROWN * row.usual for row in found.drifts),
        "columns_gone": any(row.gone for row in found.columns),
        "records_parked": since is not None and since < now - PARKED_TOO_LONG,
        "optouts_waiting": found.held.optouts > 0,
    }
    return [alarm for alarm, is_on in raised.items() if is_on]
