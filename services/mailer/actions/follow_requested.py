"""Makes the follower of the mails of our own that optout asks for."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.send_requested import send_requested
from services.mailer.deps import Deps
from shared.kit.feed import Follower
from shared.schemas.token import TokenKeys
from shared.schemas.wire import Change

WAIT_SECONDS: Final = 9.0


def follow_requested(deps: Deps) -> Follower:
    """Return it; a step takes a page."""
    settings = deps.settings
    tokens = TokenKeys(settings.token_keys)

    async def take(connection: AsyncConnection, changes: list[Change]) -> None:
        await send_requested(
            connection,
            changes,
            tokens=tokens,
            keys=deps.data_keys,
            platform=settings.platform,
            own_hosts=settings.own_hosts,
            pace_secret=settings.pace_secret,
            now=deps.clock.now(),
        )

    return Follower(
        name="optout", source=deps.optout_feed, database=deps.worker_db, apply=take, wait_seconds=WAIT_SECONDS
    )
