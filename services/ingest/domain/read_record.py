"""Turns one line into one validated record or the reason why not, with one verdict for every oddity of JSON (S62, N-81, N-85).

The validator reads a line in 3 us but says nothing of duplicate keys and unknown fields. When a line has as many keys as the record has fields it
can hold neither; every other line is looked at a second time by a reader that sees all keys.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, NoReturn

from pydantic import Discriminator, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from services.ingest.domain.forbidden_fields import forbidden_name
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
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

ChildRecord = (
    AppointmentRecord
    | VisitRecord
    | RecareDueRecord
    | VehicleRecord
    | OdometerReadingRecord
    | ServiceLineRecord
    | RelationRecord
    | ProviderRecord
    | ContactPointRecord
    | ConsentSignalRecord
    | MergeRecord
)
"""What hangs on a person or a vehicle, and providers."""
AnyRecord = ConsumerRecord | ChildRecord
_ADAPTER: Final[TypeAdapter[AnyRecord]] = TypeAdapter(Annotated[AnyRecord, Discriminator("type")])
_FROM_JSON: Final = _ADAPTER.validate_json
_FROM_TEXTS: Final = _ADAPTER.validate_strings
_CONTROL: Final = re.compile(r"[\x01-\x1f\x7f-\x9f\u2028\u2029]+")
_INSTANTS: Final = {
    "appointment": ("source_updated_at", "starts_at", "booked_at"),
    "visit": ("source_updated_at", "completed_at"),
    "odometer_reading": ("source_updated_at", "read_at"),
    "service_line": ("source_updated_at", "stated_at"),
    "contact_point": ("source_updated_at", "valid_from", "valid_to"),
    "consent_signal": ("source_updated_at", "said_at"),
}
_ONE_INSTANT: Final = ("source_updated_at",)
_NEEDED: Final = {
    "visit": ("completed_at",),
    "recare_due": ("consumer",),
    "odometer_reading": ("vehicle", "read_at", "distance"),
    "relation": ("consumer", "related"),
    "contact_point": ("consumer", "value"),
    "consent_signal": ("consumer", "granted"),
    "merge": ("consumer", "into"),
}
"""Without these a record says nothing."""
_FOREIGN_ID: Final = re.compile(rb'"foreign_id"\s*:\s*"([\x20\x21\x23-\x5b\x5d-\x7e]{1,128})"')
_FIRST_YEAR: Final = 1
_LAST_YEAR: Final = 9998
_CODES: Final = {"union_tag_not_found": ("type", "missing"), "union_tag_invalid": ("type", "type_unknown")}


class RecordRefusedError(Exception):
    """A record that cannot be taken: `field` is one of ours or empty, `code` is stable; the value is never kept."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field = field
        self.code = code


@dataclass(slots=True)
class RecordReader:
    """Reads the lines of one batch. `source_time` stands in where records carry no time of their own; `dropped` counts forbidden fields by name."""

    source_time: datetime | None
    dropped: Counter[str]

    def read_json(self, line: bytes) -> tuple[AnyRecord, str | None]:
        """Return the record and, if its e-mail value could not even be read, that problem's code; raises RecordRefusedError."""
        problem = None
        try:
            record = _FROM_JSON(line)
        except ValidationError as error:
            record, problem = self._mended(error, self._parsed(line, error), texts=False)
        else:
            keys = len(record.__pydantic_fields_set__)
            plain = b"\\" not in line and b'" ' not in line and b'"\t' not in line and b'"\r' not in line
            if not plain or line.count(b'":') != keys:
                self._parsed(line)
                record = _without_controls(record)
        _refuse_impossible(record)
        return record, problem

    def read_cells(self, cells: dict[str, str]) -> tuple[AnyRecord, str | None]:
        """As `read_json`, for the non-empty cells of a CSV row."""
        problem = None
        try:
            record = _FROM_TEXTS(cells)
        except ValidationError as error:
            record, problem = self._mended(error, cells, texts=True)
        record = _without_controls(record)
        _refuse_impossible(record)
        return record, problem

    def _mended(self, error: ValidationError, data: dict[str, Any], *, texts: bool) -> tuple[AnyRecord, str | None]:
        """Try once more without an unreadable e-mail value (N-18) and with the batch's time in place of a missing one."""
        data, problem = dict(data), None
        for row in error.errors(include_url=False, include_input=False, include_context=False):
            field = row["loc"][-1] if row["loc"] else ""
            if field == "email":
                data.pop("email", None)
                problem = "address_invalid"
            elif field == "source_updated_at" and row["type"] == "missing" and self.source_time is not None:
                data["source_updated_at"] = self.source_time.isoformat()
            else:
                _refuse_row(row)
        try:
            return (_FROM_TEXTS(data) if texts else _FROM_JSON(json.dumps(data))), problem
        except (ValidationError, ValueError) as second:
            _refuse(second if isinstance(second, ValidationError) else error)

    def _parsed(self, line: bytes, error: ValidationError | None = None) -> dict[str, Any]:
        """Read a line by the slower reader: refuses duplicate keys and NaN, counts forbidden fields at any depth."""

        def count(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            found = dict(pairs)
            if len(found) != len(pairs):
                raise RecordRefusedError("", "duplicate_key")
            for name in found:
                if forbidden := forbidden_name(name):
                    self.dropped[forbidden] += 1
            return found

        try:
            data = json.loads(line, object_pairs_hook=count, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise RecordRefusedError("", "json_invalid") from None
        if not isinstance(data, dict):
            if error is not None:
                _refuse(error)
            raise RecordRefusedError("", "json_invalid")
        return data


def key_in(line: bytes) -> str | None:
    """Return the key in a line that could not be taken as a record, if one can be seen without unescaping."""
    found = _FOREIGN_ID.search(line)
    return found[1].decode() if found else None


def _refuse(error: ValidationError) -> NoReturn:
    _refuse_row(error.errors(include_url=False, include_input=False, include_context=False)[0])


def _refuse_row(row: ErrorDetails) -> NoReturn:
    if row["type"] in _CODES:
        raise RecordRefusedError(*_CODES[row["type"]])
    raise RecordRefusedError(str(row["loc"][-1]) if row["loc"] else "", row["type"])


def _refuse_constant(_: str) -> NoReturn:
    raise RecordRefusedError("", "json_invalid")


def _without_controls(record: AnyRecord) -> AnyRecord:
    """Refuse NUL and turn other control characters and line separators into spaces: they have no place in a mail's header (N-20)."""
    clean: dict[str, str] = {}
    for name, value in record.__dict__.items():
        if isinstance(value, str):
            if "\x00" in value:
                raise RecordRefusedError(name, "nul_character")
            if (text := _CONTROL.sub(" ", value)) != value:
                clean[name] = text.strip()
    return record.model_copy(update=clean) if clean else record


def _refuse_impossible(record: AnyRecord) -> None:
    for name in _INSTANTS.get(record.type, _ONE_INSTANT):
        moment = getattr(record, name)
        if moment is not None and not _FIRST_YEAR < moment.year <= _LAST_YEAR:
            raise RecordRefusedError(name, "instant_out_of_range")
    if record.type == "merge" and not record.consumer:
        raise RecordRefusedError("consumer", "missing")
    if record.op == "upsert" and record.type in _NEEDED:
        for name in _NEEDED[record.type]:
            if getattr(record, name) in (None, ""):
                raise RecordRefusedError(name, "missing")
