"""Tells portal whom a proven access case is about, and writes into its history who had the report made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.find_case import find_case
from services.optout.domain.case_content import unpack_content
from services.optout.domain.cases import CaseNotProvenError, reference_of
from services.optout.domain.entries import PLATFORM
from services.optout.domain.sealing import MailSeal
from services.optout.store.cases import CaseEventRow, note_event
from shared.kit.auth import Caller
from shared.schemas.personal_data import CaseSubject, CaseSubjectInput


async def show_subject(
    connection: AsyncConnection, *, case_id: UUID, asked: CaseSubjectInput, seal: MailSeal, now: datetime
) -> CaseSubject:
    """Return it. Raises CaseUnknownError, and CaseNotProvenError for any case but a proven access case with its address."""
    caller = Caller("client", asked.actor, asked.subscriber_id, frozenset(asked.location_ids))
    case = await find_case(connection, caller=caller, case_id=case_id)
    if case.kind != "access" or case.proven_at is None or case.sealed is None:
        raise CaseNotProvenError
    event = CaseEventRow(now, asked.actor, "report_made")
    await note_event(connection, case.subscriber_id, case.case_id, event)
    return CaseSubject(
        case_id=case.case_id,
        reference=reference_of(case.case_id),
        subscriber_id=None if case.subscriber_id == PLATFORM else case.subscriber_id,
        address=unpack_content(seal.open(case.case_id, case.sealed)).address,
        address_keys=case.address_keys,
        consumer_ids=case.person_ids,
    )
