"""Takes an opt-out back within the hour for the person who has just pressed the button: their own act, on file as a lift (L-015)."""

from datetime import datetime
from uuid import UUID

from services.optout.domain.lifting import lift_by_undo
from services.optout.store.door import Door
from services.optout.store.group_commit import short_transaction
from services.optout.store.ledger import TooManyStopsError, append_entries, lock_chains, read_stops_around


async def undo_optout(door: Door, *, subscriber_id: UUID, entry_id: UUID, now: datetime) -> None:
    """Lift this opt-out if it is on file, younger than an hour, and was not said before; else change nothing.

    An address with more opt-outs and lifts than are looked at keeps them all. Decided with the chain locked, so that an opt-out that comes at the
    same moment is either seen or lies behind the lift.
    """
    async with short_transaction(door.database) as connection:
        await lock_chains(connection, [subscriber_id])
        try:
            stops = await read_stops_around(connection, subscriber_id, entry_id)
        except TooManyStopsError:
            return
        lift = lift_by_undo(stops, entry_id=entry_id, at=now)
        if lift is None:
            return
        await append_entries(connection, [lift], recorded_at=now)
    door.watch.poke()
