"""Answers whether a batch of e-mails may go: default deny, two round trips, a letter a message (I8)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.optout.domain.jurisdictions import jurisdictions_of
from services.optout.domain.permission import Question, decide_permission
from services.optout.store.evidence import find_countries, find_evidence
from shared.kit.db import Database
from shared.schemas.optout import PermissionGroup, PermissionVerdicts

_LETTERS: Final = {"allowed": "a", "refused": "r", "no_permission_yet": "n"}


async def check_batch(database: Database, *, groups: Sequence[PermissionGroup], now: datetime) -> PermissionVerdicts:
    """Return the verdicts in the order asked. Raises OnHoldError after a restore until a person confirms."""
    async with database.raw() as connection:
        countries = await find_countries(connection, {group.location_id for group in groups})
        questions = []
        for group in groups:
            laws = jurisdictions_of(countries.get(group.location_id), None)
            subscriber_id, location_id = group.subscriber_id, group.location_id
            message_class, topic = group.message_class, group.topic
            questions += [
                Question(subscriber_id, location_id, key, tuple(people), message_class, now, laws, topic)
                for key, people in zip(group.address_keys, group.person_ids, strict=True)
            ]
        found = await find_evidence(connection, questions)
    decisions = list(map(decide_permission, questions, found))
    return PermissionVerdicts(
        verdicts="".join([_LETTERS[decision.answer] for decision in decisions]),
        reasons=[decision.reason for decision in decisions if decision.answer == "refused"],
    )
