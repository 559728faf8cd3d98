"""Put a service on HOLD or release it, on a person's word (I20)."""

from collections.abc import Mapping
from datetime import datetime

from services.portal.clients.downhill import Downhill
from services.portal.store.audit import write_audit
from services.portal.store.full_pushes import ask_full_push
from shared.kit.db import Database
from shared.kit.epoch import set_hold
from shared.kit.errors import NotFoundError


async def hold_service(
    database: Database, *, services: Mapping[str, Downhill], name: str, on_hold: bool, actor: str, now: datetime
) -> None:
    """Write the audit entry, then act; raise NotFoundError or ServiceSilentError.

    The wish is on record before it is carried out. A full push goes with it: a service on HOLD may have been restored and miss facts.
    """
    if name != "portal" and name not in services:
        raise NotFoundError
    async with database.transaction() as connection:
        action = "hold_asked" if on_hold else "release_asked"
        await write_audit(connection, at=now, actor=actor, action=action, thing_id=name)
        if name == "portal":
            await set_hold(connection, hold=on_hold)
            return
        await ask_full_push(connection, name)
    await services[name].set_hold(on_hold=on_hold)
