"""A survey's answer and what many of them say: one score from 0 to 10 and a comment (S-005)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.kit.errors import Problem
from shared.schemas.location import LocationFacts

SCORES: Final = range(11)
LONGEST_COMMENT: Final = 2000
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]+")


class ScoreMissingError(Problem):
    """A survey's form without a score from 0 to 10."""

    status, code, title = 422, "score_missing", "A score from 0 to 10 is needed; nothing was kept."


class CommentTooLongError(Problem):
    """A comment that nobody would read."""

    status, code, title = 422, "comment_too_long", "The comment is longer than 2,000 letters; nothing was kept."


@dataclass(frozen=True, slots=True)
class SurveyInput:
    """What a form says. `comment` None leaves the one on file as it is, "" takes it back."""

    score: int
    comment: str | None


@dataclass(frozen=True, slots=True)
class SurveyView:
    """What the page shows: place and day of the visit, and the answer on file. The comment itself is not shown to whoever opens the link (L-102)."""

    location: LocationFacts
    visited_on: date
    score: int | None
    has_comment: bool


def read_survey(form: Mapping[str, str]) -> SurveyInput:
    """Return what a form says; raises ScoreMissingError or CommentTooLongError."""
    word = form.get("score", "")
    if not (word.isascii() and word.isdigit() and len(word) <= 2 and int(word) in SCORES):
        raise ScoreMissingError
    lines = form.get("comment", "").replace("\r\n", "\n").replace("\r", "\n")
    comment = _CONTROL.sub(" ", lines).strip()
    if len(comment) > LONGEST_COMMENT:
        raise CommentTooLongError
    return SurveyInput(int(word), comment or ("" if "take_back" in form else None))


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers counted: `total` is the sum of the scores, `promoters` gave 9 or 10, `detractors` 0 to 6."""

    count: int
    total: int
    promoters: int
    detractors: int

    @property
    def mean(self) -> float | None:
        """The mean score, to two places; None without answers."""
        return round(self.total / self.count, 2) if self.count else None

    @property
    def nps(self) -> float | None:
        """The share of promoters less the share of detractors, in percent from -100 to 100, to one place; None without answers."""
        return round(100 * (self.promoters - self.detractors) / self.count, 1) if self.count else None
