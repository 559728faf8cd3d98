"""Shows an entry of the register of disclosures with its approvals and its release."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.disclosures import APPROVALS_NEEDED
from services.optout.domain.sealing import MailSeal
from services.optout.store.disclosures import DisclosureRow, find_release, list_approvals
from shared.schemas.disclosures import Approval, Disclosure, Release


async def show_disclosure(connection: AsyncConnection, *, row: DisclosureRow, seal: MailSeal) -> Disclosure:
    """Return it."""
    approvals = await list_approvals(connection, row)
    release = await find_release(connection, row)
    approved = "approved" if len(approvals) >= APPROVALS_NEEDED else "requested"
    return Disclosure.model_validate(
        {
            "disclosure_id": row.disclosure_id,
            "state": "released" if release else approved,
            "reason": row.reason,
            "authority": row.authority,
            "reference": row.reference,
            "scope": seal.open(row.disclosure_id, row.sealed).decode(),
            "subscriber_id": row.concerns_id,
            "requested_by": row.requested_by,
            "requested_at": row.requested_at,
            "approvals": [Approval.model_validate(each, from_attributes=True) for each in approvals],
            "release": Release.model_validate(release, from_attributes=True) if release else None,
        }
    )
