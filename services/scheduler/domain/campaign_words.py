"""What a location itself may put into a campaign's mail: a headline and a text, an offer, links to its own pages and to review sites."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.review_sites import wrong_sites
from services.scheduler.domain.web_links import LONGEST_LINK, is_web_link

_LONGEST: Final[Mapping[str, Mapping[str, int]]] = {
    "words": {"headline": 120, "text": 4_000},
    "offer": {"text": 300, "code": 40, "expires_on": 10, "conditions": 500},
    "links": {"booking": LONGEST_LINK, "review": LONGEST_LINK},
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "words": ("headline", "text"),
    "offer": ("text", "expires_on"),
    "links": (),
}
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def wrong_words(kind: CampaignType, settings: Mapping[str, object]) -> list[str]:
    """Return the names of settings that a mail of this type could not carry, or needs and does not have."""
    allowed = {
        "words": kind.words != "none",
        "offer": kind.takes_offer,
        "links": bool(kind.links),
        "review_sites": "review" in kind.links,
    }
    wrong = [name for name, is_allowed in allowed.items() if name in settings and not is_allowed]
    for name in _LONGEST:
        if name in settings and allowed[name]:
            wrong += _wrong_group(name, settings[name], kind)
    if kind.words == "needed" and "words" not in settings:
        wrong.append("words")
    if "review_sites" in settings and allowed["review_sites"]:
        return wrong + wrong_sites(settings)
    links = settings.get("links")
    if kind.needs_link and not (isinstance(links, Mapping) and kind.needs_link in links):
        wrong.append(f"links.{kind.needs_link}")
    return wrong


def _wrong_group(name: str, group: object, kind: CampaignType) -> list[str]:
    if not isinstance(group, Mapping):
        return [name]
    known = [part for part in _LONGEST[name] if name != "links" or part in kind.links]
    wrong = [f"{name}.{part}"[:80] for part in group if part not in known]
    wrong += [f"{name}.{part}" for part in _NEEDED[name] if not group.get(part)]
    wrong += [f"{name}.{part}" for part in known if part in group and not _is_text(name, part, group[part])]
    return wrong


def _is_text(name: str, part: str, value: object) -> bool:
    if not isinstance(value, str) or len(value) > _LONGEST[name][part] or _CONTROL.search(value):
        return False
    if name == "links":
        return is_web_link(value)
    if part == "expires_on":
        try:
            return date.fromisoformat(value).year >= 2000
        except ValueError:
            return False
    return bool(value.strip())


def paragraphs(text: str) -> list[str]:
    """Return a text's paragraphs: what stands between empty lines, each on one line. At most forty."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()][:40]
