"""What the parts of a worker work with, and how each settles a message."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.mailer.clients.optout import OptoutClient
from services.mailer.delivery.marker import MarkerGroup
from services.mailer.delivery.pacer import Pacer
from services.mailer.delivery.prepare import Prepared, Preparer
from services.mailer.delivery.routing import Routing
from services.mailer.delivery.settler import Settler
from services.mailer.domain.moves import Move, decide_move
from services.mailer.domain.outcomes import Outcome, Phase, Reply
from services.mailer.domain.retries import RetryPlan
from services.mailer.domain.states import State
from services.mailer.smtp.connect import Limits
from services.mailer.store.claiming import ClaimedMessage
from services.mailer.store.settling import AttemptRow, Settlement
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker works with."""

    worker_id: UUID
    database: Database
    optout: OptoutClient
    preparer: Preparer
    marker: MarkerGroup
    settler: Settler
    clock: Clock
    routing: Routing
    pacer: Pacer
    limits: Limits = field(default_factory=Limits)
    plan: RetryPlan = field(default_factory=RetryPlan)
    connections: int = 20
    idle_seconds: float = 0.25

    def settle_attempt(self, prepared: Prepared, outcome: Outcome, started: datetime, route: str) -> None:
        """Settle a message by what its SMTP transaction over `route` came to."""
        message, now = prepared.message, self.clock.now()
        move = decide_move(
            outcome,
            plan=self.plan,
            now=now,
            attempts=message.attempts,
            jitter=random.random(),  # noqa: S311 - jitter
            accepted_at=message.accepted_at,
            useful_until=message.useful_until,
        )
        reply: Reply | None = getattr(outcome, "reply", None)
        attempt = AttemptRow(
            new_id(),
            started,
            now,
            str(getattr(outcome, "phase", Phase.DOT)),
            reply.code if reply else None,
            reply.enhanced_code if reply else None,
            type(outcome).__name__.lower(),
            route,
        )
        handed_over = move.state in (State.SENT, State.UNCERTAIN)
        self.settle_move(message, move, sha256=prepared.sha256 if handed_over else None, attempt=attempt)

    def settle_move(
        self, message: ClaimedMessage, move: Move, *, sha256: bytes | None = None, attempt: AttemptRow | None = None
    ) -> None:
        """Settle a message without, or after, an attempt."""
        self.settler.settle(
            Settlement(
                message.subscriber_id,
                message.message_id,
                message.claim_id,
                move.state,
                move.reason,
                move.next_at,
                move.counted,
                sha256,
                attempt,
            )
        )
