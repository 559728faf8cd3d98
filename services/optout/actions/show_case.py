"""Shows a privacy case with its history, and of an erasure who has carried it out."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.case_content import unpack_content
from services.optout.domain.case_views import awaited_of, shown
from services.optout.domain.cases import EXECUTORS, Case
from services.optout.domain.sealing import MailSeal
from services.optout.store.cases import read_events
from services.optout.store.erasures import list_acknowledgements
from shared.schemas.privacy_cases import CaseAcknowledgement, CaseEvent, PrivacyCase


async def show_case(connection: AsyncConnection, *, case: Case, seal: MailSeal, now: datetime) -> PrivacyCase:
    """Return it, in its own context."""
    found = await list_acknowledgements(connection, case.subscriber_id, case.entry_ids)
    awaited = awaited_of(case, [(row.entry_id, row.service) for row in found])
    acknowledged = [
        CaseAcknowledgement(
            service=name,
            acknowledged_at=max(row.acknowledged_at for row in found if row.service == name),
            records=sum(row.records for row in found if row.service == name),
        )
        for name in EXECUTORS
        if name not in awaited and any(row.service == name for row in found)
    ]
    events = await read_events(connection, case.subscriber_id, case.case_id)
    return shown(
        case,
        content=unpack_content(seal.open(case.case_id, case.sealed)) if case.sealed else None,
        acknowledged=acknowledged,
        awaited=awaited,
        history=[CaseEvent.model_validate(asdict(event)) for event in events],
        now=now,
    )
