"""The lines of an export as NDJSON, which is exact; its CSV is made by `shared.kit.csv_lines`."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from shared.kit.csv_lines import plain_value
from shared.kit.errors import Problem
from shared.schemas.record_exports import RecordExport


class TooManyExportsError(Problem):
    """A business takes its data out now and then; a stolen credential does so all the time (S-056, S-132)."""

    status, code, title = 429, "too_many_exports", "So many exports a day are not given; ask again tomorrow."
    headers = {"Retry-After": "3600"}  # noqa: RUF012


def json_lines(rows: Iterable[dict[str, Any]]) -> str:
    """Return a line per row."""
    return "".join(_line({name: plain_value(value) for name, value in row.items()}) for row in rows)


def json_head(record: RecordExport, columns: Sequence[str]) -> str:
    """Return the first line: what this is, of which class its information is (S-073), and which fields follow."""
    return _line({"export": record.model_dump(mode="json", exclude={"rows", "finished_at"}), "columns": list(columns)})


def json_tail(rows: int) -> str:
    """Return the last line, without which the file is not complete."""
    return _line({"exported": rows})


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
