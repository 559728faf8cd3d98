"""A campaign's own settings: every figure of its type may be another at a location. Anything unknown is refused before anything is planned.

`steps`: per step false or true, or an object of `on`, `days` (or `hours`, `business_days`, as the type counts it) and `at`. `send_from`,
`send_until`, `useful_days`, `budget` (commercial messages to one address in thirty days that this campaign respects), `daily_most`, the type's own
figures, `hold_out_percent` (people left out to measure the effect), `send_on` or `dates` of a calendar, the location's own words, links and offer,
`review_sites` with a percentage each, a `comparison` of two
variants (domain/comparison_settings.py checks it), and an `audience` (domain/audience.py does).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from services.scheduler.domain.campaign_step import MOST_BUSINESS_DAYS, Step
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.campaign_words import wrong_words
from services.scheduler.domain.comparison_settings import takes_comparison, wrong_comparison
from shared.kit.errors import Problem

_MOST_DAYS: Final = 730
_TIMES: Final = ("send_from", "send_until")
_SHORTEST_WINDOW: Final = 120
"""Minutes: less leaves rolling no room."""
_FIGURES: Final[Mapping[str, tuple[int, int]]] = {
    "useful_days": (1, 60),
    "budget": (1, 30),
    "daily_most": (1, 1_000_000),
    "gap_days": (1, 3660),
    "service_months": (1, 60),
    "service_miles": (500, 100_000),
    "hold_out_percent": (0, 50),
}
"""Least and most of each figure."""


class SettingsUnusableError(Problem):
    """The settings of a campaign contradict its type or themselves."""

    status, code, title = 422, "settings_unusable", "These settings do not fit the campaign type; `errors` names them."


@dataclass(frozen=True, slots=True)
class SendWindow:
    """Local times between which mail may leave: from `opens`, before `closes`."""

    opens: time
    closes: time

    def contains(self, local: time) -> bool:
        """Tell whether mail may leave at this local time."""
        return self.opens <= local < self.closes


def check_settings(kind: CampaignType, settings: Mapping[str, object], *, window: SendWindow) -> None:
    """Raise SettingsUnusableError unless every setting is one of this type's, in its bounds, and what the type needs is there."""
    checks: dict[str, Callable[[], list[str]]] = {
        "steps": lambda: _wrong_steps(kind, settings["steps"]),
        **{name: (lambda name=name: _wrong_figure(name, settings[name])) for name in _figures_of(kind)},  # type: ignore[misc]
        **{name: (lambda name=name: [] if _time(settings[name]) else [name]) for name in _TIMES},  # type: ignore[misc]
    }
    if kind.trigger.kind == "calendar":
        checks["dates" if kind.dates else "send_on"] = lambda: _wrong_dates(kind, settings)
    if takes_comparison(kind):
        checks["comparison"] = lambda: wrong_comparison(kind, settings)
    free = ("words", "links", "offer", "review_sites", *(("audience",) if kind.takes_audience else ()))
    wrong = [name for name in settings if name not in checks and name not in free]
    for name, check in checks.items():
        if name in settings:
            wrong += check()
    wrong += wrong_words(kind, settings)
    if kind.trigger.kind == "calendar" and not kind.dates and "send_on" not in settings:
        wrong.append("send_on")
    opens, closes = _time(settings.get("send_from")) or window.opens, _time(settings.get("send_until")) or window.closes
    if not wrong and _minutes(closes) - _minutes(opens) < _SHORTEST_WINDOW:
        wrong.append("send_until")
    if wrong:
        named = sorted(set(wrong))[:50]
        raise SettingsUnusableError(errors=[{"field": f"settings.{name}"[:120], "code": "unusable"} for name in named])


def _figures_of(kind: CampaignType) -> list[str]:
    own = ["useful_days"] if kind.useful_days is not None else []
    own += ["budget"] if kind.message_class == "commercial" else []
    own += ["hold_out_percent"] if kind.takes_hold_out else []
    return [*own, *(["daily_most"] if kind.daily_most is not None else []), *kind.defaults]


def _wrong_figure(name: str, value: object) -> list[str]:
    least, most = _FIGURES[name]
    return [] if _is_whole(value) and least <= int(str(value)) <= most else [name]


def _wrong_steps(kind: CampaignType, steps: object) -> list[str]:
    if not isinstance(steps, Mapping):
        return ["steps"]
    return [f"steps.{slug}"[:80] for slug, own in steps.items() if not _is_step(kind.step(str(slug)), own)]


def _is_step(step: Step | None, own: object) -> bool:
    if step is None or isinstance(own, bool) or not isinstance(own, Mapping):
        return step is not None and isinstance(own, bool)
    unit = next((name for name in ("days", "hours", "business_days") if getattr(step, name) is not None), None)
    allowed = {"on"} | ({unit} if unit else set()) | ({"at"} if unit and unit != "hours" else set())
    if set(own) - allowed or not own or not isinstance(own.get("on", True), bool):
        return False
    if "at" in own and _time(own["at"]) is None:
        return False
    return unit is None or unit not in own or _is_offset(step, unit, own[unit])


def _is_offset(step: Step, unit: str, value: object) -> bool:
    """Tell whether a step may stand there: not on the other side of its trigger, which would be another mail."""
    if not _is_whole(value):
        return False
    default, amount = getattr(step, unit), int(str(value))
    most = {"days": _MOST_DAYS, "hours": 24 * 14, "business_days": MOST_BUSINESS_DAYS}[unit]
    return abs(amount) <= most and (amount <= 0 if default < 0 else amount >= 0)


def _wrong_dates(kind: CampaignType, settings: Mapping[str, object]) -> list[str]:
    if not kind.dates:
        return [] if _is_date(settings["send_on"]) else ["send_on"]
    dates = settings["dates"]
    if not isinstance(dates, Mapping):
        return ["dates"]
    # A leap year's 29 February would be missing in the others.
    return [
        f"dates.{name}"[:80]
        for name, day in dates.items()
        if name not in kind.dates or not (isinstance(day, str) and len(day) == 5 and _is_date(f"2027-{day}"))
    ]


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and date.fromisoformat(value).year >= 2000
    except ValueError:
        return False


def _is_whole(value: object) -> bool:
    """Whole numbers come as int, or as float where the wire has no other."""
    return not isinstance(value, bool) and isinstance(value, int)


def _minutes(value: time) -> int:
    return value.hour * 60 + value.minute


def _time(value: object) -> time | None:
    try:
        return time.fromisoformat(value) if isinstance(value, str) and len(value) == 5 else None
    except ValueError:
        return None
