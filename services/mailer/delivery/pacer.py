"""Pacing of claimed messages: asks the paces who may go now, books the others, and tells the paces when a provider or relay complains."""

from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from services.mailer.domain.moves import Move
from services.mailer.domain.outcomes import Deferred, Outcome, Phase, PutBack, Sent
from services.mailer.domain.pacing import PaceId, refresh, share_out, slow
from services.mailer.domain.states import State
from services.mailer.store.claiming import ClaimedMessage
from services.mailer.store.paces import keep_paces, lock_or_make, lock_paces
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.logs import log

_SLOW_REPLY_SECONDS: Final = 10.0
"""A relay that takes longer than this for the replies to MAIL, RCPT and DATA together, or to a dot, is asked for less."""
_COUNTED_SECONDS: Final = 10.0
_FEWEST_STRAINED: Final = 10
_STRAINED_SHARE: Final = 0.2
"""A relay under strain says so to many: one in twenty, as some hiccup always, once halved its route at every look until hardly anything left."""

SenderOf = Callable[[ClaimedMessage], str | None]


class Pacer:
    """One per worker. The database is asked only about keys, and written only where a pace exists or a complaint came."""

    def __init__(self, database: Database, clock: Clock, sender_of: SenderOf) -> None:
        self._database, self._clock, self._sender_of = database, clock, sender_of
        self._complaints: set[PaceId] = set()
        self._counts: Counter[PaceId] = Counter()
        self._strained: Counter[PaceId] = Counter()
        self._since = monotonic()
        self._seen: dict[PaceId, float] = {}

    def is_slowed(self, message: ClaimedMessage) -> bool:
        """Its provider has complained since the paces were last asked: what was let go before waits after all."""
        return bool(self._complaints) and ("recipient", message.pace_key) in self._complaints

    def note(self, message: ClaimedMessage, route: str, outcome: Outcome) -> None:
        """Take in what came of a message: strain and refusals at MAIL speak of the route, other refusals of the provider."""
        provider: PaceId = ("recipient", message.pace_key)
        lane: PaceId = ("route", route)
        self._counts[provider] += 1
        self._counts[lane] += 1
        if not isinstance(outcome, Sent) and isinstance(outcome, Deferred | PutBack) and outcome.asks_less:
            if outcome.asks_less == "strain":
                self._strained[lane] += 1
                if self._strained[lane] >= max(_FEWEST_STRAINED, _STRAINED_SHARE * self._counts[lane]):
                    self._complaints.add(lane)
            else:
                self._complaints.add(lane if outcome.phase in (Phase.CONNECT, Phase.MAIL) else provider)

    def note_wait(self, route: str, seconds: float) -> None:
        """Take in how long a relay took to answer."""
        if seconds > _SLOW_REPLY_SECONDS:
            self._complaints.add(("route", route))

    async def admit(
        self, messages: Sequence[ClaimedMessage]
    ) -> tuple[list[ClaimedMessage], list[tuple[ClaimedMessage, Move]]]:
        """Return the messages that may go now, and for each of the others what becomes of it."""
        await self.flush()
        wanted = [self._limits_of(message) for message in messages]
        now = self._clock.now()
        async with self._database.transaction() as connection:
            paces = await lock_paces(connection, {pace_id for ids in wanted for pace_id in ids})
            if not paces:
                return list(messages), []
            verdicts, standing = share_out(wanted, paces, now)
            await keep_paces(connection, standing.values())
        waiting = [
            (message, Move(State.ACCEPTED, "paced", at))
            for message, at in zip(messages, verdicts, strict=True)
            if at is not None
        ]
        going = [message for message, at in zip(messages, verdicts, strict=True) if at is None]
        return going, waiting

    async def flush(self) -> None:
        """Let the complaints since the last call slow their paces down, for every process."""
        self._count()
        if not self._complaints:
            return
        complaints, now = sorted(self._complaints), self._clock.now()
        async with self._database.transaction() as connection:
            standing = await lock_or_make(connection, complaints)
            slowed = [
                slow(refresh(pace, now), seen=self._seen.get(pace_id, 0.0), now=now)
                for pace_id, pace in standing.items()
            ]
            await keep_paces(connection, slowed)
        self._complaints.difference_update(complaints)
        for pace in slowed:
            log("mailer.pacing").info("slowed_down", kind=pace.kind, key=pace.key, rate=round(pace.rate or 0.0, 2))

    def _count(self) -> None:
        """Keep the rates of the last seconds: what a pace that has no limit yet is halved from."""
        passed = monotonic() - self._since
        if passed < 1.0 and self._seen:
            return
        self._seen = {key: count / max(passed, 1.0) for key, count in self._counts.items()}
        if passed > _COUNTED_SECONDS:
            self._counts.clear()
            self._strained.clear()
            self._since = monotonic()

    def _limits_of(self, message: ClaimedMessage) -> list[PaceId]:
        limits: list[PaceId] = [("recipient", message.pace_key)] if message.pace_key else []
        if message.message_class == "commercial" and (sender := self._sender_of(message)):
            limits.append(("sender", sender))
        return limits
