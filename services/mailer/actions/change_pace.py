"""Setting the limits of a recipient's provider or a sender domain."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pace_keys import make_pace_key
from services.mailer.domain.pace_page import describe_pace
from services.mailer.domain.refusals import PaceNameRefusedError
from services.mailer.store.paces import keep_paces, lock_or_make
from shared.schemas import routes as wire

_SENDER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[a-z0-9.-]{3,253}")
_DOMAIN: Final = re.compile(r"[a-z0-9.-]{3,253}")


async def change_pace(
    connection: AsyncConnection,
    *,
    kind: wire.PaceKind,
    name: str,
    given: wire.PaceInput,
    secret: bytes,
    now: datetime,
) -> wire.Pace:
    """Set the limits that hold over all processes from the next claim on; `name` is a recipient's domain or `subscriber_id:domain` of a sender.

    Raises PaceNameRefusedError.
    """
    name = name.lower()
    if not (_SENDER if kind == "sender" else _DOMAIN).fullmatch(name):
        raise PaceNameRefusedError
    key = name if kind == "sender" else make_pace_key(name, secret)
    pace = (await lock_or_make(connection, [(kind, key)]))[kind, key]
    begins = given.ramps and not pace.ramps
    pace = replace(
        pace,
        per_second=given.per_second,
        per_hour=given.per_hour,
        per_day=given.per_day,
        ramps=given.ramps,
        ramp_from=None if begins else pace.ramp_from,
    )
    await keep_paces(connection, [pace])
    return describe_pace(pace, now)
