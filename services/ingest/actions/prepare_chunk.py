"""Validates, canonicalises, hashes and encrypts the records of one chunk: all of ingest's work a row that is not the database's.

Runs in a thread while the chunk before it is merged; about 25 us of CPU a consumer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from services.ingest.domain.address_choice import MISSING, AddressChoice, AddressRules, choose_address
from services.ingest.domain.batch import CONSUMER, Prepared, Source, SourceOptout
from services.ingest.domain.forbidden_fields import SHORTEST_CARD, blank_card_numbers
from services.ingest.domain.lines import Chunk
from services.ingest.domain.outcome import REJECTED
from services.ingest.domain.person import Person, birthday_of, has_marker, minor_until
from services.ingest.domain.read_record import AnyRecord, RecordReader, RecordRefusedError
from services.ingest.domain.same_person import asked_descriptions
from services.ingest.domain.source_health import FieldSample
from services.ingest.store.child_rows import ChildRows, gone_row
from services.ingest.store.keeping_out import ErasedPeople
from services.ingest.store.namesakes import person_keys
from services.ingest.store.row_keys import SubscriberKeys
from services.ingest.store.tables import STAGING_COLUMNS
from shared.kit.crypto import keyed_hash, keyed_id
from shared.schemas.address import AddressKeys
from shared.schemas.ingest import ConsumerRecord, Entity

FUTURE_TOLERANCE: Final = timedelta(days=1)
"""A source's clock may be this far ahead; later times are taken as now (N-79)."""
_LINE: Final = len(STAGING_COLUMNS) - 1
_PROBLEM_ONLY: Final = AddressChoice(None, None)

Row = tuple[Any, ...]
ReadLine = Callable[[bytes, RecordReader], tuple[AnyRecord, str | None] | None]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a chunk's records are made into rows with."""

    source: Source
    keys: SubscriberKeys
    address_keys: AddressKeys
    rules: AddressRules
    most_rejections: int
    snapshot_of: Entity | None
    key_of: Callable[[bytes], str | None]
    sample: FieldSample | None
    erased: ErasedPeople


def prepare_chunk(chunk: Chunk, *, read: ReadLine, reader: RecordReader, workshop: Workshop) -> Prepared:
    """Return the chunk's rows, the newest of each id, with the account of everything else. `read` returns None for an empty line."""
    prepared = Prepared(chunk.last_line, chunk.lines_hash, chunk.octets)
    reader.dropped = prepared.tally.dropped
    maker = _RowMaker(workshop, prepared)
    best: dict[UUID, Row] = {}
    outcomes = prepared.outcomes
    for number, line in zip(chunk.numbers, chunk.lines, strict=True):
        if line == b"":
            continue
        try:
            if line is None:
                raise RecordRefusedError("", "line_too_long")
            found = read(line, reader)
            if found is None:
                continue
            row = maker.row_of(*found, line=number)
            if workshop.sample is not None:
                workshop.sample.note(found[0])
        except RecordRefusedError as refused:
            prepared.tally.received += 1
            prepared.tally.rejected += 1
            outcomes[number] = REJECTED
            maker.note_refused(line)
            if len(prepared.rejections) < workshop.most_rejections:
                prepared.rejections.append((number, refused.field, refused.code))
            continue
        prepared.tally.received += 1
        twin = best.get(row[1])
        best[row[1]] = row if twin is None else _newer(twin, row, prepared)
    prepared.rows = list(best.values())
    prepared.kinds = {row[0] for row in prepared.rows}
    return prepared


def _newer(twin: Row, row: Row, prepared: Prepared) -> Row:
    """Of two versions in one chunk the newer stays; at the same instant the later line (N-78). Historic once is historic for good."""
    old, new = (twin, row) if row[2] >= twin[2] else (row, twin)
    if old[3] == new[3]:
        prepared.tally.unchanged += 1
        prepared.outcomes[old[_LINE]] = "u"
    else:
        prepared.tally.superseded += 1
        prepared.outcomes[old[_LINE]] = "s"
    if old[5] and not new[5] and new[0] == CONSUMER:
        return (*new[:5], True, *new[6:])
    return new


class _RowMaker:
    """Makes staging rows, in the order of store/tables.py STAGING_COLUMNS."""

    def __init__(self, workshop: Workshop, prepared: Prepared) -> None:
        self._source = workshop.source
        self._keys = workshop.keys
        self._address_keys = workshop.address_keys
        self._rules = workshop.rules
        self._tally = prepared.tally
        self._optouts = prepared.optouts
        self._orders, self._erased = workshop.erased.orders, prepared.erased
        self._refused = prepared.refused
        self._snapshot_of, self._key_of = workshop.snapshot_of, workshop.key_of
        self._latest = workshop.source.now + FUTURE_TOLERANCE
        self._children = ChildRows(self._source, self._keys, self._address_keys, self._rules, self._tidy)
        self._id = self._children.id_of

    def row_of(self, record: AnyRecord, problem: str | None, *, line: int) -> Row:
        """Return the row of a record; `problem` is set when its e-mail value could not even be read."""
        updated_at = record.source_updated_at
        if updated_at > self._latest:
            updated_at = self._source.now
        if record.type == "consumer":
            return self._consumer(record, updated_at, problem, line)
        row = self._children.row_of(record, updated_at)._replace(line=line)
        if record.type == "consent_signal" and record.granted is False and row.person_id is not None:
            self._note_optout(record.foreign_id, row.person_id, None, record.said_at or updated_at)
        return row

    def note_refused(self, line: bytes | None) -> None:
        """In a snapshot a refused record is still there at the source: what it names is not absent (N-76, N-81)."""
        if self._snapshot_of is None:
            return
        key = self._key_of(line) if line is not None else None
        if key is None:
            self._tally.unidentified += 1
        else:
            self._refused.append(self._id(self._snapshot_of, key))

    def _tidy(self, text: str) -> str:
        text = text.strip()
        if len(text) >= SHORTEST_CARD:
            text, cards = blank_card_numbers(text)
            if cards:
                self._tally.dropped["card_number"] += cards
        return text

    def _consumer(self, record: ConsumerRecord, updated_at: Any, problem: str | None, line: int) -> Row:
        row_id = self._id("consumer", record.foreign_id)
        historic = self._source.is_history(updated_at)
        row: Row
        if record.op == "delete":
            choice = _PROBLEM_ONLY
            row = gone_row(CONSUMER, row_id, updated_at, self._keys, historic=historic)._replace(line=line)
        else:
            choice = AddressChoice(None, problem) if problem else choose_address(record.email, self._rules)
            row = self._person(record, row_id, updated_at, historic, choice, line)
        if record.email_ok is False:
            self._note_optout(record.foreign_id, row_id, row[8], updated_at)
        if choice.problem and choice is not MISSING:
            self._tally.flagged[choice.problem] += 1
        return row

    def _person(
        self, record: ConsumerRecord, row_id: UUID, updated_at: Any, historic: bool, choice: AddressChoice, line: int
    ) -> Row:
        first, last, preferred = record.first_name, record.last_name, record.preferred_name
        first, last, preferred = self._tidy(first), self._tidy(last), self._tidy(preferred)
        born, kept = record.birth_on, choice.address or choice.held
        person = Person(
            record.foreign_id,
            first,
            last,
            preferred,
            kept.address if kept else "",
            self._tidy(record.phone),
            born.isoformat() if born else "",
        )
        if self._orders:
            self._note_erased(person, row_id)
        packed = person.pack()
        status = "held" if record.status != "deceased" and has_marker(first, last, preferred) else record.status
        clear = "\x1f".join((status, record.language, record.household, record.guardian, choice.problem or ""))
        guardian = record.guardian if record.guardian != record.foreign_id else ""
        return (
            CONSUMER,
            row_id,
            updated_at,
            self._hash(packed + b"\x1e" + clear.encode()),
            self._keys.cipher.encrypt(packed, b"consumers.personal:" + row_id.bytes),
            historic,
            False,
            status,
            self._address_keys.key_of(choice.address.folded) if choice.address else None,
            choice.problem,
            record.language,
            self._id("household", record.household) if record.household else None,
            self._id("consumer", guardian) if guardian else None,
            minor_until(born, self._source.today),
            *(None, None, None),
            birthday_of(born, self._source.today),
            *("", None, None, line),
        )

    def _note_erased(self, person: Person, row_id: UUID) -> None:
        for person_key in person_keys(asked_descriptions(person), self._keys):
            if person_key in self._orders:
                self._erased.append((row_id, self._orders[person_key]))
                return

    def _note_optout(self, foreign_id: str, row_id: UUID, address_key: str | None, updated_at: Any) -> None:
        optout_id = keyed_id(self._keys.ids, self._source.connection_id, "optout", foreign_id, address_key or "")
        self._optouts.append(SourceOptout(optout_id, row_id, address_key, min(updated_at, self._source.now)))
        self._tally.optouts += 1

    def _hash(self, content: bytes) -> bytes:
        return keyed_hash(self._keys.contents, content)
