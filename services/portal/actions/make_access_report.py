"""Puts together everything held about who has proven an access case: ingest finds the people, the others tell what they hold of them."""

from collections.abc import Sequence
from uuid import UUID

from services.portal.actions.find_own_people import find_own_people
from services.portal.clients.personal_data import ask_personal_data, ask_subject
from services.portal.deps import Deps
from shared.kit.auth import Caller
from shared.kit.errors import ConflictError
from shared.schemas.personal_data import (
    AccessReport,
    CaseSubject,
    CaseSubjectInput,
    FoundPerson,
    PersonalData,
    PersonalDataQuestion,
)


class PeopleNotNamedError(ConflictError):
    """Several people share the mailbox: one must not be shown another's data (L-102, L-123)."""

    code, title = "people_not_named", "Several people share this mailbox; the case must name whom it is about."


async def make_access_report(deps: Deps, *, caller: Caller, case_id: UUID, actor: str) -> AccessReport:
    """Return the report; that it was made stands in the case's history.

    Raises CaseUnknownError, CaseNotProvenError, PeopleNotNamedError, and ServiceSilentError when any service does not answer.
    """
    asked = CaseSubjectInput(subscriber_id=caller.subscriber_id, location_ids=sorted(caller.location_ids), actor=actor)
    subject = await ask_subject(deps.services["optout"], case_id=case_id, asked=asked)
    found = await ask_personal_data(deps.services["ingest"], question=_question(subject, subject.consumer_ids))
    if found.undecided:
        raise PeopleNotNamedError
    answers = [found]
    answers += [await _ask_scheduler(deps, subject, found.people)]
    for name in ("mailer", "optout"):
        answers.append(await ask_personal_data(deps.services[name], question=_question(subject, [])))
    answers.append(
        await find_own_people(
            deps.worker_db, data_keys=deps.data_keys, subscriber_id=subject.subscriber_id, address=subject.address
        )
    )
    return AccessReport(
        case_id=subject.case_id,
        reference=subject.reference,
        subscriber_id=subject.subscriber_id,
        address=subject.address,
        made_at=deps.clock.now(),
        services=answers,
    )


async def _ask_scheduler(deps: Deps, subject: CaseSubject, people: Sequence[FoundPerson]) -> PersonalData:
    """Ask for the people of each business, in turn."""
    holdings = []
    for owner in sorted({person.subscriber_id for person in people}):
        ids = [person.consumer_id for person in people if person.subscriber_id == owner]
        question = _question(subject, ids).model_copy(update={"subscriber_id": owner})
        holdings += (await ask_personal_data(deps.services["scheduler"], question=question)).holdings
    return PersonalData(service="scheduler", holdings=holdings)


def _question(subject: CaseSubject, consumer_ids: Sequence[UUID]) -> PersonalDataQuestion:
    return PersonalDataQuestion(
        subscriber_id=subject.subscriber_id,
        address=subject.address,
        address_keys=subject.address_keys,
        consumer_ids=list(consumer_ids)[:200],
    )
