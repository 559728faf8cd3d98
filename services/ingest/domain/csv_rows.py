"""Reads the rows of a CSV upload under its header, one record at a time, so that a broken quote costs one record and not the file (S63, N-86)."""

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, get_args

from services.ingest.domain.batch import DateOrder
from services.ingest.domain.forbidden_fields import forbidden_name
from services.ingest.domain.read_record import AnyRecord, RecordRefusedError
from shared.kit.errors import Problem
from shared.schemas.ingest import Entity

_FIELDS: Final[dict[str, frozenset[str]]] = {
    model.model_fields["type"].default: frozenset(model.model_fields) for model in get_args(AnyRecord)
}
_DATES: Final = frozenset(("birth_on", "due_on", "registration_ends_on"))
_MOST_COLUMNS: Final = 500
_SEPARATORS: Final = (",", ";", "\t", "|")
_SERIAL_START: Final = date(1899, 12, 30)
_MOST_SERIAL: Final = 109_574
"""Spreadsheets count days from here (day 61 is 1 March 1900 in all of them); this one is 31 December 2199."""
CHARSETS: Final = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
}
"""What a CSV may be declared as. Latin-1 is read as Windows-1252, as browsers do (WHATWG Encoding 4.2)."""


class HeaderUnreadableError(Problem):
    """The first row does not name our fields: another encoding, or no header at all."""

    status, code = 422, "csv_header_unreadable"
    title = "The first row must name our fields, in the declared charset, separated by comma, semicolon, tab or bar."


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file was declared: Python's name of its charset and the order of day and month."""

    charset: str = "utf-8"
    dates: DateOrder = "iso"


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one upload: our field, `!` and the name of a forbidden one, or empty for a column we ignore."""

    entity: Entity
    columns: list[str]
    names: list[str]
    separator: str
    layout: Layout

    def cells(self, line: bytes, dropped: Counter[str]) -> dict[str, str] | None:
        """Return the non-empty cells of a row by field, None for an empty row and a repeated header; raises RecordRefusedError."""
        row = read_row(line, self.separator, self.layout.charset)
        if not any(row) or _names(row) == self.names:
            return None
        if len(row) != len(self.columns):
            raise RecordRefusedError("", "columns_mismatch")
        cells = {"type": str(self.entity)}
        for name, cell in zip(self.columns, row, strict=True):
            text = cell.strip()
            if not text or not name:
                continue
            if name[0] == "!":
                dropped[name[1:]] += 1
            else:
                cells[name] = iso_date(name, text, self.layout.dates) if name in _DATES else text
        return cells

    def key_in(self, line: bytes) -> str | None:
        """Return the key in a row that could not be taken as a record, if it can be read."""
        try:
            row = read_row(line, self.separator, self.layout.charset)
        except RecordRefusedError:
            return None
        key = dict(zip(self.columns, row, strict=False)).get("foreign_id", "").strip()
        return key or None


def read_header(line: bytes | None, entity: Entity, layout: Layout) -> Header:
    """Return the header or raise HeaderUnreadableError; names are compared without case and outer spaces.

    The separator is the one under which the row names `foreign_id` and most of our fields.
    """
    best: tuple[int, str, list[str]] = (0, ",", [])
    for separator in _SEPARATORS:
        try:
            names = _names(read_row(line or b"", separator, layout.charset))
        except RecordRefusedError:
            continue
        known = [name for name in names if name in _FIELDS[entity]]
        if "foreign_id" in known and len(set(known)) == len(known) and len(known) > best[0]:
            best = (len(known), separator, names)
    _, separator, names = best
    if not names or len(names) > _MOST_COLUMNS:
        raise HeaderUnreadableError
    return Header(entity, [_column(name, entity) for name in names], names, separator, layout)


def _names(row: list[str]) -> list[str]:
    return [name.strip().lower() for name in row]


def _column(name: str, entity: Entity) -> str:
    if name in _FIELDS[entity] and name != "type":
        return name
    forbidden = forbidden_name(name)
    return f"!{forbidden}" if forbidden else ""


def iso_date(field: str, text: str, order: DateOrder) -> str:
    """Return a date as ISO 8601; 03/04/2026 needs a declared order (N-86), and so does a spreadsheet's serial number."""
    parts = text.replace(".", "/").replace("-", "/").split("/")
    if len(parts) == 3 and len(parts[0]) == 4:
        return text
    if order == "iso":
        raise RecordRefusedError(field, "date_order_undeclared")
    try:
        if len(parts) == 1 and len(text) <= 6 and 0 < int(text) <= _MOST_SERIAL:
            return (_SERIAL_START + timedelta(days=int(text))).isoformat()
        first, second, year = (int(part) for part in parts)
        day, month = (second, first) if order == "mdy" else (first, second)
        return date(year, month, day).isoformat() if len(parts[2]) == 4 else "unreadable"
    except ValueError:
        return "unreadable"


def read_row(line: bytes, separator: str, charset: str) -> list[str]:
    """Return the cells of one record; raises RecordRefusedError for another charset or a broken quote."""
    try:
        text = line.decode(charset)
        rows = list(csv.reader(text.splitlines(True) if "\n" in text else [text], delimiter=separator, strict=True))
    except UnicodeDecodeError:
        raise RecordRefusedError("", "not_utf8" if charset == "utf-8" else "not_in_charset") from None
    except csv.Error:
        raise RecordRefusedError("", "csv_invalid") from None
    if len(rows) > 1:
        raise RecordRefusedError("", "csv_invalid")
    return rows[0] if rows else []
