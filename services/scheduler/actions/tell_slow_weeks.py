"""Tells a location of its slow week, once, by mail to the mailbox its answers reach."""

from datetime import datetime, time
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.scheduler.clients.mailer import MailerClient
from services.scheduler.clients.optout import OptoutClient
from services.scheduler.domain.local_words import write_date
from services.scheduler.store.locations import read_locations
from services.scheduler.store.slow_weeks import note_told, read_untold
from shared.kit.db import Database
from shared.kit.epoch import is_on_hold
from shared.kit.http import RefusedError, SilentError
from shared.kit.logs import log
from shared.schemas.account_mail import AccountMailInput
from shared.schemas.location import LocationFacts

_AT_ONCE: Final = 20
_NAMESPACE: Final = UUID("b9a2d8a4-7a43-4d0e-9a0c-5a52f1f3d7c2")
_WAIT_FOR: Final = frozenset(("content_unknown", "platform_sender_missing"))
"""Refusals that end by themselves: the mailer is new, or has no sender of its own yet."""


async def tell_slow_weeks(database: Database, *, optout: OptoutClient, mailer: MailerClient, now: datetime) -> bool:
    """Write to the next locations; return whether there may be more. After silence the same mail is handed over again, which is harmless.

    What keeps one from being told keeps all: the rest waits for the next look. On HOLD nobody is told.
    """
    async with database.transaction() as connection:
        if await is_on_hold(connection):
            return False
        untold = await read_untold(connection, now=now, limit=_AT_ONCE)
        places = await read_locations(connection, [week.location_id for week in untold])
    for week in untold:
        place = places.get(week.location_id)
        try:
            if place is not None and not await _tell(place, week, optout=optout, mailer=mailer):
                return False
        except SilentError:
            return False
        except RefusedError as refused:
            log("scheduler.slow_weeks").error("slow_week_refused", code=refused.code)
            return False
        async with database.transaction() as connection:
            await note_told(
                connection,
                subscriber_id=week.subscriber_id,
                location_id=week.location_id,
                week_on=week.week_on,
                now=now,
            )
    return len(untold) == _AT_ONCE


async def _tell(place: LocationFacts, week: Any, *, optout: OptoutClient, mailer: MailerClient) -> bool:
    """Hand the mail to the mailer; return False if it cannot be taken yet. One that this mailbox may not get counts as told."""
    keyed = await optout.key_address(place.sender.reply_to)
    if keyed.address is None or keyed.address_key is None:
        return True
    fields = {
        "begins": write_date(week.week_on, place.language),
        "booked": week.booked,
        "usual": round(week.usual),
        "location": place.name,
    }
    mail = AccountMailInput(
        message_id=uuid5(_NAMESPACE, f"{week.location_id} {week.week_on}"),
        content="slow_week",
        language=place.language,
        address=keyed.address,
        address_key=keyed.address_key,
        fields={"week": fields},
        useful_until=datetime.combine(week.week_on, time(), ZoneInfo(place.zone)),
    )
    receipt = await mailer.send_account_mail(mail)
    if receipt.result == "refused":
        log("scheduler.slow_weeks").warning("slow_week_refused", location_id=str(week.location_id), code=receipt.code)
    return receipt.code not in _WAIT_FOR
