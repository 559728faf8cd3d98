"""Waits until the services have done everything that is to be done at this business time."""

import asyncio
import time
from collections.abc import Sequence
from uuid import UUID

from deploy.demo.collect import find_consumers, read_reasons
from deploy.demo.set_up import Site
from shared.schemas.scheduler import PlanStatus

LOOK_EVERY_S = 0.1
QUIET_FOR_S = 0.7
PATIENCE_S = 60.0


class NeverQuietError(Exception):
    """Something stayed due or open for longer than anybody would wait."""


async def wait_until_quiet(
    sites: Sequence[Site], *, beyond: Sequence[PlanStatus] | None = None, patience_s: float = PATIENCE_S
) -> list[PlanStatus]:
    """Returns each business's status once nothing has been behind, due or open for a while.

    beyond: an earlier status; the position in ingest's feed must have left it first. Raises NeverQuietError.
    """
    until, quiet_since = time.monotonic() + patience_s, None
    last: list[PlanStatus] = []
    while time.monotonic() < until:
        found = await asyncio.gather(*(read_status(site) for site in sites))
        moved = beyond is None or all(
            new.facts_cursor != old.facts_cursor for new, old in zip(found, beyond, strict=True)
        )
        idle = moved and not any(status.behind or status.due or status.open for status in found)
        if not idle or found != last:
            quiet_since = None
        if idle and quiet_since is None:
            quiet_since = time.monotonic()
        if quiet_since is not None and time.monotonic() - quiet_since >= QUIET_FOR_S:
            return found
        last = found
        await asyncio.sleep(LOOK_EVERY_S)
    left = "; ".join(f"{status.behind} behind, {status.due} due, {status.open} open" for status in last)
    raise NeverQuietError(f"The services were not done after {patience_s:.0f} s: {left}.")


async def wait_until_known(site: Site, connection_id: UUID, foreign_id: str) -> None:
    """Returns when the scheduler has heard of this person: its feed is in order, so of everything handed in before too. Raises NeverQuietError."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = await find_consumers(site, connection_id, [foreign_id])
        if all([await read_reasons(site, consumer_id) for consumer_id in found.values()]):
            return
        await asyncio.sleep(LOOK_EVERY_S)
    raise NeverQuietError(f"The scheduler had not heard of the people handed in after {PATIENCE_S:.0f} s.")


async def read_status(site: Site) -> PlanStatus:
    """How far planning and sending of one business are."""
    return PlanStatus.model_validate(await site.scheduler.call("GET", "/v1/status"))
