"""Finds the case that a proof's link belongs to, while it may be used."""

from datetime import datetime
from uuid import UUID

from services.optout.domain.cases import Case
from services.optout.store.cases import find_case_of_proof
from shared.kit.db import Database


async def find_proof(database: Database, *, subscriber_id: UUID, proof_id: UUID, now: datetime) -> Case | None:
    """Return it; None for a proof that was used, was replaced by a newer one, or is too old."""
    async with database.transaction() as connection:
        case = await find_case_of_proof(connection, subscriber_id, proof_id)
    return case if case and case.state == "awaiting_proof" and case.proof_until and case.proof_until > now else None
