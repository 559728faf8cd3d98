"""Reads a FHIR bulk export for the demonstration and writes copies of it: cut off at an instant, with addresses put in.

The samples have no e-mail addresses; the demonstration, and only the demonstration, assigns some under example.com.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from deploy.local.cannot_run import CannotRunError

Resource = dict[str, Any]
TYPES = ("Patient", "Encounter", "Appointment")


@dataclass
class Export:
    """The resources that the demonstration knows what to do with, by type."""

    resources: dict[str, list[Resource]] = field(default_factory=lambda: {name: [] for name in TYPES})

    def patients(self) -> list[Resource]:
        """All patients."""
        return self.resources["Patient"]

    def visits(self) -> Iterator[tuple[str, str, datetime, Resource]]:
        """Patient id, encounter id, end and resource of every finished encounter."""
        for resource in self.resources["Encounter"]:
            end = ended_at(resource)
            patient = reference(resource.get("subject", {}))
            if resource.get("status") == "finished" and end and patient:
                yield patient, str(resource["id"]), end, resource

    def bookings(self) -> Iterator[tuple[str, str, datetime]]:
        """Patient id, appointment id and start of every booked appointment."""
        for resource in self.resources["Appointment"]:
            start = instant(resource.get("start"))
            people = [reference(row.get("actor", {})) for row in resource.get("participant", [])]
            patient = next((person for person in people if person), None)
            if resource.get("status") == "booked" and start and patient:
                yield patient, str(resource["id"]), start


def read_export(folder: Path) -> Export:
    """Reads every NDJSON file of `folder`. Raises CannotRunError when there is no patient in it."""
    export = Export()
    files = sorted([*folder.glob("*.ndjson"), *folder.glob("*.ndjson.gz")]) if folder.is_dir() else []
    for file in files:
        text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for line in text.splitlines():
            resource = _parse(line)
            if resource.get("resourceType") in TYPES and resource.get("id"):
                export.resources[resource["resourceType"]].append(resource)
    if not export.patients():
        raise CannotRunError(f"{folder} holds no FHIR bulk export with patients (Patient*.ndjson).")
    return export


def assign_addresses(export: Export) -> dict[str, str]:
    """Puts an address under example.com into every patient in place of any other; returns them by patient id."""
    mailboxes = {}
    for number, patient in enumerate(export.patients(), 1):
        mailbox = f"patient.{number}@example.com"
        other = [row for row in patient.get("telecom", []) if row.get("system") != "email"]
        patient["telecom"] = [*other, {"system": "email", "value": mailbox, "use": "home"}]
        patient.pop("contact", None)  # a guardian's own address is none of ours to write to
        mailboxes[str(patient["id"])] = mailbox
    return mailboxes


def write_export(export: Export, folder: Path, until: datetime) -> None:
    """Writes what was known at `until`: no encounter that had not ended; the manifest says when it was made (HL7 Bulk Data 2)."""
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"transactionTime": until.isoformat()}), encoding="utf-8")
    for name, resources in export.resources.items():
        known = [row for row in resources if name != "Encounter" or _ended(row, until)]
        lines = [json.dumps(row, ensure_ascii=False) for row in known]
        if lines:
            (folder / f"{name}.000.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")


def instant(text: object) -> datetime | None:
    """A FHIR instant or dateTime with time and zone; None for anything less exact."""
    try:
        at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def day(text: object) -> date | None:
    """A full FHIR date."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def reference(value: Resource) -> str | None:
    """The patient's id out of a relative or absolute reference."""
    kind, _, key = str(value.get("reference", "")).rpartition("/")
    return key if kind.rpartition("/")[2] == "Patient" and key else None


def ended_at(encounter: Resource) -> datetime | None:
    """When an encounter ended, or began where the export says no more."""
    period = encounter.get("period", {})
    return instant(period.get("end")) or instant(period.get("start"))


def _ended(encounter: Resource, until: datetime) -> bool:
    end = ended_at(encounter)
    return end is None or end <= until


def _parse(line: bytes) -> Resource:
    try:
        resource = json.loads(line) if line.strip() else {}
    except ValueError:
        return {}
    return resource if isinstance(resource, dict) else {}
