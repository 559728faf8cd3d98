"""What portal asks of the services below for a report to a person. A service that is silent makes no report: half of one would be a lie."""

from uuid import UUID

from services.portal.clients.downhill import Downhill, ServiceSilentError
from shared.kit.errors import ConflictError, NotFoundError
from shared.kit.http import RefusedError, SilentError
from shared.schemas.personal_data import CaseSubject, CaseSubjectInput, PersonalData, PersonalDataQuestion


class CaseUnknownError(NotFoundError):
    """No such case for this caller."""

    code, title = "case_unknown", "There is no such privacy case."


class CaseNotProvenError(ConflictError):
    """Data is shown only about who has proven that it is theirs."""

    code, title = "case_not_proven", "This is no access case, or nobody has proven yet that its mailbox is theirs."


async def ask_subject(optout: Downhill, *, case_id: UUID, asked: CaseSubjectInput) -> CaseSubject:
    """Return whom a case is about. Raises CaseUnknownError, CaseNotProvenError, ServiceSilentError."""
    try:
        return await optout.http.ask("POST", f"/v1/privacy-cases/{case_id}/subject", CaseSubject, body=asked)
    except RefusedError as refused:
        if refused.status == 404:
            raise CaseUnknownError from None
        if refused.code == CaseNotProvenError.code:
            raise CaseNotProvenError from None
        raise ServiceSilentError(optout.name) from None
    except SilentError:
        raise ServiceSilentError(optout.name) from None


async def ask_personal_data(service: Downhill, *, question: PersonalDataQuestion) -> PersonalData:
    """Return what a service holds. Raises ServiceSilentError."""
    try:
        return await service.http.ask("POST", "/v1/personal-data", PersonalData, body=question)
    except (SilentError, RefusedError):
        raise ServiceSilentError(service.name) from None
