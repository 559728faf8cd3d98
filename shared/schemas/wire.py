"""The base of every wire model, because tolerant reading and frozen values are one decision, not thirty."""

from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Item = TypeVar("Item")


class Wire(BaseModel):
    """Frozen; unknown fields are ignored, so that an older reader understands a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A stable machine word: campaign type, connector, channel, reason code."""

Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line of text: no control characters, so that it can stand in a header, a log and a column (S47, S78)."""

Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
"""A human name of a business, location or person, in one line."""

AddressKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{1,4}\.[A-Za-z0-9_-]{22}$")]
"""Keyed hash of a folded address with its key id in front (schemas/address.py)."""

Instant = AwareDatetime
"""A point in time with offset; naive times are refused (N-50)."""


class Page(Wire, Generic[Item]):
    """One page of a list; `next` is the cursor of the following page or null at the end."""

    items: list[Item]
    next: str | None = Field(description="opaque cursor; pass it as `after`")


class Change(Wire):
    """One row of a change feed. `position` is opaque and only grows within an epoch."""

    position: str
    subscriber_id: UUID | None
    kind: Slug
    key: UUID
    body: dict[str, object] | None


class Changes(Wire):
    """A page of a change feed (architecture 2). `cursor` is what the follower stores and passes as `after`."""

    epoch: UUID
    changes: list[Change]
    cursor: str


class DirectoryEntry(Wire):
    """A fact pushed downhill: kept by (kind, id); an older `version` never overwrites a newer one."""

    version: int = Field(ge=1)
    subscriber_id: UUID | None = None
    body: dict[str, object]


class DirectoryAnswer(Wire):
    """`kept` is false when a newer version was already there (the push is then a harmless repeat)."""

    kept: bool
    version: int
