"""The account of one run: what was taken, what is held and what was dropped, and why; counts and machine words, never a value (I2)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from services.ingest.domain.connector import Raw, Translation
from services.ingest.domain.forbidden_fields import forbidden_name
from services.ingest.domain.read_record import AnyRecord
from shared.schemas.ingest import BatchReport

_COUNTS: Final = ("received", "applied", "unchanged", "superseded", "parked", "rejected", "absent", "optouts")
_TITLES: Final = {
    "taken": "taken",
    "held": "held (kept, never written to)",
    "skipped": "dropped, whole things",
    "forbidden": "dropped, fields",
    "unreadable": "unreadable",
    "rejected": "refused by ingest",
    "flagged": "without a usable address",
    "dropped": "dropped by ingest, fields",
    "quarantined": "quarantined, waits for a person",
}


@dataclass
class Account:
    """What a run read, took, held and dropped; `counts` is ingest's own account of what was sent."""

    read: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    forbidden: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add_thing(self, raw: Raw, translation: Translation) -> None:
        """Count one thing of the source and what it became."""
        self.forbidden.update(_forbidden_in(raw))
        self.forbidden.update(f"{name} (not understood)" for name in translation.left_out)
        if translation.skipped:
            self.skipped[translation.skipped] += 1
        for record in translation.records:
            self.taken[record.type if record.op == "upsert" else f"{record.type} deleted"] += 1
            if reason := why_held(record):
                self.held[reason] += 1

    def add(self, report: BatchReport) -> None:
        """Add ingest's report on a batch."""
        for name in _COUNTS:
            self.counts[name] += getattr(report, name)
        self.dropped.update(report.dropped_fields)
        self.flagged.update(report.flagged_addresses)
        self.rejected.update(f"{row.field}:{row.code}" for row in report.rejections)
        if report.quarantine:
            self.quarantined[f"snapshot {report.batch_id}: {report.quarantine}"] += 1

    def text(self) -> str:
        """Return it as lines for a terminal."""
        rows = [f"read {self.read}"]
        if self.counts:
            rows.append("ingest: " + ", ".join(f"{name} {self.counts[name]}" for name in _COUNTS))
        for name, title in _TITLES.items():
            found: Counter[str] = getattr(self, name)
            if found:
                rows.append(f"{title}: " + ", ".join(f"{word} {count}" for word, count in found.most_common()))
        return "\n".join(rows + self.notes)


def why_held(record: AnyRecord) -> str:
    """Return why a record will not lead to mail by itself, as far as the source tells; empty when nothing speaks against it."""
    if record.op == "delete":
        return ""
    if record.type == "appointment":
        return "appointment_status_unclear" if record.status == "held" else ""
    if record.type != "consumer":
        return ""
    if record.status in ("deceased", "inactive", "held"):
        return f"person_{record.status}"
    return "" if record.email or record.guardian else "person_without_address"


def _forbidden_in(raw: Raw) -> Iterable[str]:
    """Names of forbidden fields in a thing, two levels deep: connectors pick what they need, this tells a person what was left."""
    for name, value in raw.items():
        if found := forbidden_name(name):
            yield found
        if isinstance(value, dict):
            yield from (found for inner in value if (found := forbidden_name(str(inner))))
