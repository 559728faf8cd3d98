"""One SMTP session that hands messages over: pipelined, with the dot held back until the marker is set.

Per message: `begin` (or the `next` of the finish before), `send_body`, the caller's marker, `finish`. The phase is tracked here; what an
exception is called decides nothing (reliability.md finding 4).
"""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic
from typing import Final

from services.mailer.domain.outcomes import Bounced, Outcome, Phase, PutBack, Reply, Uncertain
from services.mailer.smtp.connect import Limits, Line, Relay, connect_relay
from services.mailer.smtp.envelope import Envelope
from services.mailer.smtp.groups import EnvelopeReading, Next, Ready, Refused, read_dot, read_envelope, read_steps
from services.mailer.smtp.protocol import Fault
from services.mailer.smtp.sendqueue import SendQueue
from services.mailer.smtp.serialize import UnfitMessageError, to_wire
from shared.kit.crashpoints import crashpoint


class Stage(Enum):
    """Where the session is."""

    IDLE = auto()
    ENVELOPE = auto()
    READY = auto()
    BODY = auto()
    HANDED_OVER = auto()
    CLOSED = auto()


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """The dot has left, its reply takes long: put the next message back, then call `finish_alone`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The current message's outcome, and where the next one stands: None means it was not begun (call `begin` if the session `is_usable`)."""

    current: Outcome | StillWaiting
    next: Next | None


_NO_SMTPUTF8: Final = Refused(
    Bounced(Reply(553, (5, 6, 7), "the relay does not offer SMTPUTF8"), Phase.RCPT, "policy", "smtputf8_not_offered")
)
_TOO_LARGE: Final = Refused(
    Bounced(Reply(552, (5, 3, 4), "larger than the relay takes"), Phase.MAIL, "policy", "message_too_large")
)


async def open_session(relay: Relay, limits: Limits) -> "Session":
    """Connect to `relay` and return a session between messages, or raise RelayNotReadyError."""
    return Session(await connect_relay(relay, limits), limits)


class Session:
    """A session with one relay, used by one task at a time."""

    def __init__(self, line: Line, limits: Limits) -> None:
        self._line = line
        self._protocol = line.protocol
        self._queue = SendQueue(line)
        self._queue.limit_acknowledgement(limits.ack)
        self._limits = limits
        self._needs_reset = False
        self.stage = Stage.IDLE
        self.dots = 0
        """Dots written so far: a session is rotated after some."""

    @property
    def pipelines(self) -> bool:
        """The relay offers PIPELINING (RFC 2920)."""
        return "pipelining" in self._line.features

    @property
    def is_usable(self) -> bool:
        """`begin` may be called."""
        return self.stage is Stage.IDLE and self._protocol.fault is None

    async def begin(self, envelope: Envelope) -> Next:
        """Send MAIL, RCPT and DATA. After Ready comes `send_body`; after Refused another `begin` if the session `is_usable`; a PutBack closed it."""
        self._demand(Stage.IDLE)
        if self._protocol.fault:
            return self._put_back(Phase.MAIL, self._why(), is_counted=False)
        if (refused := self._find_unfit(envelope)) is not None:
            return refused
        until = monotonic() + self._limits.envelope
        if self._needs_reset and not await self._reset(until):
            return self._put_back(Phase.MAIL, self._why("reset_failed"), is_counted=False)
        self.stage = Stage.ENVELOPE
        commands = envelope.commands(self._line.features)
        if self.pipelines:
            replies = await self._ask(b"".join(commands), len(commands), until)
            return self._settle_envelope(read_envelope(replies, is_counted=True))
        replies = []
        for command in commands:
            answer = await self._ask(command, 1, until)
            replies += answer
            if not answer or not (answer[0].is_yes or answer[0].code == 354):
                break
        return self._settle_envelope(read_steps(replies))

    async def send_body(self, message: bytes) -> PutBack | None:
        """Write `message` (CRLF lines, not dot-stuffed) without the final dot and wait until it has left this machine; None means it has."""
        self._demand(Stage.READY)
        try:
            wire = to_wire(message)
        except UnfitMessageError:
            self.abort()
            raise
        self.stage = Stage.BODY
        if self._protocol.fault or not self._queue.write(wire):
            return self._put_back(Phase.BODY, self._why())
        if not await self._queue.wait_until_left(self._limits.body):
            return self._put_back(Phase.BODY, self._why("body_not_taken"))
        return None

    async def finish(self, next_envelope: Envelope | None, *, marker_sent_at: float) -> Finished:
        """Write the dot, with the commands of the next message behind it if the relay pipelines, and read what both came to.

        `marker_sent_at` is the monotonic moment the marker statement was sent: later than 2 s after it nothing is written and the line is closed.
        """
        self._demand(Stage.BODY)
        refused = self._find_unfit(next_envelope) if next_envelope else None
        commands = b""
        if next_envelope and self.pipelines and not refused:
            commands = b"".join(next_envelope.commands(self._line.features))
        put_back = PutBack(Phase.MAIL, "travelled_along", is_counted=False) if commands else None
        stopped = self._write_dot(b".\r\n" + commands, 4 if commands else 1, marker_sent_at)
        if stopped:
            return Finished(stopped, refused or put_back)
        crashpoint("mailer.after_dot")
        await self._collect(self._limits.alone if commands else self._limits.final)
        if commands and not self._protocol.is_over:
            return Finished(StillWaiting(), put_back)
        if commands:
            return self._read_both()
        return Finished(self._read_one(), refused)

    async def finish_alone(self) -> Outcome:
        """After StillWaiting: read the rest of the group for the current message only. The line is closed afterwards in any case.

        It must be closed: the relay may stand in DATA of the message that was put back, and only closing ends that without a dot.
        """
        self._demand(Stage.HANDED_OVER)
        await self._collect(self._limits.final - self._limits.alone)
        replies = self._protocol.replies
        in_shape = read_envelope(replies[1:], is_counted=False).in_shape
        self.abort()
        return read_dot(replies, fault=self._protocol.fault, rest_in_shape=in_shape)

    def abort(self) -> None:
        """Close at once. In DATA this is the only way out: without the dot the relay must not deliver (RFC 5321 4.1.1.4)."""
        self.stage = Stage.CLOSED
        self._line.transport.abort()

    async def quit(self) -> None:
        """Say QUIT if the session stands between messages, wait at most a second, close."""
        if self.is_usable:
            await self._ask(b"QUIT\r\n", 1, monotonic() + 1.0)
        self.abort()

    def _demand(self, stage: Stage) -> None:
        if self.stage is not stage:
            raise RuntimeError(f"the session is {self.stage.name}, not {stage.name}")

    def _find_unfit(self, envelope: Envelope) -> Refused | None:
        """Return the refusal of what the relay has said not to take: it is not asked."""
        if envelope.needs_smtputf8 and "smtputf8" not in self._line.features:
            return _NO_SMTPUTF8
        most = self._line.most_octets
        return _TOO_LARGE if most is not None and envelope.size is not None and envelope.size > most else None

    def _why(self, otherwise: str = "connection_lost") -> str:
        return self._protocol.fault.value if self._protocol.fault else otherwise

    def _put_back(self, phase: Phase, why: str, *, is_counted: bool = True) -> PutBack:
        self.abort()
        return PutBack(phase, why, is_counted)

    async def _ask(self, data: bytes, replies: int, until: float) -> list[Reply]:
        """Write and wait; the result is short when the line failed or the time is up, and empty when it is worth nothing."""
        if self._protocol.fault:
            return []
        self._protocol.expect(replies)
        if not self._queue.write(data):
            return []
        answer = await self._protocol.collect(max(0.0, until - monotonic()))
        return [] if self._protocol.fault in (Fault.GARBLED, Fault.UNOWED) else answer

    async def _reset(self, until: float) -> bool:
        """RSET: after a refused RCPT the old transaction is still open and the next MAIL would be called nested."""
        replies = await self._ask(b"RSET\r\n", 1, until)
        self._needs_reset = False
        return bool(replies and replies[0].is_yes)

    def _settle_envelope(self, reading: EnvelopeReading) -> Next:
        """Move on as the envelope was read. A line that must close keeps a refusal (it is definite) but is ready for nothing."""
        if reading.must_close or self._protocol.fault:
            self.abort()
            return (
                PutBack(Phase.DATA, self._why(), is_counted=True) if isinstance(reading.next, Ready) else reading.next
            )
        self.stage = Stage.READY if isinstance(reading.next, Ready) else Stage.IDLE
        self._needs_reset = isinstance(reading.next, Refused)
        return reading.next

    def _write_dot(self, data: bytes, replies: int, marker_sent_at: float) -> PutBack | None:
        """Write the dot, or nothing at all: a put-back means that not one byte of it left."""
        if self._protocol.fault:
            return self._put_back(Phase.BODY, self._why())
        self._protocol.expect(replies)
        if monotonic() - marker_sent_at > self._limits.marker:
            return self._put_back(Phase.BODY, "marker_too_old", is_counted=False)
        self.stage = Stage.HANDED_OVER
        if not self._queue.write(data):
            return self._put_back(Phase.BODY, self._why())
        self.dots += 1
        return None

    async def _collect(self, limit: float) -> None:
        """Wait for the group after a dot. A cancelled wait closes the line; its caller knows that the dot had left: `dots` counted it."""
        try:
            await self._protocol.collect(limit)
        except asyncio.CancelledError:
            self.abort()
            raise

    def _read_one(self) -> Outcome:
        replies, fault = self._protocol.replies, self._protocol.fault
        outcome = read_dot(replies, fault=fault, rest_in_shape=self._protocol.is_whole)
        if isinstance(outcome, Uncertain) or fault or replies[0].is_closing:
            self.abort()
        else:
            self.stage = Stage.IDLE
        return outcome

    def _read_both(self) -> Finished:
        replies, fault = self._protocol.replies, self._protocol.fault
        reading = read_envelope(replies[1:], is_counted=False)
        outcome = read_dot(replies, fault=fault, rest_in_shape=reading.in_shape)
        if isinstance(outcome, Uncertain) or fault or replies[0].is_closing:
            self.abort()
            why = outcome.why if isinstance(outcome, Uncertain) else self._why("server_closing")
            is_told = isinstance(reading.next, Refused) and not isinstance(outcome, Uncertain)
            return Finished(outcome, reading.next if is_told else PutBack(Phase.MAIL, why, is_counted=False))
        return Finished(outcome, self._settle_envelope(reading))
