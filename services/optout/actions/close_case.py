"""Ends a privacy case by hand: answered, corrected, refused, withdrawn, or nobody was found."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.cases import Case, require_open
from services.optout.store.cases import CaseEventRow, change_case
from services.optout.store.privacy_mails import finish_privacy_mail
from shared.schemas.privacy_cases import CaseClosure


async def close_case(
    connection: AsyncConnection, *, case: Case, closure: CaseClosure, actor: str, now: datetime
) -> Case:
    """Return the closed case, which was locked; a link that is still in a mailbox is of no use any more.

    Raises CaseClosedError, and CaseUnderWayError for an erasure that was proven.
    """
    require_open(case)
    detail = f"{closure.outcome}: {closure.remark}" if closure.remark else closure.outcome
    event = CaseEventRow(now, actor, "closed", detail)
    closed = await change_case(
        connection, case, event, state="closed", closed_at=now, outcome=closure.outcome, proof_id=None
    )
    if case.privacy_mail_id is not None:
        await finish_privacy_mail(connection, case.privacy_mail_id)
    return closed
