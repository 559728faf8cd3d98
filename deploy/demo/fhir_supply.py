"""A FHIR bulk export as one business's data: two nightly exports, carried to ingest by the real connector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from deploy.demo.businesses import BRIGHT_SMILE, Business
from deploy.demo.carry import carry_export
from deploy.demo.evidence import Batch, Truth
from deploy.demo.fhir_export import Export, assign_addresses, read_export, write_export
from deploy.demo.fhir_truth import best_day, fhir_expectations
from deploy.demo.moment import START, local_instant
from deploy.demo.set_up import Site
from deploy.demo.truth import Expectation

ZONE = "America/New_York"
HISTORY = timedelta(days=7)
EVENING = (19, 50)  # what had ended by then is in the second export


@dataclass(frozen=True)
class FhirSupply:
    """The export cut off at two instants: `start`, and the first evening."""

    export: Export
    start: datetime
    second: datetime
    truth: Truth
    go_live_at: datetime
    optout_candidates: tuple[str, ...]

    async def hand_in_first(self, site: Site, connection_id: UUID) -> Sequence[Batch]:
        """What had happened before the demonstration starts."""
        return await self._carry(site, connection_id, self.start, "first")

    async def hand_in_later(self, site: Site, connection_id: UUID) -> Sequence[Batch]:
        """The next export: everything again, and what the day brought."""
        return await self._carry(site, connection_id, self.second, "later")

    async def _carry(self, site: Site, connection_id: UUID, until: datetime, name: str) -> Sequence[Batch]:
        folder = site.folder / f"fhir-{name}"
        write_export(self.export, folder, until)
        return await carry_export(site, connection_id, folder)


def fhir_practice() -> Business:
    """The practice the export is said to come from; Synthea's people visit at all hours, so it is open every day."""
    hours = [{**row, "weekday": day} for row in BRIGHT_SMILE.location["hours"][:1] for day in _ALL_DAYS]
    return replace(
        BRIGHT_SMILE, zone=ZONE, connector="fhir", location={**BRIGHT_SMILE.location, "zone": ZONE, "hours": hours}
    )


_ALL_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_fhir_supply(folder: Path, *, on: date | None) -> FhirSupply:
    """Reads the export, gives everyone an address and chooses a day on which somebody had come the day before. Raises CannotRunError."""
    export, business = read_export(folder), fhir_practice()
    mailboxes = assign_addresses(export)
    day = on or best_day(export, business, evening=time(*EVENING)) or datetime.now(UTC).date()
    start = datetime.combine(day, START)
    second = local_instant(day, *EVENING, ZONE)
    go_live_at = start - HISTORY

    def expected(until: datetime) -> tuple[Expectation, ...]:
        return fhir_expectations(export, mailboxes, business, now=start, until=until, go_live_at=go_live_at)

    before, after = expected(start), expected(second)
    more = [
        new.recipient
        for old, new in zip(before, after, strict=True)
        if new.recipient
        and old.must_get
        and any(cause.at.astimezone(business.clock).date() == day for cause in new.causes)
    ]
    return FhirSupply(export, start, second, Truth(business, before, after), go_live_at, tuple(more))
