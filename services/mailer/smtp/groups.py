"""Pure reading of a group of replies: which reply answers which command, and whether the group has the shape that makes it believable.

A relay that sends a reply too many shifts every answer by one; read naively, a refusal becomes a delivery. So a dot's 2yz counts only if
the whole group dot / MAIL / RCPT / DATA has its shape (architecture 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.mailer.domain.outcomes import (
    Bounced,
    Deferred,
    Outcome,
    Phase,
    PutBack,
    Reply,
    Sent,
    Uncertain,
    judge_leaving,
    judge_refusal,
)
from services.mailer.smtp.protocol import Fault


@dataclass(frozen=True, slots=True)
class Ready:
    """354: the body may be written."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A definite no to MAIL, RCPT or DATA."""

    outcome: Deferred | Bounced


Next = Ready | Refused | PutBack

_STEPS: Final = (Phase.MAIL, Phase.RCPT, Phase.DATA)


@dataclass(frozen=True, slots=True)
class EnvelopeReading:
    """What the replies to MAIL, RCPT, DATA mean. `must_close`: the session cannot go on (421, or 354 after a refused RCPT)."""

    next: Next
    in_shape: bool
    must_close: bool


_GO_AHEAD: Final = EnvelopeReading(Ready(), in_shape=True, must_close=False)


def read_envelope(replies: Sequence[Reply], *, is_counted: bool) -> EnvelopeReading:
    """Read the replies to MAIL, RCPT and DATA sent in one write. Fewer than three are in shape only if a 421 ended them.

    `is_counted` goes into a put-back: True when the message began its own transaction, False when it travelled with another's dot.
    """
    if len(replies) == 3 and replies[2].code == 354 and replies[0].is_yes and replies[1].is_yes:
        return _GO_AHEAD  # what nearly every group is
    refusal: tuple[Reply, Phase] | None = None
    for reply, step in zip(replies, _STEPS, strict=False):
        if reply.is_closing:
            return EnvelopeReading(judge_leaving(reply, step, is_counted=is_counted), in_shape=True, must_close=True)
        if step is Phase.DATA and reply.code == 354:
            return _read_ready(refusal, is_counted)
        if reply.is_no:
            refusal = refusal or (reply, step)
        elif refusal or not reply.is_yes or step is Phase.DATA:
            return _out_of_shape(step, "wrong_shape", is_counted)
    if len(replies) < len(_STEPS) or refusal is None:
        return _out_of_shape(_STEPS[min(len(replies), 2)], "no_reply", is_counted and bool(replies))
    return EnvelopeReading(Refused(judge_refusal(*refusal)), in_shape=True, must_close=False)


def read_steps(replies: Sequence[Reply]) -> EnvelopeReading:
    """Read the replies to MAIL, RCPT and DATA sent one at a time: the last one decides, those before it were a yes."""
    if not replies:
        return _out_of_shape(Phase.MAIL, "no_reply", is_counted=False)
    reply, step = replies[-1], _STEPS[len(replies) - 1]
    if reply.is_closing:
        return EnvelopeReading(judge_leaving(reply, step, is_counted=True), in_shape=True, must_close=True)
    if reply.is_no:
        return EnvelopeReading(Refused(judge_refusal(reply, step)), in_shape=True, must_close=False)
    if step is Phase.DATA and reply.code == 354:
        return _GO_AHEAD
    return _out_of_shape(
        step, "no_reply" if reply.is_yes and step is not Phase.DATA else "wrong_shape", is_counted=True
    )


def _out_of_shape(step: Phase, why: str, is_counted: bool) -> EnvelopeReading:
    return EnvelopeReading(PutBack(step, why, is_counted), in_shape=False, must_close=True)


def _read_ready(refusal: tuple[Reply, Phase] | None, is_counted: bool) -> EnvelopeReading:
    """354 came. After a refused RCPT (RFC 2920 3.1) only closing is safe: the lone dot it asks for would be a dot without a marker."""
    if refusal is None:
        return _GO_AHEAD
    if refusal[1] is Phase.MAIL:
        return _out_of_shape(Phase.DATA, "wrong_shape", is_counted)
    return EnvelopeReading(Refused(judge_refusal(*refusal)), in_shape=True, must_close=True)


def read_dot(replies: Sequence[Reply], *, fault: Fault | None, rest_in_shape: bool) -> Outcome:
    """Read the final reply of the current message; `rest_in_shape` tells of the replies behind it in the same group.

    Definite refusals stand on their own, yet only while nothing else is wrong with the stream; an acceptance needs the whole group.
    """
    if fault in (Fault.GARBLED, Fault.UNOWED):
        return Uncertain(Phase.DOT, fault.value)
    if not replies:
        return Uncertain(Phase.DOT, fault.value if fault else "no_reply")
    reply = replies[0]
    if reply.is_no and (rest_in_shape or len(replies) == 1):
        return judge_refusal(reply, Phase.DOT)
    if reply.is_yes and rest_in_shape:
        return Sent(reply)
    return Uncertain(Phase.DOT, fault.value if fault else "wrong_shape")
