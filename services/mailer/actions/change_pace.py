"""Setting the limits of a recipient's provider or a sender domain."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pace_keys import read_pace_name
from services.mailer.domain.pace_page import describe_pace
from services.mailer.domain.versions import change_after, version_of
from services.mailer.store.paces import keep_paces, lock_or_make
from shared.kit.requests import refuse_stale
from shared.schemas import routes as wire


async def change_pace(
    connection: AsyncConnection,
    *,
    kind: wire.PaceKind,
    name: str,
    given: wire.PaceInput,
    version: int,
    secret: bytes,
    now: datetime,
) -> wire.Pace:
    """Set the limits that hold over all processes from the next claim on; `name` is a recipient's domain or `subscriber_id:domain` of a sender.

    Raises PaceNameRefusedError and VersionMismatchError.
    """
    pace_id = read_pace_name(kind, name, secret)
    pace = (await lock_or_make(connection, [pace_id]))[pace_id]
    refuse_stale(version, stored=version_of(pace.changed_at))
    begins = given.ramps and not pace.ramps
    pace = replace(
        pace,
        per_second=given.per_second,
        per_hour=given.per_hour,
        per_day=given.per_day,
        ramps=given.ramps,
        ramp_from=None if begins else pace.ramp_from,
        changed_at=change_after(pace.changed_at, now),
    )
    await keep_paces(connection, [pace])
    return describe_pace(replace(pace, changed_at=None) if pace.is_void else pace, now)
