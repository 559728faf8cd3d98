"""What optout holds about an address, table by table, for a report to the person (a worker's view)."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schemas.personal_data import MOST_RECORDS

_OF_ADDRESS: Final = "address_key = any(cast(:keys as text[]))"
_MINE: Final = "(cast(:subscriber as uuid) is null or subscriber_id in (:subscriber, :platform))"
_LEDGER: Final = f"""
select l.* from (select distinct subscriber_id from ledger) s cross join lateral (
    select subscriber_id, kind, channel, scope, suppression_class, basis, wording, policy_version, bounce_class, evidence, occurred_at, valid_until
    from ledger l where l.subscriber_id = s.subscriber_id and l.{_OF_ADDRESS} offset 0) l
where (cast(:subscriber as uuid) is null or l.subscriber_id in (:subscriber, :platform))
"""  # noqa: S608 - a constant
HOLDINGS: Final[Mapping[str, str]] = {
    "ledger": _LEDGER,
    "signups": f"""
select subscriber_id, location_id, signup_id, sealed, language, wording, policy_version, requested_at, confirmed_at
from signups where {_OF_ADDRESS} and {_MINE}""",  # noqa: S608 - a constant
    "privacy_cases": f"""
select subscriber_id, case_id, sealed, kind, state, channel, law, opened_at, due_at, proven_at, closed_at, outcome
from privacy_cases where address_keys && cast(:keys as text[]) and {_MINE}""",  # noqa: S608 - a constant
    "privacy_mails": f"""
select mail_id, sealed, classification, state, received_at from privacy_mails
where {_OF_ADDRESS} and cast(:subscriber as uuid) is null""",  # noqa: S608 - a constant
    "mail_requests": f"""
select origin, requested_at, useful_until from mail_requests where {_OF_ADDRESS} and cast(:subscriber as uuid) is null""",  # noqa: S608
}
"""By table. Letters to the operator and mails of our own are the platform's."""


async def read_holding(
    connection: AsyncConnection, table: str, *, subscriber_id: UUID | None, platform: UUID, address_keys: list[str]
) -> list[dict[str, Any]]:
    """Return at most one row more than are shown."""
    values = {"keys": address_keys, "subscriber": subscriber_id, "platform": platform, "limit": MOST_RECORDS + 1}
    statement = text(f"select * from ({HOLDINGS[table]}) h limit :limit")  # noqa: S608 - constants
    return [dict(row) for row in (await connection.execute(statement, values)).mappings()]
