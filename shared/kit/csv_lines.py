"""CSV that no spreadsheet takes for formulas (S63)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
"""What begins a formula, or once did, in some spreadsheet; full-width forms are folded by some (OWASP, CSV injection)."""


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, with_header: bool) -> str:
    """Return rows as RFC 4180 lines, the header first if wanted."""
    made = io.StringIO()
    writer = csv.writer(made)
    if with_header:
        writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return made.getvalue()


def plain_value(value: Any) -> Any:
    """Return a value as JSON has it: times and ids as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _cell(value: Any) -> str:
    """Numbers are numbers, negative ones too; a text that might be a formula is quoted by an apostrophe."""
    plain = plain_value(value)
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        return str(plain)
    text = "" if plain is None else str(plain).lower() if isinstance(plain, bool) else str(plain)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text
