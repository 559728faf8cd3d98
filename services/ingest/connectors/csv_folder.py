"""A folder into which a practice or shop system writes CSV exports; a mapping says which column is what (domain 3.6, N-86)."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.ingest.domain.connector import Connector, Found, Mark, Reading, SourceFailedError, SourceItem, Whole
from services.ingest.domain.csv_export import FIELDS, translate
from services.ingest.domain.csv_guess import propose
from services.ingest.domain.csv_rows import CHARSETS, read_row
from services.ingest.domain.forbidden_fields import forbidden_name
from services.ingest.domain.lines import Lines
from services.ingest.domain.read_record import RecordRefusedError
from shared.schemas.ingest import Entity
from shared.schemas.location import ZoneName

_BLOCK_OCTETS: Final = 256 * 1024
_GUESSED_OCTETS: Final = 1024**2
_KEYS: Final[dict[str, tuple[str, Entity]]] = {
    "person": ("foreign_id", "consumer"),
    "appointment": ("appointment_id", "appointment"),
}


class CsvFile(BaseModel):
    """One kind of file and what its columns are."""

    model_config = ConfigDict(extra="forbid")

    pattern: str = Field(
        min_length=1, pattern=r"^[^/\\]+$", description="name of the file, with * and ?; the newest counts"
    )
    rows: Literal["person", "appointment"] = Field(default="person", description="what a row is")
    encoding: str = Field(default="utf-8", description="utf-8 or windows-1252")
    separator: Literal[",", ";", "\t", "|"] = Field(default=",", description="what stands between columns")
    dates: Literal["iso", "mdy", "dmy"] = Field(default="iso", description="the order in 03/04/2026")
    whole: bool = Field(default=False, description="the file names everybody: who is no longer in it is gone")
    columns: dict[str, str] = Field(description="our field to the column's title")

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if self.encoding.lower() not in CHARSETS:
            raise ValueError("encoding must be utf-8 or windows-1252")
        unknown = sorted(set(self.columns) - FIELDS)
        if unknown:
            raise ValueError(f"columns has unknown fields; known are {', '.join(sorted(FIELDS))}")
        if _KEYS[self.rows][0] not in self.columns:
            raise ValueError(f"columns must name {_KEYS[self.rows][0]}")
        if any(forbidden_name(title) for title in self.columns.values()):
            raise ValueError("columns names a column that is never read")
        return self


class CsvSettings(BaseModel):
    """Where the exports lie and how they are to be read."""

    model_config = ConfigDict(extra="forbid")

    folder: Path = Field(description="where the exports are written")
    zone: ZoneName = Field(description="zone of the location, for times without one, as America/Los_Angeles")
    stale_hours: float = Field(
        default=26, gt=0, description="an export older than this is not taken for news, so that reminders pause"
    )
    files: list[CsvFile] = Field(
        min_length=1, max_length=20, description="[[source.files]]: the files and their columns; --guess proposes them"
    )


async def read(settings: CsvSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield the rows of the newest file of each pattern, if anything changed since the last run. A file that grows meanwhile ends the run."""
    chosen = [(spec, _newest(settings.folder, spec.pattern)) for spec in settings.files]
    before = _fingerprint([file for _, file in chosen])
    newest = max(datetime.fromtimestamp(file.stat().st_mtime, UTC) for _, file in chosen)
    if reading.now - newest > timedelta(hours=settings.stale_hours):
        hours = int((reading.now - newest).total_seconds() // 3600)
        raise SourceFailedError(f"The newest export is {hours} hours old: look why the practice system writes none.")
    if reading.cursor.get("files") == before:
        return
    for spec, file in chosen:
        if spec.whole:
            yield Whole(frozenset((_KEYS[spec.rows][1],)))
        seen_at = min(datetime.fromtimestamp(file.stat().st_mtime, UTC), reading.now)
        for item in _rows(file, spec, settings.zone, seen_at):
            yield item
        if _fingerprint([each for _, each in chosen]) != before:
            raise SourceFailedError(f"{file.name} was written while it was read: the next run takes it.")
        if spec.whole:
            yield Mark(reading.cursor)
    yield Mark({"files": before})


def _newest(folder: Path, pattern: str) -> Path:
    found = [file for file in folder.glob(pattern) if file.is_file() and not file.is_symlink()]
    if not found:
        raise SourceFailedError(f"There is no file {pattern} in the folder of exports.")
    return max(found, key=lambda file: (file.stat().st_mtime, file.name))


def _fingerprint(files: list[Path]) -> str:
    parts = [f"{file.name}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in files]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def _lines(file: Path) -> Iterator[bytes | None]:
    cutter = Lines(quoted=True)
    with file.open("rb") as source:
        while block := source.read(_BLOCK_OCTETS):
            for chunk in cutter.feed(block):
                yield from chunk.lines
    for chunk in cutter.finish():
        yield from chunk.lines


def _rows(file: Path, spec: CsvFile, zone: str, seen_at: datetime) -> Iterator[SourceItem]:
    charset = CHARSETS[spec.encoding.lower()]
    titles: list[str] | None = None
    for line in _lines(file):
        try:
            row = [cell.strip() for cell in read_row(line, spec.separator, charset)] if line is not None else []
        except RecordRefusedError as refused:
            yield SourceItem(None, seen_at, f"row_{refused.code}")
            continue
        if titles is None:
            titles = row
            _refuse_other_columns(titles, spec, file.name)
        elif line is None or (any(row) and len(row) != len(titles)):
            yield SourceItem(None, seen_at, "row_columns_mismatch")
        elif any(row) and row != titles:
            cells = {field: row[titles.index(title)] for field, title in spec.columns.items()}
            left = {title: None for title in titles if forbidden_name(title)}
            yield SourceItem(
                {"rows": spec.rows, "dates": spec.dates, "zone": zone, "cells": cells, "columns": left}, seen_at
            )


def _refuse_other_columns(titles: list[str], spec: CsvFile, name: str) -> None:
    """A vendor's update that renames a column must not empty everybody's field: the run ends and says which is missing."""
    missing = [title for title in spec.columns.values() if title not in titles]
    if missing:
        raise SourceFailedError(
            f"{name} has no column {missing[0]!r} (or another encoding or separator): --guess FOLDER proposes a mapping."
        )


def guess(folder: Path) -> str:
    """Return a configuration for the files of a folder, with the reason for each choice as a comment."""
    files = sorted((*folder.glob("*.csv"), *folder.glob("*.txt"), *folder.glob("*.tsv")))
    looks = []
    for file in files[:20]:
        with file.open("rb") as source:
            looks.append((file.name.encode("utf-8", "replace").decode(), source.read(_GUESSED_OCTETS)))
    return propose(str(folder), looks)


CONNECTOR: Final = Connector(
    slug="csv_folder",
    description="CSV exports of any practice or shop system, a folder on this computer",
    settings=CsvSettings,
    read=read,
    translate=translate,
    needs="that the system writes an export to a folder at least once a day, and a mapping: --guess FOLDER proposes one",
    reads="the columns that the mapping names and no other; columns such as SSN or insurance numbers cannot be named",
    guess=guess,
)
