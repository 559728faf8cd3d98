"""Where one business's data comes from, so that the generated sample and a FHIR export are played the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from deploy.demo.businesses import Json
from deploy.demo.evidence import Batch, Truth
from deploy.demo.hand_in import hand_in_records
from deploy.demo.sample import BusinessSample, Sample
from deploy.demo.set_up import Site


class Supply(Protocol):
    """One business's data: the truth about it, and how its two loads reach ingest."""

    @property
    def truth(self) -> Truth:
        """What the generator or the export knows."""
        ...

    @property
    def go_live_at(self) -> datetime:
        """What is older is history (N-36)."""
        ...

    @property
    def optout_candidates(self) -> tuple[str, ...]:
        """Mailboxes of people who have something due on the second day too, best first."""
        ...

    async def hand_in_first(self, site: Site, connection_id: UUID) -> Sequence[Batch]:
        """Everything known when the demonstration starts."""
        ...

    async def hand_in_later(self, site: Site, connection_id: UUID) -> Sequence[Batch]:
        """What changed after the first mails."""
        ...


@dataclass(frozen=True)
class RecordSupply:
    """Canonical records in two batches."""

    truth: Truth
    go_live_at: datetime
    optout_candidates: tuple[str, ...]
    first: tuple[Json, ...]
    later: tuple[Json, ...]
    rejected: int

    async def hand_in_first(self, site: Site, connection_id: UUID) -> Sequence[Batch]:
        """The first load with its broken records."""
        return [await hand_in_records(site, connection_id, self.first, to_refuse=self.rejected)]

    async def hand_in_later(self, site: Site, connection_id: UUID) -> Sequence[Batch]:
        """The changes."""
        return [await hand_in_records(site, connection_id, self.later, to_refuse=0)]


def supplies_of(made: Sample) -> list[Supply]:
    """Both generated businesses; who is known to both is the first candidate for the opt-out (N-26)."""
    return [_supply(business, made.shared_mailbox) for business in made.businesses]


def _supply(business: BusinessSample, shared_mailbox: str) -> RecordSupply:
    mailboxes = {person.foreign_id: person.recipient for person in business.expected}
    candidates = [mailboxes[foreign_id] for foreign_id in business.optout_candidates]
    return RecordSupply(
        Truth(business.business, business.expected, business.expected_later, business.canaries),
        business.go_live_at,
        (shared_mailbox, *(mailbox for mailbox in candidates if mailbox)),
        business.first,
        business.later,
        business.rejected,
    )
