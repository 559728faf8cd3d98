"""A privacy case as it is shown: in a list without anything personal, alone with all."""

from collections.abc import Sequence
from datetime import datetime

from services.optout.domain.case_content import CaseContent
from services.optout.domain.cases import EXECUTORS, Case
from services.optout.domain.entries import PLATFORM
from shared.schemas.privacy_cases import CaseAcknowledgement, CaseEvent, CaseListed, LegalHold, PrivacyCase

_OWN: tuple[str, ...] = (
    *("case_id", "kind", "state", "owner", "location_id", "channel", "law", "opened_at", "due_at", "outcome"),
)
_MORE: tuple[str, ...] = (
    *("version", "opened_by", "privacy_mail_id", "proof_sent_at", "proven_at", "executed_at", "closed_at"),
    "held_because",
)


def listed(case: Case, now: datetime) -> CaseListed:
    """Return a case for a list."""
    return CaseListed.model_validate(_facts(case, now))


def shown(
    case: Case,
    *,
    content: CaseContent | None,
    acknowledged: Sequence[CaseAcknowledgement],
    awaited: Sequence[str],
    history: Sequence[CaseEvent],
    now: datetime,
) -> PrivacyCase:
    """Return a case for who works on it; `content` None once the person has been erased."""
    more = {name: getattr(case, name) for name in _MORE}
    return PrivacyCase.model_validate(
        _facts(case, now)
        | more
        | {
            "address": content.address or None if content else None,
            "note": content.note if content else "",
            "consumer_ids": case.person_ids,
            "extended": case.extended_at is not None,
            "acknowledged": acknowledged,
            "awaited": awaited,
            "history": history,
        }
    )


def awaited_of(case: Case, done: Sequence[tuple[object, str]]) -> list[str]:
    """Return which services have not acknowledged every tombstone of a case, of (entry, service) that are done."""
    if case.state != "executing":
        return []
    return [name for name in EXECUTORS if not {(entry_id, name) for entry_id in case.entry_ids} <= set(done)]


def _facts(case: Case, now: datetime) -> dict[str, object]:
    return {name: getattr(case, name) for name in _OWN} | {
        "subscriber_id": None if case.subscriber_id == PLATFORM else case.subscriber_id,
        "is_overdue": case.is_overdue(now),
    }


def hold_shown(row: object) -> LegalHold:
    """Return a legal hold; the address stays a hash."""
    hold = LegalHold.model_validate(row, from_attributes=True)
    return hold.model_copy(update={"subscriber_id": None}) if hold.subscriber_id == PLATFORM else hold
