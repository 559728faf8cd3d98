"""Makes the follower of whom optout orders to erase; apart from the mails of our own, which a mailer without a sender for them does not take."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.keep_erasures import keep_erasures
from services.mailer.deps import Deps
from shared.kit.feed import Follower
from shared.schemas.wire import Change

WAIT_SECONDS: Final = 9.0


def follow_erasures(deps: Deps) -> Follower:
    """Return it; a step applies a page."""

    async def keep(connection: AsyncConnection, changes: list[Change]) -> None:
        await keep_erasures(connection, changes, clock=deps.clock)

    return Follower(
        name="optout_erasures",
        source=deps.optout_feed,
        database=deps.worker_db,
        apply=keep,
        wait_seconds=WAIT_SECONDS,
    )
