"""Blanks what optout itself holds of an erased address: letters, sign-ups, mails of our own. The ledger keeps keyed hashes only."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import PLATFORM

_MINE: Final = (
    "address_key = any(cast(:keys as text[])) and (cast(:everywhere as boolean) or subscriber_id = :subscriber)"
)
_SHRED: Final = (
    text(f"delete from signups where {_MINE} and confirmed_at is null"),  # noqa: S608 - a constant
    text(f"update signups set sealed = null where {_MINE} and sealed is not null"),  # noqa: S608 - a constant
    text("""
update mail_requests set sealed = null
where address_key = any(cast(:keys as text[])) and sealed is not null and (cast(:everywhere as boolean) or origin = 'privacy_case')
"""),
)
_LETTERS: Final = text(
    "update privacy_mails set sealed = null, state = 'done' where address_key = any(cast(:keys as text[]))"
)


async def shred_address(connection: AsyncConnection, subscriber_id: UUID, address_keys: Sequence[str]) -> None:
    """Blank what a business's door took in of an address; for PLATFORM every business's, and letters to the operator (a worker's view)."""
    everywhere = subscriber_id == PLATFORM
    values = {"keys": list(address_keys), "subscriber": subscriber_id, "everywhere": everywhere}
    for statement in (*_SHRED, *([_LETTERS] if everywhere else [])):
        await connection.execute(statement, values)
