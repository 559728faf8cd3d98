"""Move a location through onboarding: live, suspended, closed (S-074)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import location_fact
from services.portal.domain.changes import next_change
from services.portal.domain.location import Location
from services.portal.domain.onboarding import check_move
from services.portal.store.audit import write_audit
from services.portal.store.locations import find_location, update_location
from services.portal.store.subscribers import find_subscriber
from shared.kit.crypto import DataKeys


async def change_location_state(
    connection: AsyncConnection, *, data_keys: DataKeys, location_id: UUID, state: str, actor: str, now: datetime
) -> Location:
    """Move the location and return it; staying where it is changes nothing.

    Raises NotFoundError, StateMoveRefusedError, or LocationIncompleteError with what is missing for `live`.
    """
    found = await find_location(connection, location_id, lock=True)
    subscriber = await find_subscriber(connection, data_keys, found.subscriber_id)
    check_move(found, state, agreement_version=subscriber.agreement_version)
    if state == found.state:
        return found
    changed_at = next_change(now, found.changed_at)
    live_at = found.live_at or (changed_at if state == "live" else None)
    moved = replace(found, state=state, live_at=live_at, version=found.version + 1, changed_at=changed_at)
    await update_location(connection, moved)
    await write_audit(
        connection,
        at=now,
        actor=actor,
        action=f"location_{state}",
        thing_id=location_id,
        subscriber_id=found.subscriber_id,
    )
    await push_fact(connection, location_fact(moved))
    return moved
