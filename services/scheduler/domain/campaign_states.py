"""The states of a campaign and where each may lead."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from services.scheduler.domain.errors import CampaignEndedError, CampaignMoveRefusedError

CampaignState = Literal["draft", "active", "paused", "ended"]

_MOVES: Final[Mapping[CampaignState, frozenset[CampaignState]]] = {
    "draft": frozenset(("active", "ended")),
    "active": frozenset(("paused", "ended")),
    "paused": frozenset(("active", "ended")),
    "ended": frozenset(),
}
assert set(_MOVES) == set(get_args(CampaignState))


def check_move(present: CampaignState, wanted: CampaignState) -> None:
    """Raise CampaignEndedError or CampaignMoveRefusedError unless a campaign may go there; staying is allowed but to an ended one."""
    if present == "ended":
        raise CampaignEndedError
    if wanted != present and wanted not in _MOVES[present]:
        raise CampaignMoveRefusedError(f"from {present} to {wanted}")
