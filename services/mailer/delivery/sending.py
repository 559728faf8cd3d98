"""Sending: one task per connection that opens a session when there is work, hands messages over and settles each of them."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.mailer.delivery.marker import MarkerLostError
from services.mailer.delivery.prepare import Prepared, UnsendableError
from services.mailer.delivery.tools import Tools
from services.mailer.domain.moves import INNOCENT_WAIT, Move
from services.mailer.domain.origins import keep_waiting
from services.mailer.domain.outcomes import Phase, PutBack, Uncertain
from services.mailer.domain.states import State
from services.mailer.smtp.connect import RelayNotReadyError
from services.mailer.smtp.groups import Next, Ready, Refused
from services.mailer.smtp.serialize import UnfitMessageError
from services.mailer.smtp.session import Session, StillWaiting, open_session
from services.mailer.store.claiming import ClaimedMessage
from shared.kit.crashpoints import crashpoint
from shared.kit.logs import log
from shared.kit.loops import pause

_IDLE_SECONDS: Final = 5.0
"""A session without work says QUIT after this."""
_MOST_DOTS: Final = 2000
"""A session is rotated after this many messages."""
_LONGEST_BACKOFF_SECONDS: Final = 15.0


class Sending:
    """The queue of allowed messages and the tasks that empty it."""

    def __init__(self, tools: Tools) -> None:
        self._t = tools
        self._queue: deque[ClaimedMessage] = deque()
        self._arrived = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._queue)

    async def add(self, messages: Sequence[ClaimedMessage]) -> None:
        """Hand messages to the sessions; an empty addition only wakes them (at the stop)."""
        async with self._arrived:
            self._queue.extend(messages)
            self._arrived.notify_all()

    def take_rest(self) -> list[ClaimedMessage]:
        """Return what no session has taken."""
        rest, self._queue = list(self._queue), deque()
        return rest

    def _next_prepared(self) -> Prepared | None:
        """Return the next message that can go, ready for the wire; settle those that cannot."""
        while self._queue:
            message = self._queue.popleft()
            try:
                return self._t.preparer.prepare(message)
            except UnsendableError as unsendable:
                self._t.settle_move(
                    message, keep_waiting(message.subscriber_id, unsendable.move, now=self._t.clock.now())
                )
            except Exception as error:
                log("mailer.delivery").error("prepare_failed", message_id=str(message.message_id), exc_info=error)
                self._t.settle_move(message, Move(State.FAILED, "prepare_failed"))
        return None

    async def _wait_prepared(self, seconds: float | None, stop: asyncio.Event) -> Prepared | None:
        """As `_next_prepared`, waiting for work up to `seconds` (None: until stop)."""
        try:
            async with asyncio.timeout(seconds):
                while not stop.is_set():
                    if (prepared := self._next_prepared()) is not None:
                        return prepared
                    async with self._arrived:
                        if not self._queue and not stop.is_set():
                            await self._arrived.wait()
        except TimeoutError:
            return None
        return None

    async def keep_sending(self, stop: asyncio.Event) -> None:
        """Open a session when there is work, use it while there is more, close it when idle."""
        failures = 0
        while (first := await self._wait_prepared(None, stop)) is not None:
            started = self._t.clock.now()
            try:
                session = await open_session(self._t.relay, self._t.limits)
            except RelayNotReadyError as error:
                failures += 1
                log("mailer.delivery").warning(
                    "relay_not_ready", reason=error.reason, code=error.code, failures=failures
                )
                self._t.settle_attempt(first, PutBack(Phase.CONNECT, error.reason, is_counted=False), started)
                await pause(stop, random.uniform(0.2, min(_LONGEST_BACKOFF_SECONDS, 0.3 * 2**failures)))  # noqa: S311
                continue
            await self._use(session, first, stop)
            failures = 0 if session.dots else failures + 1
            if failures:  # a relay that greets and then takes nothing is no better than one that does not greet
                await pause(stop, random.uniform(0.2, min(_LONGEST_BACKOFF_SECONDS, 0.3 * 2**failures)))  # noqa: S311

    async def _use(self, session: Session, first: Prepared, stop: asyncio.Event) -> None:
        current: Prepared | None = first
        state: Next | None = await session.begin(first.envelope)
        while current is not None:
            following: Prepared | None = None
            if isinstance(state, Ready):
                following, state = await self._hand_over(session, current, stop)
            elif state is not None:
                self._t.settle_attempt(
                    current, state.outcome if isinstance(state, Refused) else state, self._t.clock.now()
                )
            if following is None and session.is_usable and session.dots < _MOST_DOTS:
                following = await self._wait_prepared(_IDLE_SECONDS, stop)
                state = await session.begin(following.envelope) if following else None
            current = following
        await session.quit()

    async def _hand_over(
        self, session: Session, current: Prepared, stop: asyncio.Event
    ) -> tuple[Prepared | None, Next | None]:
        """Body, marker, dot and reply of one message; return the next one if it travelled along, with where it stands."""
        started = self._t.clock.now()
        try:
            put_back = await session.send_body(current.data)
        except UnfitMessageError:
            self._t.settle_move(current.message, Move(State.FAILED, "message_unfit"))
            return None, None
        crashpoint("mailer.after_body")
        if put_back is not None:
            self._t.settle_attempt(current, put_back, started)
            return None, None
        try:
            marked_at = await self._t.marker.mark(current.message)
        except MarkerLostError:
            session.abort()
            self._t.settle_attempt(current, PutBack(Phase.BODY, "marker_unknown", is_counted=False), started)
            return None, None
        if marked_at is None:
            session.abort()
            await self._resolve_unmarked(current.message)
            return None, None
        crashpoint("mailer.after_marker")
        following = self._next_prepared() if session.dots + 1 < _MOST_DOTS and not stop.is_set() else None
        return await self._finish(session, current, following, started, marked_at)

    async def _finish(
        self, session: Session, current: Prepared, following: Prepared | None, started: datetime, marked_at: float
    ) -> tuple[Prepared | None, Next | None]:
        dots = session.dots
        try:
            finished = await session.finish(following.envelope if following else None, marker_sent_at=marked_at)
            state, outcome = finished.next, finished.current
            if isinstance(outcome, StillWaiting):
                if following is not None and isinstance(state, PutBack):
                    self._t.settle_attempt(following, state, started)
                following, state = None, None
                outcome = await session.finish_alone()
            crashpoint("mailer.after_reply")
        except Exception as error:
            log("mailer.delivery").error("hand_over_failed", message_id=str(current.message.message_id), exc_info=error)
            has_left = session.dots > dots
            outcome = (
                Uncertain(Phase.DOT, "hand_over_failed")
                if has_left
                else PutBack(Phase.BODY, "hand_over_failed", is_counted=True)
            )
            session.abort()
            state = PutBack(Phase.MAIL, "hand_over_failed", is_counted=False)
        self._t.settle_attempt(current, outcome, started)
        if following is not None and state is None:
            usable = session.is_usable
            state = (
                await session.begin(following.envelope)
                if usable
                else PutBack(Phase.MAIL, "connection_lost", is_counted=False)
            )
        return following, state

    async def _resolve_unmarked(self, message: ClaimedMessage) -> None:
        """The marker refused: settle by its reason. Without a live lease or while paused the message waits again."""
        try:
            verdict = await self._t.marker.explain(message)
        except Exception as error:
            log("mailer.delivery").warning("explain_failed", exc_info=error)
            verdict = "put_back"
        now = self._t.clock.now()
        moves = {
            "suppressed": Move(State.SUPPRESSED, "opted_out"),
            "expired": Move(State.EXPIRED, "too_late"),
            "put_back": Move(State.ACCEPTED, "not_now", now + INNOCENT_WAIT),
        }
        if verdict in moves:
            self._t.settle_move(message, moves[verdict])
            if verdict == "put_back":
                await asyncio.sleep(0.2)  # no lease, paused or on hold: do not spin
