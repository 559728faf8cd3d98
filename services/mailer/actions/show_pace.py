"""One pace: limits and where they stand."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pace_keys import read_pace_name
from services.mailer.domain.pace_page import describe_pace
from services.mailer.domain.pacing import Pace
from services.mailer.store.paces import find_pace
from shared.schemas import routes as wire


async def show_pace(
    connection: AsyncConnection, *, kind: wire.PaceKind, name: str, secret: bytes, now: datetime
) -> wire.Pace:
    """Return a pace by the name it is set with; one that nobody has set limits nothing. Raises PaceNameRefusedError."""
    pace_id = read_pace_name(kind, name, secret)
    return describe_pace(await find_pace(connection, pace_id) or Pace(*pace_id), now)
