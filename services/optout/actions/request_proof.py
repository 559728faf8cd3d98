"""Asks who a privacy case is about to prove it: a mail to the mailbox in question with a sealed link that works once."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.count_tries import count_tries
from services.optout.actions.request_mail import request_mail
from services.optout.actions.show_sender import show_sender
from services.optout.deps import ServiceParts
from services.optout.domain.case_content import unpack_content
from services.optout.domain.cases import PROOF_TIME, Case, CasesTooManyError, reference_of, require_provable
from services.optout.domain.limits import PROOF_LIMITS
from services.optout.store.cases import CaseEventRow, change_case
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id
from shared.schemas.optout import MailRequestInput


async def request_proof(
    parts: ServiceParts, connection: AsyncConnection, *, case: Case, language: str, actor: str
) -> Case:
    """Put the mail into the feed and return the case that waits for its link; the link of an earlier mail ends. In the case's context.

    The mail names the business and the kind of the request, nothing that anybody wrote. Raises what `require_provable` raises, and
    CasesTooManyError from the fourth mail of a day to one address.
    """
    require_provable(case)
    assert case.sealed is not None
    now, proof_id = parts.clock.now(), new_id()
    if await count_tries(parts.door.database, PROOF_LIMITS, now=now, address=case.address_keys[0]):
        raise CasesTooManyError
    sender = await show_sender(
        parts.api_db, subscriber_id=case.subscriber_id, location_id=case.location_id or case.subscriber_id
    )
    language, asked = parts.pages.case_words(kind=case.kind, business=sender.business, language=language)
    link = parts.links.seal("prove", case.subscriber_id, proof_id)
    mail = MailRequestInput(
        request_id=proof_id,
        origin="privacy_case",
        content="privacy_proof",
        language=language,
        address=unpack_content(parts.case_seal.open(case.case_id, case.sealed)).address,
        address_key=case.address_keys[0],
        fields={
            "case": {"reference": reference_of(case.case_id), "asked": asked},
            "links": {"confirm": f"{parts.public_url}/prove/{link}"},
        },
        useful_until=now + PROOF_TIME,
    )
    waiting = await change_case(
        connection,
        case,
        CaseEventRow(now, actor, "proof_requested"),
        state="awaiting_proof",
        language=language,
        proof_id=proof_id,
        proof_sent_at=now,
        proof_until=mail.useful_until,
    )
    await request_mail(connection, given=mail, tokens=parts.tokens, now=now)
    await set_subscriber(connection, case.subscriber_id)
    return waiting
