"""What ingest knows of businesses from the directory: may they upload, and which addresses are their own (S-052, N-04)."""

import json
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.address_choice import AddressRules
from services.ingest.domain.batch import AgreementRequiredError, SubscriberInactiveError
from shared.kit.directory import find_fact
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.location import SubscriberFacts

_SENDERS: Final = text("""
select id, body->'sender' as sender, body->>'vertical' as vertical from directory where kind = 'location' and body->>'subscriber_id' = :subscriber
""")


async def refuse_without_agreement(connection: AsyncConnection, subscriber_id: UUID) -> None:
    """Raise AgreementRequiredError or SubscriberInactiveError; a subscriber we were never told of has accepted nothing."""
    facts = await find_fact(connection, "subscriber", subscriber_id, SubscriberFacts)
    if facts is None or facts.agreement_accepted_at is None:
        raise AgreementRequiredError
    if not facts.active:
        raise SubscriberInactiveError


async def address_rules(connection: AsyncConnection, subscriber_id: UUID, location_id: UUID) -> AddressRules:
    """Return the folded addresses that the business itself sends and answers from, and what holds for a location's people."""
    rows = await connection.execute(_SENDERS, {"subscriber": str(subscriber_id)})
    found, dental = set(), False
    for row in rows:
        dental |= row.vertical == "dental" and row.id == str(location_id)
        sender = json.loads(row.sender) if isinstance(row.sender, str) else row.sender or {}
        for name in ("header_from", "reply_to"):
            try:
                found.add(canonical_address(str(sender.get(name, ""))).folded)
            except AddressRefusedError:
                continue
    return AddressRules(frozenset(found), hold_roles=dental)
