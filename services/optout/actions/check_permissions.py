"""Answers whether messages may go: default deny, two round trips for a thousand questions (I8)."""

from collections.abc import Sequence
from datetime import datetime

from services.optout.domain.jurisdictions import jurisdictions_of
from services.optout.domain.permission import Question, decide_permission
from services.optout.store.evidence import find_countries, find_evidence
from shared.kit.db import Database
from shared.schemas.optout import PermissionAnswer, PermissionQuery

_CHANNELS = frozenset({"email"})
"""The ways to write that consents on file speak of (S-021)."""


async def check_permissions(
    database: Database, *, queries: Sequence[PermissionQuery], now: datetime
) -> list[PermissionAnswer]:
    """Return one answer per query in the order asked. Raises OnHoldError after a restore until a person confirms."""
    async with database.raw() as connection:
        countries = await find_countries(connection, {query.location_id for query in queries})
        questions = [
            Question(
                subscriber_id=query.subscriber_id,
                location_id=query.location_id,
                address_key=query.address_key,
                person_ids=tuple(query.person_ids),
                message_class=query.message_class,
                at=now,
                topic=query.topic,
                jurisdictions=jurisdictions_of(countries.get(query.location_id), query.jurisdiction),
            )
            for query in queries
        ]
        found = await find_evidence(connection, questions)
    answers = []
    for query, question, entries in zip(queries, questions, found, strict=True):
        decision = decide_permission(question, entries)
        is_known = query.channel in _CHANNELS or decision.answer == "refused"
        answers.append(
            PermissionAnswer(
                query_id=query.query_id,
                answer=decision.answer if is_known else "no_permission_yet",
                reason=decision.reason if is_known else "channel_unknown",
                entry_id=decision.entry_id if is_known else None,
            )
        )
    return answers
