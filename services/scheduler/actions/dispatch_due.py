"""Dispatch: group what is due, commit the grouping, then hand stored groups to the mailer."""

from services.scheduler.actions.group_due import group_due
from services.scheduler.actions.submit_messages import submit_messages
from services.scheduler.deps import Deps
from services.scheduler.store.due import is_anything_due


async def dispatch_due(deps: Deps) -> bool:
    """Dispatch one batch; return whether there may be more. Touches go no further than the commit before their message is known to us."""
    now = deps.clock.now()
    if not await is_anything_due(deps.worker_db, now=now):
        return False
    async with deps.turn:
        more = await group_due(
            deps.worker_db,
            types=deps.types,
            now=now,
            rules=deps.rules,
            most_open=deps.settings.most_open_messages,
        )
    submitted = await submit_messages(
        deps.worker_db,
        ingest=deps.ingest,
        mailer=deps.mailer,
        types=deps.types,
        stock=deps.stock,
        answer_links=deps.links,
        now=now,
        recheck_minutes=deps.settings.recheck_minutes,
    )
    return more or submitted
