"""Tells what the scheduler holds about people: facts, touches, and the decision behind each (S-061, N-114)."""

from typing import Any, Final
from uuid import UUID

from services.scheduler.store.holdings import HOLDINGS, read_holding
from services.scheduler.store.surveys import open_comments
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.schemas.personal_data import PersonalData, PersonalDataQuestion, gather

_KINDS: Final = {
    "consumers": "planning_facts",
    "appointments": "planned_appointment",
    "visits": "planned_visit",
    "recares": "planned_recare",
    "recare_cycles": "recare_cycle",
    "vehicles": "planned_vehicle",
    "service_lines": "planned_service",
    "relations": "planned_relation",
    "odometers": "planned_odometer",
    "touches": "touch",
    "decisions": "decision",
    "messages": "planned_message",
    "announcements": "announced_appointment",
    "confirmations": "confirmation",
    "time_requests": "time_request",
    "survey_answers": "survey_answer",
    "campaign_views": "campaign_view",
}


async def show_personal_data(database: Database, *, keys: DataKeys, asked: PersonalDataQuestion) -> PersonalData:
    """Return it for the people named, whom ingest found; nothing without a business, because no name or address is known here."""
    rows: list[tuple[str, UUID | None, dict[str, Any]]] = []
    if asked.subscriber_id is not None:
        owner = asked.subscriber_id
        async with database.transaction() as connection:
            for table in HOLDINGS:
                found = await read_holding(connection, table, subscriber_id=owner, ids=asked.consumer_ids)
                if table == "survey_answers":
                    found = await open_comments(connection, found, keys=keys, subscriber_id=owner)
                rows += [(_KINDS[table], row.pop("subscriber_id", owner), row) for row in found]
    return PersonalData(service="scheduler", holdings=gather(rows))
