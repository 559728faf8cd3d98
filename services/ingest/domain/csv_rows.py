"""Reads the rows of a CSV upload under its header, one record at a time, so that a broken quote costs one record and not the file (S63, N-86)."""

import csv
from collections import Counter
from dataclasses import dataclass
from typing import Final, get_args

from services.ingest.domain.forbidden_fields import forbidden_name
from services.ingest.domain.read_record import AnyRecord, RecordRefusedError
from shared.kit.errors import Problem
from shared.schemas.ingest import Entity

_FIELDS: Final[dict[str, frozenset[str]]] = {
    model.model_fields["type"].default: frozenset(model.model_fields) for model in get_args(AnyRecord)
}
_MOST_COLUMNS: Final = 500


class HeaderUnreadableError(Problem):
    """The first row does not name our fields: another separator, another encoding, or no header at all."""

    status, code, title = (
        422,
        "csv_header_unreadable",
        "The first row must name our fields, separated by commas, in UTF-8.",
    )


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one upload: our field, `!` and the name of a forbidden one, or empty for a column we ignore."""

    entity: Entity
    columns: list[str]

    def cells(self, line: bytes, dropped: Counter[str]) -> dict[str, str] | None:
        """Return the non-empty cells of a row by field, None for an empty row; raises RecordRefusedError."""
        row = _row(line)
        if not any(row):
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
                cells[name] = text
        return cells


def read_header(line: bytes | None, entity: Entity) -> Header:
    """Return the header or raise HeaderUnreadableError; names are compared without case and outer spaces."""
    try:
        names = [name.strip().lower() for name in _row(line or b"")]
    except RecordRefusedError:
        raise HeaderUnreadableError from None
    known = [name for name in names if name in _FIELDS[entity]]
    if "foreign_id" not in known or len(set(known)) != len(known) or len(names) > _MOST_COLUMNS:
        raise HeaderUnreadableError
    return Header(entity, [_column(name, entity) for name in names])


def _column(name: str, entity: Entity) -> str:
    if name in _FIELDS[entity] and name != "type":
        return name
    forbidden = forbidden_name(name)
    return f"!{forbidden}" if forbidden else ""


def _row(line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8")
        rows = (
            list(csv.reader([text], strict=True))
            if "\n" not in text
            else list(csv.reader([*text.splitlines(True)], strict=True))
        )
    except UnicodeDecodeError:
        raise RecordRefusedError("", "not_utf8") from None
    except csv.Error:
        raise RecordRefusedError("", "csv_invalid") from None
    if len(rows) > 1:
        raise RecordRefusedError("", "csv_invalid")
    return rows[0] if rows else []
