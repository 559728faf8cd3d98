"""What a person may stop from a link, and the ledger entry that follows (architecture 11)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.optout.domain.entries import PLATFORM, NewEntry
from shared.schemas.optout import Scope, SuppressionClass
from shared.schemas.token import MessageClass, OptoutToken
from shared.schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to stop on a page: its word in the form, what it covers, which class of mail it stops, and of which topic alone."""

    slug: str
    scope: Scope
    suppression_class: SuppressionClass
    topic: Topic | None = None


_COMMERCIAL: Final = (
    Choice("offers", "business", "commercial"),
    Choice("location", "location", "commercial"),
    Choice("business", "business", "all"),
    Choice("platform", "platform", "all"),
)
_TRANSACTIONAL: Final = (
    Choice("business", "business", "all"),
    Choice("location", "location", "all"),
    Choice("platform", "platform", "all"),
)


def choices_for(message_class: MessageClass) -> tuple[Choice, ...]:
    """Return what the page offers; the first is the default and what one click means (brand-wide, N-27)."""
    return _COMMERCIAL if message_class == "commercial" else _TRANSACTIONAL


def chosen(message_class: MessageClass, slug: str) -> Choice:
    """Return the choice of this word; any other word means the default, because a form in doubt still stops mail."""
    offered = choices_for(message_class)
    return next((choice for choice in offered if choice.slug == slug), offered[0])


def entry_from_link(token: OptoutToken, choice: Choice, *, channel: str, at: datetime) -> NewEntry:
    """Return the opt-out that this link and choice mean. Its id depends on nothing else, so that repeats are one entry (L-036)."""
    subscriber_id = PLATFORM if choice.scope == "platform" else token.subscriber_id
    location_id = token.location_id if choice.scope == "location" else None
    place = (choice.scope, choice.suppression_class, location_id, *((choice.topic,) if choice.topic else ()))
    return NewEntry(
        subscriber_id=subscriber_id,
        entry_id=stable_id(token.message_id, token.address_key, *place),
        kind="optout",
        channel=channel,
        evidence=f"message:{token.message_id}",
        occurred_at=at,
        location_id=location_id,
        address_key=token.address_key,
        scope=choice.scope,
        suppression_class=choice.suppression_class,
        topic=choice.topic,
        by_consumer=True,
    )


def stable_id(*parts: object) -> UUID:
    """Return a UUIDv8 of these parts."""
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).digest()
    return UUID(int=int.from_bytes(digest[:16], "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)
