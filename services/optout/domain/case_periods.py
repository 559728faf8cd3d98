"""By when a privacy request must have been answered, as data by law: all that hold count, so the earliest day decides (L-093, L-094, L-095).

A law that a request does not fall under gives no day. For a platform-wide request nobody knows where the person lives: then every law counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from services.optout.domain.jurisdictions import months_after
from shared.schemas.privacy_cases import CaseKind


@dataclass(frozen=True, slots=True)
class Span:
    """A period of days, or of calendar months (the last day of a shorter month)."""

    days: int = 0
    months: int = 0

    def after(self, instant: datetime) -> datetime:
        """Return the instant at which the period that began then is over."""
        return months_after(instant, self.months) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True, eq=False)
class PrivacyLaw:
    """A law by its name; `spans`: the period of each kind of request, `extension`: by how much it may be prolonged once, telling the person why."""

    name: str
    spans: Mapping[CaseKind, Span]
    extension: Span


@dataclass(frozen=True, slots=True)
class DueDate:
    """The law that decides, by when it wants an answer, and by when at the latest after the one extension it allows."""

    law: str
    due_at: datetime
    latest_at: datetime


def _all(span: Span, **others: Span) -> Mapping[CaseKind, Span]:
    kinds: tuple[CaseKind, ...] = ("access", "correction", "erasure", "stop_processing")
    return MappingProxyType({kind: others.get(kind, span) for kind in kinds})


_MONTH: Final = Span(months=1)
_OPT_OUT: Final = Span(days=14)
"""Ten business days, with a week-end and no holiday between them to spare (16 CFR 316.5); 15 in California (11 CCR 7026(f))."""

HIPAA: Final = PrivacyLaw(
    "hipaa", MappingProxyType({"access": Span(days=30), "correction": Span(days=60)}), Span(days=30)
)
"""45 CFR 164.524(b)(2) and 164.526(b)(2). It knows no erasure of records that must be kept, so none of ours falls under it."""
STATES: Final = PrivacyLaw("us_states", _all(Span(days=45), stop_processing=_OPT_OUT), Span(days=45))
"""California (Civ. Code 1798.130(a)(2)) and the states that followed it; an objection is an opt-out."""
PIPEDA: Final = PrivacyLaw("pipeda", _all(Span(days=30)), Span(days=30))
"""Canada: s. 8(3) and (4)."""
GDPR: Final = PrivacyLaw("gdpr", _all(_MONTH), Span(months=2))
"""Art. 12(3); also every country that nobody has looked at."""
OURS: Final = PrivacyLaw(
    "own_promise",
    MappingProxyType({"complaint": Span(days=30), "unclear": Span(days=10)}),
    Span(days=30),
)
"""No law names a day: a complaint about us (S-141), and a mail that a person has yet to understand, because it may be an opt-out."""

_BY_COUNTRY: Final = MappingProxyType({"US": (STATES,), "PR": (STATES,), "CA": (PIPEDA,)})
_EVERYWHERE: Final = (HIPAA, STATES, PIPEDA, GDPR)


def laws_of(country: str | None, *, is_dental: bool) -> tuple[PrivacyLaw, ...]:
    """Return the laws of a country (ISO 3166-1 alpha-2) and trade; every law where the country is not known."""
    if country is None:
        return _EVERYWHERE
    laws = _BY_COUNTRY.get(country, (GDPR,))
    return (HIPAA, *laws) if is_dental and country in ("US", "PR") else laws


def due_date(kind: CaseKind, opened_at: datetime, laws: tuple[PrivacyLaw, ...]) -> DueDate:
    """Return the earliest day of these laws for a request of this kind, our own promise where none has one."""
    found = [law for law in laws if kind in law.spans] or [OURS]
    law = min(found, key=lambda each: each.spans[kind].after(opened_at))
    due_at = law.spans[kind].after(opened_at)
    return DueDate(law.name, due_at, law.extension.after(due_at))
