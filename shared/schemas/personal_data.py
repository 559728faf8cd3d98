"""The wire of access: what each service holds about a person, asked of it by portal and put together into a report (S-061, N-114, GDPR art. 15)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from shared.schemas.ledger import GivenAddress
from shared.schemas.wire import AddressKey, Instant, Slug, Wire

MOST_RECORDS = 1000
"""So many records of one kind an answer holds; more are counted as `is_cut`."""
Fact = str | int | float | bool | None


class PersonalDataQuestion(Wire):
    """Asks a service for everything about a person; in the body, so that no log ever sees it. `subscriber_id` null: at every business.

    `consumer_ids` are the people meant. Ingest takes only those of them who are reached at the address, and for none everybody whose own it is.
    """

    subscriber_id: UUID | None = None
    address: GivenAddress
    address_keys: Annotated[list[AddressKey], Field(min_length=1, max_length=10)]
    consumer_ids: list[UUID] = Field(default=[], max_length=200)


class Holding(Wire):
    """Records of one kind at one business (null: the platform's own), each as named facts."""

    kind: Slug
    subscriber_id: UUID | None
    records: list[dict[str, Fact]]
    is_cut: StrictBool = Field(default=False, description="there are more than are shown")


class FoundPerson(Wire):
    """Somebody whom the question means, at one business."""

    subscriber_id: UUID
    consumer_id: UUID


class PersonalData(Wire):
    """What one service holds. `people`: whom ingest found; `undecided`: how many share the mailbox where none of them was named."""

    service: Slug
    holdings: list[Holding]
    people: list[FoundPerson] = Field(default=[])
    undecided: StrictInt = 0


class CaseSubjectInput(Wire):
    """Portal names for whom it asks: the business (null: the operator), its locations (none: all), and who makes the report."""

    subscriber_id: UUID | None = None
    location_ids: list[UUID] = Field(default=[], max_length=1000)
    actor: str = Field(min_length=1, max_length=200)


class CaseSubject(Wire):
    """Whom a proven access case is about."""

    case_id: UUID
    reference: str
    subscriber_id: UUID | None
    address: str
    address_keys: list[AddressKey]
    consumer_ids: list[UUID]


class AccessReportInput(Wire):
    """Asks for the report of a proven access case."""

    case_id: UUID


class AccessReport(Wire):
    """Everything held about a person, service by service."""

    case_id: UUID
    reference: str
    subscriber_id: UUID | None
    address: str
    made_at: Instant
    services: list[PersonalData]


def gather(rows: Iterable[tuple[str, UUID | None, Mapping[str, object]]]) -> list[Holding]:
    """Return holdings of (kind, subscriber, facts), in the order of the kinds' first rows; dates and ids as text, what is null or raw left out."""
    found: dict[tuple[str, UUID | None], list[dict[str, Fact]]] = {}
    for kind, owner, facts in rows:
        found.setdefault((kind, owner), []).append(
            {name: _fact(each) for name, each in facts.items() if _is_shown(each)}
        )
    return [
        Holding(kind=kind, subscriber_id=owner, records=records[:MOST_RECORDS], is_cut=len(records) > MOST_RECORDS)
        for (kind, owner), records in found.items()
    ]


def _is_shown(value: object) -> bool:
    return not (value is None or value == "" or isinstance(value, bytes))


def _fact(value: object) -> Fact:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, str | int | float | bool) else str(value)
