"""The setting `comparison` of a campaign by hand: how many are compared, for how long, and what the second variant says otherwise."""

from collections.abc import Iterator, Mapping
from typing import Final

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.campaign_words import wrong_words

_FIGURES: Final[Mapping[str, tuple[int, int]]] = {
    "share_percent": (10, 100),
    "wait_days": (1, 28),
    "expected_percent": (1, 90),
    "difference_points": (1, 90),
}
"""Least and most of each figure; the last two may be left away."""
_NEEDED: Final = ("share_percent", "wait_days", "b")


def takes_comparison(kind: CampaignType) -> bool:
    """Tell whether two variants of a type can be compared: those by hand, which say something of the location's own."""
    return kind.is_by_hand and (kind.words != "none" or kind.takes_offer)


def wrong_comparison(kind: CampaignType, settings: Mapping[str, object]) -> list[str]:
    """Return the names of what is wrong in the setting. B names only what it says otherwise: words, offer or links, each as a whole."""
    own = settings["comparison"]
    if not isinstance(own, Mapping):
        return ["comparison"]
    return sorted({f"comparison.{name}"[:80] for name in (*_wrong_figures(own), *_wrong_variant(kind, settings, own))})


def _wrong_figures(own: Mapping[str, object]) -> Iterator[str]:
    yield from (str(name) for name in own if name not in (*_FIGURES, "b"))
    yield from (name for name in _NEEDED if name not in own)
    figures: dict[str, int] = {}
    for name, (least, most) in _FIGURES.items():
        value = own.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield name
        else:
            figures[name] = value
    if sum(figures.get(name, 0) for name in ("expected_percent", "difference_points")) > 100:
        yield "difference_points"


def _wrong_variant(kind: CampaignType, settings: Mapping[str, object], own: Mapping[str, object]) -> Iterator[str]:
    if "b" not in own:
        return
    b, parts = own["b"], ("words", "offer", "links")
    if not isinstance(b, Mapping) or not b or any(name not in parts for name in b):
        yield "b"
        return
    first = {name: settings.get(name) for name in b}
    if first == dict(b):
        yield "b"
    said = {name: value for name, value in settings.items() if name != "comparison"} | dict(b)
    yield from (f"b.{name}" for name in wrong_words(kind, said) if name.split(".")[0] in b)
