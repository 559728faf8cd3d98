"""Decides what may leave of a frozen message now that ingest has said who the people are and where their mail goes (N-08)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

Refusal = Literal["put_back", "held", "expired", "failed"]

_PASSING: Final = frozenset(("content_unknown", "location_unknown", "on_hold"))
"""The mailer has not been told something yet: the very same message goes again in a moment."""
_HOLDING: Final = frozenset(("location_not_live", "agreement_required", "touch_taken"))
"""The mailer knows of a cause to wait that our facts do not show yet; `touch_taken`: another message of ours, whose outcome is to come."""
ORDINARY: Final = frozenset(("address_unreachable", "recipient_erased"))
"""Refusals for good that the recipient's side has caused: nothing of ours needs mending."""
_MALFORMED: Final = frozenset((400, 422))
"""The statuses by which a whole call is refused for what stands in it."""


def is_about_messages(status: int) -> bool:
    """Tell whether the refusal of a whole call is about its messages, so that one of them alone may be refused for good."""
    return status in _MALFORMED


def judge_refusal(code: str | None) -> Refusal:
    """Return what a refused message comes to."""
    if code in _PASSING:
        return "put_back"
    if code in _HOLDING:
        return "held"
    return "expired" if code == "too_late" else "failed"


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
        elif found.address is None:
            misfits[touch_id] = "address_withheld"
        elif found.address_key != address_key:
            misfits[touch_id] = "address_changed"
    return misfits
