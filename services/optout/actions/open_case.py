"""Opens a privacy case from a front desk or the operator, and asks the person for proof where their data would be shown or erased."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.count_tries import count_tries
from services.optout.actions.find_case_laws import find_case_laws
from services.optout.actions.request_proof import request_proof
from services.optout.deps import ServiceParts
from services.optout.domain.case_content import CaseContent
from services.optout.domain.case_periods import due_date
from services.optout.domain.cases import PROVEN_KINDS, Case, CaseOpenAlreadyError, CasesTooManyError
from services.optout.domain.entries import AddressUnfitError
from services.optout.domain.limits import CASE_LIMITS
from services.optout.store.cases import CaseEventRow, add_case
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.privacy_cases import CaseInput


async def open_case(
    parts: ServiceParts, connection: AsyncConnection, *, subscriber_id: UUID, given: CaseInput, actor: str, channel: str
) -> Case:
    """Return the new case.

    Raises AddressUnfitError, LocationUnknownError, CaseOpenAlreadyError, CasesTooManyError.
    """
    now = parts.clock.now()
    try:
        address = canonical_address(given.address)
    except AddressRefusedError:
        raise AddressUnfitError from None
    if await count_tries(parts.door.database, CASE_LIMITS, now=now, subscriber=str(subscriber_id)):
        raise CasesTooManyError
    await set_subscriber(connection, subscriber_id)
    laws = await find_case_laws(
        connection, subscriber_id=subscriber_id, location_id=given.location_id, country=given.country
    )
    due, case_id = due_date(given.kind, now, laws), new_id()
    case = Case(
        subscriber_id=subscriber_id,
        case_id=case_id,
        version=1,
        kind=given.kind,
        state="open",
        channel=channel,
        opened_by=actor,
        owner=actor,
        law=due.law,
        language=given.language,
        location_id=given.location_id,
        country=given.country,
        address_keys=parts.address_keys.all_keys_of(address.folded),
        person_ids=list(dict.fromkeys(given.consumer_ids)),
        sealed=parts.case_seal.close(case_id, CaseContent(address.address, given.note).pack()),
        privacy_mail_id=None,
        opened_at=now,
        due_at=due.due_at,
        latest_at=due.latest_at,
    )
    if not await add_case(connection, case, CaseEventRow(now, actor, "opened", channel)):
        raise CaseOpenAlreadyError
    if given.kind in PROVEN_KINDS:
        return await request_proof(parts, connection, case=case, language=given.language, actor=actor)
    return case
