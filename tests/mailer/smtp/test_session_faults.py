"""The session with relays that lie, hang, drop and speak garbage, in every phase (architecture 4, rules of pipelining)."""

import asyncio
from time import monotonic

import pytest

from services.mailer.domain.outcomes import Bounced, Deferred, Phase, PutBack, Sent, Uncertain
from services.mailer.smtp.groups import Ready, Refused
from services.mailer.smtp.session import Stage, StillWaiting
from tests.fixtures.smtp import Script, SmtpSink, Step
from tests.mailer.smtp.conftest import Run
from tests.mailer.smtp.scene import BODY, QUICK, bring_to_dot, envelope, finish, opened

BROKEN = [
    Step("dot", "drop"),
    Step("dot", "reset"),
    Step("dot", "eof"),
    Step("dot", "garbage"),
    Step("dot", "garbage", reply="25 ok"),
    Step("dot", "garbage", reply="ok"),
    Step("dot", reply="354 go on"),
]


@pytest.mark.parametrize("step", BROKEN, ids=lambda step: f"{step.action}-{step.reply[:3]}")
@pytest.mark.parametrize("has_next", [True, False], ids=["next", "alone"])
def test_anything_but_a_definite_reply_to_the_dot_is_uncertain(run: Run, step: Step, has_next: bool) -> None:
    """Architecture 4, step 5: drop, reset, half-close, garbage and a wrong shape; the next goes back uncounted; the line is closed."""

    async def scenario() -> None:
        async with SmtpSink([step]) as sink, opened(sink) as session:
            await bring_to_dot(session)
            done = await finish(session, envelope("b") if has_next else None)
            assert isinstance(done.current, Uncertain)
            assert done.current.phase is Phase.DOT
            assert session.stage is Stage.CLOSED
            if has_next:
                assert isinstance(done.next, PutBack)
                assert not done.next.is_counted

    run(scenario())


def test_an_acceptance_counts_only_if_its_whole_group_has_its_shape(run: Run) -> None:
    """A reply too many shifts the answers by one: a dot's 250 that may be somebody else's is no proof."""

    async def scenario() -> None:
        for step in (
            Step("dot", "extra"),
            Step("dot", "missing"),
            Step("mail", "extra", skip=1),
            Step("data", reply="250 ok", skip=1),
        ):
            async with SmtpSink([step]) as sink, opened(sink) as session:
                await bring_to_dot(session)
                done = await finish(session, envelope("b"))
                current = await session.finish_alone() if isinstance(done.current, StillWaiting) else done.current
                assert isinstance(current, Uncertain), step
                assert isinstance(done.next, PutBack)
                assert session.stage is Stage.CLOSED

    run(scenario())


def test_a_reply_too_many_before_the_dot_stops_the_dot(run: Run) -> None:
    """A reply while none is owed: nothing is handed over on such a line."""

    async def scenario() -> None:
        async with SmtpSink([Step("data", "extra", reply="250 2.0.0 ok")]) as sink, opened(sink) as session:
            answer = await session.begin(envelope())
            if answer == Ready():
                body = await session.send_body(BODY)
                if body is None:
                    await asyncio.sleep(0.05)
                    done = await finish(session, envelope("b"))
                    assert isinstance(done.current, PutBack)
            assert sink.messages == []
            assert session.stage is Stage.CLOSED

    run(scenario())


def test_a_closing_reply_or_the_end_after_the_dot_puts_the_next_back_uncounted(run: Run) -> None:
    """Architecture 4: 421 at the dot is a definite refusal of the current; 421 in the next one's envelope leaves the current sent."""

    async def scenario() -> None:
        cases = [
            (Step("dot", reply="421 4.3.2 bye", close=True), Deferred),
            (Step("mail", reply="421 4.7.0 enough", close=True, skip=1), Sent),
            (Step("rcpt", reply="421 4.7.0 enough", close=True, skip=1), Sent),
            (Step("data", reply="421 4.7.0 enough", close=True, skip=1), Sent),
        ]
        for step, kind in cases:
            async with SmtpSink([step]) as sink, opened(sink) as session:
                await bring_to_dot(session)
                done = await finish(session, envelope("b"))
                assert isinstance(done.current, kind), step
                assert isinstance(done.next, PutBack)
                assert not done.next.is_counted
                assert session.stage is Stage.CLOSED

    run(scenario())


def test_a_refused_recipient_followed_by_354_closes_the_line(run: Run) -> None:
    """RFC 2920 3.1 asks for a lone dot there; it would be a dot without a marker. The current is sent, the refusal is told."""

    async def scenario() -> None:
        steps = (Step("rcpt", reply="550 5.1.1 no", recipient="b@*"), Step("data", reply="354 go on", skip=1))
        async with SmtpSink(steps) as sink, opened(sink) as session:
            await bring_to_dot(session)
            done = await finish(session, envelope("b"))
            assert isinstance(done.current, Sent)
            assert isinstance(done.next, Refused)
            assert isinstance(done.next.outcome, Bounced)
            assert session.stage is Stage.CLOSED

    run(scenario())


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (Step("dot", "delay", seconds=0.3), Sent),
        (Step("dot", "delay", reply="451 4.3.0 later", seconds=0.3), Deferred),
        (Step("dot", "hang"), Uncertain),
        (Step("rcpt", "delay", seconds=0.3, skip=1), Sent),
    ],
)
def test_a_slow_final_reply_frees_the_next_and_finishes_alone(run: Run, step: Step, kind: type) -> None:
    """Architecture 4: after a second (here a tenth) the next goes back; the current waits on, and its line is closed for good."""

    async def scenario() -> None:
        async with SmtpSink([step]) as sink, opened(sink) as session:
            await bring_to_dot(session)
            done = await finish(session, envelope("b"))
            assert done.current == StillWaiting()
            assert isinstance(done.next, PutBack)
            assert not done.next.is_counted
            assert isinstance(await session.finish_alone(), kind)
            assert session.stage is Stage.CLOSED
            await asyncio.sleep(0.02)
            assert len(sink.messages) + len(sink.refused) == 1

    run(scenario())


@pytest.mark.parametrize("capabilities", [("PIPELINING",), ()], ids=["pipelined", "stepwise"])
@pytest.mark.parametrize("action", ["drop", "garbage", "hang", "missing", "extra"])
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_trouble_in_the_envelope_is_a_put_back(
    run: Run, phase: str, action: str, capabilities: tuple[str, ...]
) -> None:
    """Before the body everything is safe to try again; no dot is ever written on such a line."""

    async def scenario() -> None:
        script = Script((Step(phase, action),), capabilities)  # type: ignore[arg-type]
        limits = QUICK.__class__(
            **{name: getattr(QUICK, name) for name in ("connect", "alone")}, envelope=0.15, body=0.3, final=0.3
        )
        async with SmtpSink(script) as sink, opened(sink, limits=limits) as session:
            answer = await session.begin(envelope())
            if answer == Ready():
                await asyncio.sleep(0.02)
                answer = await session.send_body(BODY) or PutBack(Phase.BODY, "", is_counted=True)
            assert isinstance(answer, PutBack)
            session.abort()
            assert sink.messages == sink.refused == []

    run(scenario())


@pytest.mark.parametrize(
    "step",
    [Step("body", "drop", at_byte=20), Step("body", "reset", at_byte=20), Step("body", reply="421 bye", at_byte=20)],
)
def test_a_drop_in_the_body_is_a_put_back(run: Run, step: Step) -> None:
    """Finding 4: the same exception in a library, another phase here: nothing was handed over."""

    async def scenario() -> None:
        async with SmtpSink([step]) as sink, opened(sink) as session:
            assert await session.begin(envelope()) == Ready()
            stopped = await session.send_body(BODY * 2000)
            if stopped is None:
                await asyncio.sleep(0.05)
                stopped = (await finish(session, envelope("b"))).current  # type: ignore[assignment]
            assert isinstance(stopped, PutBack)
            assert stopped.is_counted
            assert sink.messages == sink.refused == []

    run(scenario())


def test_a_relay_that_stops_reading_never_gets_a_dot(run: Run) -> None:
    """The body must leave within its limit: our buffer empty and the kernel's send queue acknowledged."""

    done = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"220 hi\r\n")
        for answer in (b"250-x\r\n250 PIPELINING\r\n", b"250 ok\r\n250 ok\r\n354 go\r\n"):
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            await reader.readline()
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(answer)
        await done.wait()
        writer.transport.abort()

    async def scenario() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0, limit=100)
        port = server.sockets[0].getsockname()[1]
        stand_in = SmtpSink(port=port)
        async with opened(stand_in) as session:
            assert await session.begin(envelope()) == Ready()
            stopped = await session.send_body((b"x" * 900 + b"\r\n") * 20_000)
            assert stopped == PutBack(Phase.BODY, "body_not_taken", is_counted=True)
            assert session.stage is Stage.CLOSED
        done.set()
        server.close()
        await asyncio.sleep(0.01)

    run(scenario())


def test_a_session_the_relay_closed_while_idle_puts_back_uncounted(run: Run) -> None:
    """The message did nothing wrong: it takes another session."""

    async def scenario() -> None:
        async with (
            SmtpSink([Step("idle", reply="421 4.4.2 idle too long", seconds=0.02, close=True)]) as sink,
            opened(sink) as session,
        ):
            await asyncio.sleep(0.1)
            assert not session.is_usable
            answer = await session.begin(envelope())
            assert isinstance(answer, PutBack)
            assert not answer.is_counted

    run(scenario())


def test_a_cancelled_wait_for_the_final_reply_closes_and_says_that_the_dot_left(run: Run) -> None:
    """Shutdown: the caller counts dots, so that a cancelled hand-over is uncertain and never put back."""

    async def scenario() -> None:
        async with SmtpSink([Step("dot", "hang")]) as sink, opened(sink) as session:
            await bring_to_dot(session)
            task = asyncio.create_task(session.finish(None, marker_sent_at=monotonic()))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert session.dots == 1
            assert session.stage is Stage.CLOSED

    run(scenario())
