"""The words of an export: CSV that no spreadsheet takes for formulas, NDJSON that is exact (S63)."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from shared.kit.errors import Problem
from shared.schemas.record_exports import RecordExport

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
"""What begins a formula, or once did, in some spreadsheet; full-width forms are folded by some (OWASP, CSV injection)."""


class TooManyExportsError(Problem):
    """A business takes its data out now and then; a stolen credential does so all the time (S-056, S-132)."""

    status, code, title = 429, "too_many_exports", "So many exports a day are not given; ask again tomorrow."
    headers = {"Retry-After": "3600"}  # noqa: RUF012


def csv_lines(columns: Sequence[str], rows: Iterable[dict[str, Any]], *, with_header: bool) -> str:
    """Return rows as RFC 4180 lines, the header first if wanted."""
    made = io.StringIO()
    writer = csv.writer(made)
    if with_header:
        writer.writerow(columns)
    writer.writerows([_safe(_text(row[name])) for name in columns] for row in rows)
    return made.getvalue()


def json_lines(rows: Iterable[dict[str, Any]]) -> str:
    """Return a line per row."""
    return "".join(_line({name: _plain(value) for name, value in row.items()}) for row in rows)


def json_head(record: RecordExport, columns: Sequence[str]) -> str:
    """Return the first line: what this is, of which class its information is (S-073), and which fields follow."""
    return _line({"export": record.model_dump(mode="json", exclude={"rows", "finished_at"}), "columns": list(columns)})


def json_tail(rows: int) -> str:
    """Return the last line, without which the file is not complete."""
    return _line({"exported": rows})


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def _text(value: Any) -> str:
    plain = _plain(value)
    return "" if plain is None else str(plain).lower() if isinstance(plain, bool) else str(plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
