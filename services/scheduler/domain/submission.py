"""Decides what may leave of a frozen message now that ingest has said who the people are and where their mail goes (N-08)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

RETRIED_CODES: frozenset[str] = frozenset(("content_unknown", "location_unknown", "subscriber_unknown", "on_hold"))
"""Refusals that pass: the mailer has not been told something yet, or is on HOLD."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where ingest says one person's mail goes; both None when there is no usable address."""

    address: str | None
    address_key: str | None


def find_misfits(
    consumers: Mapping[UUID, UUID], address_key: str, whereabouts: Mapping[UUID, Whereabouts]
) -> dict[UUID, str]:
    """Return the touches that no longer belong in the message, with the reason. `consumers` maps each touch to its person."""
    misfits: dict[UUID, str] = {}
    for touch_id, consumer_id in consumers.items():
        found = whereabouts.get(consumer_id)
        if found is None:
            misfits[touch_id] = "recipient_unknown"
        elif found.address is None or found.address_key != address_key:
            misfits[touch_id] = "address_changed"
    return misfits
