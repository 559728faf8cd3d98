"""Scheduler's wire, audiences: who qualifies for a campaign, as a small closed language of facts, operators, all, any and none."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from shared.schemas.wire import Slug, Wire

AudienceWarning = Literal["matches_nobody", "matches_everybody"]
FactKind = Literal["flag", "choice", "set", "number", "day"]
"""`flag` true or false, `choice` one of given words, `set` several of given words, `number` a whole number, `day` a local date."""

Amount = Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]
Word = Annotated[str, StringConstraints(max_length=64)]


class AudienceRule(Wire):
    """Exactly one of a condition (`fact`, `operator`, `value`, `days` where the fact counts over a time), `all`, `any` or `none` of further rules.

    What is unknown of a person satisfies no condition. An unknown member is refused: a misspelt one would widen whom is written to.
    """

    model_config = ConfigDict(extra="forbid")

    fact: Slug | None = None
    operator: Slug | None = None
    value: StrictBool | Amount | Word | Annotated[list[Amount | Word], Field(max_length=50)] | None = Field(
        default=None,
        description="true or false, a whole number, a date as 2026-03-31, or a list of words, as the operator takes it",
    )
    days: StrictInt | None = Field(default=None, ge=1, le=3660, description="counted over so many days back")
    all: list["AudienceRule"] | None = Field(default=None, max_length=40)
    any: list["AudienceRule"] | None = Field(default=None, max_length=40)
    none: list["AudienceRule"] | None = Field(default=None, max_length=40)


class AudienceFact(Wire):
    """A fact that rules may ask for. `values` are the words it takes, empty for numbers, days and ids. `days` says whether a time back is taken."""

    slug: Slug
    title: str
    kind: FactKind
    verticals: list[Literal["dental", "auto"]]
    operators: list[Slug]
    values: list[str]
    days: Literal["none", "optional", "needed"]


class AudienceCountInput(Wire):
    """Whom would this audience choose at this location now?"""

    location_id: UUID
    audience: AudienceRule


class AudienceCount(Wire):
    """`people` have a record at the location, `matched` of them are in the audience, `reachable` of those are active and have an address.

    Whether each may be written to (permission) is decided when a mail is sent. `sample`: up to ten of the reachable, by id.
    """

    sentence: str
    people: int
    matched: int
    reachable: int
    sample: list[UUID]
    warnings: list[AudienceWarning]
