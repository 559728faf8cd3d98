"""Makes staging rows of records that hang on a person or vehicle: what is personal goes into one sealed blob, the rest into clear columns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.ingest.domain.address_choice import AddressRules, choose_address
from services.ingest.domain.batch import (
    APPOINTMENT,
    CONSUMER,
    ODOMETER_READING,
    RECARE_DUE,
    RELATION,
    SERVICE_LINE,
    VEHICLE,
    Source,
)
from services.ingest.domain.person import pack_detail
from services.ingest.domain.read_record import ChildRecord
from services.ingest.store.child_kinds import CHILDREN
from services.ingest.store.row_keys import SubscriberKeys
from shared.kit.crypto import keyed_hash, keyed_id
from shared.schemas.address import AddressKeys
from shared.schemas.ingest import AppointmentRecord, VisitRecord
from shared.schemas.source_records import (
    ConsentSignalRecord,
    ContactPointRecord,
    MergeRecord,
    OdometerReadingRecord,
    ProviderRecord,
    RecareDueRecord,
    RelationRecord,
    ServiceLineRecord,
    VehicleRecord,
)

GONE: Final = b"deleted"
_KINDS: Final = {child.name: kind for kind, child in CHILDREN.items()}
GONE_STATUS: Final = {
    CONSUMER: "inactive",
    APPOINTMENT: "deleted",
    RECARE_DUE: "disabled",
    VEHICLE: "sold",
    SERVICE_LINE: "done",
}
GONE_WORD: Final = {ODOMETER_READING: "mi", RELATION: "guarantor"}
"""What a deletion that says nothing carries in columns of machine words; `deleted` says the rest."""


class StagingRow(NamedTuple):
    """One row in the order of store/tables.py STAGING_COLUMNS."""

    kind: int
    id: UUID
    source_updated_at: datetime
    content_hash: bytes
    personal: bytes | None
    historic: bool
    deleted: bool
    status: str = ""
    address_key: str | None = None
    address_problem: str | None = None
    language: str = ""
    household_id: UUID | None = None
    person_id: UUID | None = None
    minor_until: date | None = None
    at: datetime | None = None
    amount: int | None = None
    booked_at: datetime | None = None
    birthday: int | None = None
    word: str = ""
    day: date | None = None
    other_id: UUID | None = None
    line: int | None = None


class _Clear(NamedTuple):
    """What of a child is kept in clear, by staged name (store/child_kinds.py), and its sealed `detail`."""

    detail: tuple[str, ...] = ()
    person_id: UUID | None = None
    status: str = ""
    address_key: str | None = None
    address_problem: str | None = None
    language: str = ""
    at: datetime | None = None
    amount: int | None = None
    booked_at: datetime | None = None
    word: str = ""
    day: date | None = None
    other_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ChildRows:
    """`tidy` trims a text and takes card numbers out of it (N-85)."""

    source: Source
    keys: SubscriberKeys
    address_keys: AddressKeys
    rules: AddressRules
    tidy: Callable[[str], str]

    def row_of(self, record: ChildRecord, updated_at: datetime) -> StagingRow:
        """Return the row. A deletion stays as a tombstone, so that an older version that arrives later does not bring the record back (N-78)."""
        row_id = self.id_of(record.type, record.foreign_id)
        kind, historic = _KINDS[record.type], self.source.is_history(_moment(record) or updated_at)
        if record.op == "delete":
            gone = gone_row(kind, row_id, updated_at, self.keys, historic=historic)
            return gone._replace(person_id=self._consumer(record.consumer)) if isinstance(record, MergeRecord) else gone
        clear = self._clear(record)
        detail = pack_detail(record.foreign_id, *clear.detail)
        content = keyed_hash(self.keys.contents, detail + b"\x1e" + "\x1f".join(map(_text, clear[1:])).encode())
        place = f"{CHILDREN[kind].table}.personal:".encode() + row_id.bytes
        sealed = self.keys.cipher.encrypt(detail, place)
        values: dict[str, Any] = dict(zip(_Clear._fields[1:], clear[1:], strict=True))
        return StagingRow(kind, row_id, updated_at, content, sealed, historic, False, **values)

    def id_of(self, entity: str, foreign_id: str) -> UUID:
        """Return the row id of the source's key (S-124)."""
        return keyed_id(self.keys.ids, self.source.connection_id, entity, foreign_id)

    def _consumer(self, foreign_id: str | None) -> UUID | None:
        return self.id_of("consumer", foreign_id) if foreign_id else None

    def _vehicle(self, foreign_id: str | None) -> UUID | None:
        return self.id_of("vehicle", foreign_id) if foreign_id else None

    def _clear(self, record: ChildRecord) -> _Clear:
        if isinstance(record, OdometerReadingRecord):
            person = self._vehicle(record.vehicle)
            return _Clear(person_id=person, at=record.read_at, amount=record.distance, word=record.unit)
        if isinstance(record, ProviderRecord):
            return _Clear((self.tidy(record.name),))
        person = self._consumer(record.consumer)
        if isinstance(record, AppointmentRecord | VisitRecord):
            return self._what_happened(record, person)
        if isinstance(record, ContactPointRecord):
            return self._contact_point(record, person)
        if isinstance(record, RecareDueRecord):
            word, days = record.recare_kind, record.interval_days
            return _Clear(person_id=person, word=word, day=record.due_on, amount=days, status=record.status)
        if isinstance(record, VehicleRecord):
            detail = tuple(map(self.tidy, (record.vin, record.plate, record.make, record.model)))
            day, year = record.registration_ends_on, record.model_year
            return _Clear(detail, person_id=person, day=day, amount=year, status=record.status)
        if isinstance(record, ServiceLineRecord):
            return _Clear(
                (self.tidy(record.description),),
                person_id=person,
                other_id=self._vehicle(record.vehicle),
                word=record.service_kind,
                status=record.state,
                at=record.stated_at,
                amount=record.total_cents,
                language=record.currency,
            )
        if isinstance(record, RelationRecord):
            return _Clear(person_id=person, other_id=self._consumer(record.related), word=record.relation)
        if isinstance(record, ConsentSignalRecord):
            answer = "granted" if record.granted else "refused"
            return _Clear(person_id=person, word=record.scope, status=answer, at=record.said_at)
        return _Clear(person_id=person, other_id=self._consumer(record.into))

    def _what_happened(self, record: AppointmentRecord | VisitRecord, person: UUID | None) -> _Clear:
        if isinstance(record, VisitRecord):
            cents, currency, vehicle = record.total_cents, record.currency, (self.tidy(record.vehicle),)
            return _Clear(vehicle, person_id=person, at=record.completed_at, amount=cents, language=currency)
        return _Clear(
            (self.tidy(record.provider),),
            person_id=person,
            at=record.starts_at,
            amount=record.minutes,
            status=record.status,
            booked_at=record.booked_at,
            word=record.starts_at.isoformat() if record.starts_at else "",
        )

    def _contact_point(self, record: ContactPointRecord, person: UUID | None) -> _Clear:
        value, key, problem = self.tidy(record.value), None, None
        if record.kind == "email":
            choice = choose_address(value, self.rules)
            kept, problem = choice.address or choice.held, choice.problem
            value = kept.address if kept else ""
            key = self.address_keys.key_of(choice.address.folded) if choice.address else None
        return _Clear(
            (value,),
            person_id=person,
            word=record.kind,
            status=record.state,
            address_key=key,
            address_problem=problem,
            at=record.valid_from,
            booked_at=record.valid_to,
        )


def gone_row(kind: int, row_id: UUID, gone_at: datetime, keys: SubscriberKeys, *, historic: bool) -> StagingRow:
    """Return a tombstone of any kind."""
    content = keyed_hash(keys.contents, GONE)
    status, word = GONE_STATUS.get(kind, ""), GONE_WORD.get(kind, "")
    return StagingRow(kind, row_id, gone_at, content, None, historic, True, status=status, word=word)


def _moment(record: ChildRecord) -> datetime | None:
    """When what a record tells of took place, if it says so: older than go-live is history (N-36)."""
    for name in ("starts_at", "completed_at", "read_at", "stated_at"):
        if name in record.__dict__:
            return record.__dict__[name]  # type: ignore[no-any-return]
    return None


def _text(value: object) -> str:
    return str(value.timestamp()) if isinstance(value, datetime) else "" if value is None else str(value)
