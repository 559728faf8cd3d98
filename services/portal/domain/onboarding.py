"""Onboarding as a state machine: no consumer mail before `live`, and `live` only when nothing is missing (S-074)."""

from typing import Final

from services.portal.domain.location import Location
from shared.kit.errors import Problem

_MOVES: Final = {
    "onboarding": {"live", "closed"},
    "live": {"suspended", "closed"},
    "suspended": {"live", "closed"},
    "closed": set[str](),
}
_POSTAL_PARTS: Final = ("line1", "city", "postal_code", "country")


class LocationIncompleteError(Problem):
    """The location cannot be live; `missing` lists what is still needed."""

    status, code, title = (
        409,
        "location_incomplete",
        "The location is not ready to be live; `missing` says what is needed.",
    )


class StateMoveRefusedError(Problem):
    """The location's present state does not lead to the wanted one."""

    status, code, title = 409, "state_move_refused", "The location's state does not lead there."


def missing_for_live(location: Location, *, agreement_version: str | None) -> list[str]:
    """Return what a location lacks before it may be live, in the order in which a person would add it. Empty means ready."""
    missing = []
    if agreement_version is None:
        missing.append("agreement")
    if any(not str(location.postal_address.get(part, "")).strip() for part in _POSTAL_PARTS):
        missing.append("postal_address")
    if not location.hours:
        missing.append("hours")
    if not location.zone:
        missing.append("zone")
    if not location.sender.get("header_from") or not location.sender.get("reply_to"):
        missing.append("sender")
    return missing


def check_move(location: Location, state: str, *, agreement_version: str | None) -> None:
    """Raise StateMoveRefusedError or LocationIncompleteError unless the location may move to `state`; staying is always allowed."""
    if state == location.state:
        return
    if state not in _MOVES[location.state]:
        raise StateMoveRefusedError(f"from {location.state} to {state}")
    if state == "live":
        check_complete(location, agreement_version=agreement_version)


def check_complete(location: Location, *, agreement_version: str | None) -> None:
    """Raise LocationIncompleteError with `missing` unless the location may be live as it is."""
    missing = missing_for_live(location, agreement_version=agreement_version)
    if missing:
        raise LocationIncompleteError(missing=missing)
