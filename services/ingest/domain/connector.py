"""What a connector is: it reads one kind of source and translates what it finds into our records. One file per system, found by looking."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from services.ingest.domain.read_record import AnyRecord

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One thing as the source wrote it. `raw` is None for what could not even be read, with `problem` saying why."""

    raw: Raw | None
    seen_at: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """The records that a thing becomes, or the reason why it becomes none (a machine word, no values)."""

    records: list[AnyRecord] = field(default_factory=list)
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """A plug-in. `read` does the reading (people first, so that nothing need be parked); `translate` is pure."""

    slug: str
    description: str
    settings: type[BaseModel]
    read: Callable[[Any], Iterator[SourceItem]]
    translate: Callable[[SourceItem], Translation]


UNREADABLE: Final = ("line_unreadable", "file_cut_off")
"""Problems after which a run does not count as complete."""
