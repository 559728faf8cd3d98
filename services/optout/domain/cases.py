"""What may be done with a privacy case and what follows from it: pure, so that a case's life can be read in one place (S-036, S-061, S-141)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.optout.domain.choices import stable_id
from services.optout.domain.entries import PLATFORM, Kind, NewEntry
from shared.kit.errors import ConflictError, NotFoundError, Problem
from shared.schemas.privacy_cases import CaseKind, CaseOutcome, CaseState

CHANNEL: Final = "privacy_case"
PROVEN_KINDS: Final[frozenset[CaseKind]] = frozenset({"access", "erasure", "stop_processing"})
"""Kinds that give something out or away: only who reads the mailbox in question may have them done."""
ERASING: Final[frozenset[CaseKind]] = frozenset({"erasure", "stop_processing"})
"""No more processing means that the data goes and a tombstone stays: there is no second state of it (S-036)."""
EXECUTORS: Final = ("ingest", "mailer")
"""Who holds names, addresses and content, and must acknowledge an erasure. The scheduler hears of it from ingest and holds no name."""
PEOPLE_NOT_NAMED: Final = "people_not_named"
"""Why an erasure is held at whose mailbox several people are reached: one of them must not act on another."""
PROOF_TIME: Final = timedelta(days=7)


class CaseUnknownError(NotFoundError):
    """No such case for this caller."""

    code, title = "case_unknown", "There is no such privacy case."


class CaseOpenAlreadyError(ConflictError):
    """A second case of the same kind about the same address says nothing new."""

    code, title = "case_open_already", "A case of this kind is open for this address."


class CaseClosedError(ConflictError):
    """The case has ended."""

    code, title = "case_closed", "This privacy case is closed."


class CaseUnderWayError(ConflictError):
    """An erasure that was proven is carried out or held; it is not ended or changed by hand."""

    code, title = "case_under_way", "This case was proven and is being carried out."


class ProofNotNeededError(ConflictError):
    """Nothing follows from this kind of case by itself, or the proof is there."""

    code, title = "proof_not_needed", "This case needs no proof, or has it."


class CaseNotProvenError(ConflictError):
    """Data is shown only about who has proven that it is theirs."""

    code, title = "case_not_proven", "Nobody has proven yet that this mailbox is theirs."


class AddressMissingError(ConflictError):
    """A mail whose writer is not certain became a case without an address."""

    code, title = "case_without_address", "This case has no address to send anything to."


class KindDecidedError(ConflictError):
    """What the person asked is known; another wish is another case."""

    code, title = "kind_decided", "Only an unclear case is given another kind."


class ExtendedAlreadyError(ConflictError):
    """The laws allow one extension."""

    code, title = "extended_already", "The time of this case was extended before, or is over."


class HoldUnknownError(NotFoundError):
    """No such legal hold in force."""

    code, title = "hold_unknown", "There is no such legal hold in force."


class CasesTooManyError(Problem):
    """More cases in a day than people write: opened by a machine."""

    status, code, title = (
        429,
        "cases_too_many",
        "Too many privacy cases were opened or mailed about; try again tomorrow.",
    )


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands; `version` counts the edits of people. `address_keys`: the address under every key there is.

    `entry_ids`: its tombstones in the ledger.

    `proof_id` stands in the link of the newest mail only; it is gone once it was used.
    """

    subscriber_id: UUID
    case_id: UUID
    version: int
    kind: CaseKind
    state: CaseState
    channel: str
    opened_by: str
    owner: str
    law: str
    language: str
    location_id: UUID | None
    country: str | None
    address_keys: list[str]
    person_ids: list[UUID]
    sealed: bytes | None
    privacy_mail_id: UUID | None
    opened_at: datetime
    due_at: datetime
    latest_at: datetime
    extended_at: datetime | None = None
    proof_id: UUID | None = None
    proof_sent_at: datetime | None = None
    proof_until: datetime | None = None
    proven_at: datetime | None = None
    executed_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: CaseOutcome | None = None
    held_because: str | None = None
    entry_ids: tuple[UUID, ...] = ()

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it should have been answered by now."""
        return self.closed_at is None and self.due_at < now


def require_open(case: Case) -> None:
    """Raise CaseClosedError, or CaseUnderWayError for an erasure that was proven."""
    if case.state == "closed":
        raise CaseClosedError
    if case.state in ("held", "executing"):
        raise CaseUnderWayError


def require_provable(case: Case) -> None:
    """Raise unless a mail that asks for proof makes sense."""
    require_open(case)
    if case.kind not in PROVEN_KINDS or case.proven_at is not None:
        raise ProofNotNeededError
    if not case.address_keys or case.sealed is None:
        raise AddressMissingError


def reference_of(case_id: UUID) -> str:
    """Return what a person may quote in a mail or on the phone."""
    return f"P-{case_id.hex[-8:].upper()}"


def tombstones_of(case: Case, *, at: datetime) -> list[NewEntry]:
    """Return the ledger entries that erase: each key of the address with each person named, with none named the address alone."""
    return _entries(case, "erasure", at)


def stops_of(case: Case, *, at: datetime) -> list[NewEntry]:
    """Return the opt-outs that stand for the erasure while a legal hold forbids it: processing for mail ends at once (N-110)."""
    return _entries(case, "optout", at)


def _entries(case: Case, kind: Kind, at: datetime) -> list[NewEntry]:
    return [
        NewEntry(
            subscriber_id=case.subscriber_id,
            entry_id=stable_id(kind, case.case_id, address_key, person_id),
            kind=kind,
            channel=CHANNEL,
            evidence=f"{CHANNEL}:{case.case_id}",
            occurred_at=at,
            address_key=address_key,
            person_id=person_id,
            scope="platform" if case.subscriber_id == PLATFORM else "business",
            suppression_class="all",
        )
        for address_key in case.address_keys
        for person_id in case.person_ids or (None,)
    ]
