"""Which route a session takes, and how many sessions of a route this process may hold: pure decisions over what the routing knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

DEFAULT: Final = "default"
"""The route that the settings name."""


@dataclass(frozen=True, slots=True)
class LaneState:
    """A route as one process sees it. `most` is this process's share of the route's connections, None: no limit.

    `is_up`: it served when last tried, and no count of its hour or day is used up; `is_due`: it did not serve, and one session may find out whether
    it does again; `has_budget`: its rate lets a message go at this moment.
    """

    name: str
    priority: int
    weight: int
    open: int
    most: int | None
    is_up: bool
    is_due: bool = False
    has_budget: bool = True

    @property
    def has_room(self) -> bool:
        """Another session may be opened, and send."""
        return self.has_budget and (self.most is None or self.open < self.most)


def choose_route(lanes: Sequence[LaneState]) -> str | None:
    """Return the route for the next session: of those that are up the lowest priority number, among equals the one furthest below its weight.

    A higher number takes over when every route before it is down or used up for this hour or day, not when these are merely full or their rate asks
    for a moment: a backup relay is for emergencies, and two relays that share the load have the same priority.
    """
    best = min((lane.priority for lane in lanes if lane.is_up), default=None)
    tries = [lane for lane in lanes if lane.is_due and lane.has_room and (best is None or lane.priority <= best)]
    if tries:
        return min(tries, key=lambda lane: (lane.priority, lane.name)).name
    free = [lane for lane in lanes if lane.is_up and lane.priority == best and lane.has_room]
    return min(free, key=lambda lane: ((lane.open + 1) / lane.weight, lane.name)).name if free else None


def should_keep(name: str, lanes: Sequence[LaneState]) -> bool:
    """Whether an open session stays on its route: it is up, within its share, and no route before it has come back or is to be tried again."""
    lane = next((each for each in lanes if each.name == name), None)
    if lane is None or not lane.is_up or (lane.most is not None and lane.open > lane.most):
        return False
    if any(other.is_due and other.has_room and other.priority <= lane.priority for other in lanes):
        return False
    return all(other.priority >= lane.priority for other in lanes if other.is_up)


@dataclass(frozen=True, slots=True)
class Share:
    """What a process has been granted of a route's connections, and how many it held when it last said so."""

    granted: int
    open: int


def grant_share(limit: int, shares: Mapping[UUID, Share], worker_id: UUID) -> int:
    """Return how many connections `worker_id` may hold, so that all processes together never hold more than `limit`.

    Everybody moves towards an equal part, but nobody gets more before the others have let go of it.
    """
    workers = sorted({*shares, worker_id})
    even, rest = divmod(limit, len(workers))
    fair = even + (workers.index(worker_id) < rest)
    taken = sum(max(share.granted, share.open) for other, share in shares.items() if other != worker_id)
    return max(0, min(fair, limit - taken))
