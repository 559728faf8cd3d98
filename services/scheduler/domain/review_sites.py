"""Where a request for a review leads: sites with a percentage each, or one link for everybody.

Which site a touch leads to depends on nothing but the touch: not on what the person thinks of the business, nor on what they answered (L-131).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.scheduler.domain.web_links import is_web_link
from shared.kit.errors import Problem

_MOST_SITES: Final = 10


class ReviewPercentagesError(Problem):
    """Percentages that leave some people without a site, or give them two."""

    status, code, title = (
        422,
        "review_percentages_wrong",
        ("The percentages of the review sites must be whole numbers from 1 that add up to 100."),
    )


def wrong_sites(settings: Mapping[str, object]) -> list[str]:
    """Return the names of settings that are no sites: `review_sites` is a list of objects of `url` and `percent`, and takes the place of
    `links.review`. Raises ReviewPercentagesError where everything but the percentages is right."""
    sites, links = settings.get("review_sites"), settings.get("links")
    if isinstance(links, Mapping) and "review" in links:
        return ["links.review"]
    if not isinstance(sites, list) or not 1 <= len(sites) <= _MOST_SITES:
        return ["review_sites"]
    wrong = [f"review_sites.{number}" for number, site in enumerate(sites) if not _is_site(site)]
    if not wrong and len({site["url"] for site in sites}) < len(sites):
        return ["review_sites"]
    if not wrong and not _add_up([site["percent"] for site in sites]):
        raise ReviewPercentagesError
    return wrong


def choose_review_link(settings: Mapping[str, Any], touch_id: UUID) -> str:
    """Return the link that a touch leads to, always the same for a touch; over many touches each site gets its percentage. "" where there is none."""
    sites = settings.get("review_sites")
    if not sites:
        return str(settings.get("links", {}).get("review", ""))
    place = int.from_bytes(hashlib.sha256(touch_id.bytes).digest()[:8]) % 100
    for site in sites:
        place -= site["percent"]
        if place < 0:
            return str(site["url"])
    return str(sites[-1]["url"])


def _is_site(site: object) -> bool:
    return isinstance(site, Mapping) and set(site) == {"url", "percent"} and is_web_link(site["url"])


def _add_up(percents: Sequence[object]) -> bool:
    whole = [
        percent for percent in percents if isinstance(percent, int) and not isinstance(percent, bool) and percent >= 1
    ]
    return len(whole) == len(percents) and sum(whole) == 100
