"""What a connector is: it reads one kind of source and translates what it finds into our records. One file per system, found by looking.

`read` yields three things. A `SourceItem` is one thing as the source wrote it. A `Mark` says that everything before it has been read, and from where
reading may go on: the agent keeps it once all that came before is durable at ingest. A `Whole` says that what follows, up to the next mark, names all
records of some entities, so that what it does not name is gone at the source (N-44, N-76).
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypedDict, Unpack

from pydantic import BaseModel

from services.ingest.domain.read_record import AnyRecord
from shared.schemas.ingest import Entity

Raw = dict[str, Any]
Cursor = Mapping[str, str]
"""Where a connector stopped, in words of its own; empty before the first run."""


class SourceFailedError(Exception):
    """The source cannot be read on; the text is one sentence for a person and holds no credential and nothing personal."""


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One thing as the source wrote it. `raw` is None for what could not even be read, with `problem` saying why."""

    raw: Raw | None
    seen_at: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """All before this has been read; reading may go on from `cursor`."""

    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Whole:
    """Up to the next mark all records of these entities are named."""

    entities: frozenset[Entity]


Found = SourceItem | Mark | Whole


@dataclass(frozen=True, slots=True)
class Translation:
    """The records that a thing becomes, or the reason why it becomes none (a machine word, no values).

    `left_out` names fields that could not be understood and were left out of the records.
    """

    records: list[AnyRecord] = field(default_factory=list)
    skipped: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor's server answered, within the agent's limits. Header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read_json(self) -> Any:
        """Return the body's JSON; raises SourceFailedError for anything else."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise SourceFailedError("The source answered with something that is no JSON.") from None


class How(TypedDict, total=False):
    """How something is asked. `accept`: the statuses that are an answer, 200 unless said otherwise. Without `signed` no credential goes along."""

    params: Mapping[str, Any] | None
    json: Any
    form: Mapping[str, str]
    headers: Mapping[str, str]
    accept: tuple[int, ...]
    signed: bool


class Web(Protocol):
    """A vendor's server, asked politely: bounded answers, back-off on 429 and 5xx, no redirects. Everything raises SourceFailedError."""

    @property
    def answered_at(self) -> datetime | None:
        """When the server first answered in this run, by its own clock; None if it does not say."""
        ...

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON at a path, or at an address of the same server."""
        ...

    async def ask(self, method: str, path: str, **how: Unpack[How]) -> Answer:
        """Return an answer with one of the statuses that were asked for."""
        ...

    def lines(self, path: str) -> AsyncIterator[bytes]:
        """Yield the lines of a long answer; the last one lacks its line end when the answer was cut off."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait, as a source asks for between two looks."""
        ...


Sign = Callable[[Web], Awaitable[Mapping[str, str]]]
"""Returns the headers that prove who asks; asked again once when they are refused (401)."""


class OpenWeb(Protocol):
    """Makes a `Web` for the server at an address: https, or http on this machine."""

    def __call__(self, url: str, *, sign: Sign | None = None, other_hosts: tuple[str, ...] = ()) -> Web:
        """`other_hosts` are those beside the server's own that files may be fetched from, without credentials."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """One run: where the last one stopped, the time, and the way to the vendor."""

    cursor: Cursor
    now: datetime
    open_web: OpenWeb


def begun_at(reading: Reading, web: Web) -> datetime:
    """Return when a run began, by the clock that is behind. A practice's computer may be an hour ahead of the vendor: by its own clock alone what
    changed in that hour would never be asked for.
    """
    return min(reading.now, web.answered_at or reading.now)


@dataclass(frozen=True, slots=True)
class Connector:
    """A plug-in. `read` does the reading (people first, so that nothing need be parked); `translate` is pure and never raises.

    `needs` and `reads` are for the person who sets it up. `guess` proposes a configuration for a folder, with its reasons.
    """

    slug: str
    description: str
    settings: type[BaseModel]
    read: Callable[[Any, Reading], AsyncIterator[Found]]
    translate: Callable[[SourceItem], Translation]
    needs: str = ""
    reads: str = ""
    guess: Callable[[Path], str] | None = None
    has_refusals: bool = True
    """Whether the source tells who refused e-mail. Where it does not, refusals must come another way, and `needs` says so."""


UNREADABLE: Final = ("line_unreadable", "file_cut_off")
"""Problems after which a run does not count as complete."""
