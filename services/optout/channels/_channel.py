"""What a channel is: one way to opt out, one file, found by looking."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from services.optout.domain.choices import Choice
from shared.schemas.token import MessageClass

STAFF: Final = "staff"
"""A subscriber's API client, in `Channel.reporters`."""


@dataclass(frozen=True, slots=True)
class Channel:
    """`slug` is written into the ledger. What else there is depends on who opts out:

    a consumer with a link posts it to `post_path` and stops `default` where nothing was chosen; a consumer without one has routes in `router` only;
    for somebody else, one of `reporters` (services, STAFF) tells it by POST /v1/optouts.
    """

    slug: str
    router: APIRouter | None = None
    post_path: str = ""
    default: Callable[[MessageClass], Choice] | None = None
    reporters: frozenset[str] = frozenset()
