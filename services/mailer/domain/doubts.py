"""What a relay's log proves about an uncertain message, and what becomes of the message then (L-071).

A log settles; it never guesses. That the relay took a message proves that it left us, wherever the relay has brought it since: `sent` is the relay's
word, as in the session. Only a refusal of this very attempt proves that nobody holds the message, so only that makes it wait again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.mailer.domain.moves import Move, decide_move
from services.mailer.domain.outcomes import Bounced, BounceKind, Phase, Reply, judge_refusal
from services.mailer.domain.reports import Failure, ReportKind, judge_failure
from services.mailer.domain.retries import RetryPlan

CLOCK_MARGIN: Final = timedelta(minutes=1)
"""How far a relay's clock may be off: less than the least wait between two attempts."""


class Proof(StrEnum):
    """`taken`: the relay accepted it and holds it or has passed it on; `delivered`: the next host accepted it; `failed`: the relay took it and gave
    up; `refused`: the relay said no to the final dot."""

    REFUSED = "refused"
    TAKEN = "taken"
    DELIVERED = "delivered"
    FAILED = "failed"


_WEIGHT: Final = {Proof.REFUSED: 0, Proof.TAKEN: 1, Proof.DELIVERED: 2, Proof.FAILED: 2}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one line of a log proves. `failure` and `said` (the reason its words name) stand with `failed` and `refused`; `at` may be unknown."""

    message_id: UUID
    proof: Proof
    failure: Failure | None = None
    said: str | None = None
    at: datetime | None = None

    def outweighs(self, other: "Evidence") -> bool:
        """Tell whether this line, which came later, says more than `other`: an end beats what came before it, an acceptance beats a refusal."""
        return _WEIGHT[self.proof] >= _WEIGHT[other.proof]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is known of an uncertain message. `tried_before`: an earlier attempt of it ended with a definite reply."""

    attempts: int
    tried_before: bool
    marked_at: datetime | None
    accepted_at: datetime
    useful_until: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """How a doubt ends: as a report like one that came by mail, or as a move back into the queue (`move`)."""

    kind: ReportKind
    blame: BounceKind | None = None
    reason: str | None = None
    status: str | None = None
    move: Move | None = None


def settle_doubt(evidence: Evidence, doubt: Doubt, *, now: datetime, jitter: float) -> Settled | None:
    """Return how evidence ends a doubt, or None where it proves nothing of this attempt and the message stays uncertain."""
    match evidence.proof:
        case Proof.TAKEN:
            return Settled(ReportKind.RELAYED)
        case Proof.DELIVERED:
            return Settled(ReportKind.DELIVERED)
        case Proof.FAILED:
            failure = evidence.failure or Failure(None, None, "")
            blame, reason = judge_failure(failure, evidence.said)
            return Settled(ReportKind.BOUNCE, blame, reason, _status(failure))
        case Proof.REFUSED:
            return (
                _settle_refusal(evidence, doubt, now=now, jitter=jitter)
                if _is_of_this_attempt(evidence, doubt)
                else None
            )


def _is_of_this_attempt(evidence: Evidence, doubt: Doubt) -> bool:
    if not doubt.tried_before:
        return True
    return evidence.at is not None and doubt.marked_at is not None and evidence.at >= doubt.marked_at - CLOCK_MARGIN


def _settle_refusal(evidence: Evidence, doubt: Doubt, *, now: datetime, jitter: float) -> Settled | None:
    failure = evidence.failure
    if failure is None or failure.code is None:
        return None
    outcome = judge_refusal(Reply(failure.code, failure.status, failure.text), Phase.DOT)
    if isinstance(outcome, Bounced):
        return Settled(ReportKind.BOUNCE, outcome.kind, outcome.reason, _status(failure))
    move = decide_move(
        outcome,
        plan=RetryPlan(),
        now=now,
        attempts=max(doubt.attempts - 1, 0),
        jitter=jitter,
        accepted_at=doubt.accepted_at,
        useful_until=doubt.useful_until,
    )
    return Settled(ReportKind.UNCLASSIFIED, reason=outcome.reason, status=_status(failure), move=move)


def _status(failure: Failure) -> str | None:
    return ".".join(map(str, failure.status)) if failure.status else None
