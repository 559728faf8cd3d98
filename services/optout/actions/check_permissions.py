"""Answers whether messages may go: default deny, one round trip for a thousand questions (I8)."""

from collections.abc import Sequence
from datetime import datetime

from services.optout.domain.permission import Question, decide_permission
from services.optout.store.evidence import find_evidence
from shared.kit.db import Database
from shared.schemas.optout import PermissionAnswer, PermissionQuery


async def check_permissions(
    database: Database, *, queries: Sequence[PermissionQuery], now: datetime
) -> list[PermissionAnswer]:
    """Return one answer per query in the order asked. Raises OnHoldError after a restore until a person confirms."""
    questions = [
        Question(
            subscriber_id=query.subscriber_id,
            location_id=query.location_id,
            address_key=query.address_key,
            person_ids=tuple(query.person_ids),
            message_class=query.message_class,
            at=now,
        )
        for query in queries
    ]
    async with database.raw() as connection:
        found = await find_evidence(connection, questions)
    answers = []
    for query, question, entries in zip(queries, questions, found, strict=True):
        decision = decide_permission(question, entries)
        answers.append(
            PermissionAnswer.model_construct(
                query_id=query.query_id, answer=decision.answer, reason=decision.reason, entry_id=decision.entry_id
            )
        )
    return answers
