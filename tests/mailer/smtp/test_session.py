"""The session on good days: the take-over of the transport, pipelining and its absence, bytes on the wire."""

import socket
from time import monotonic

import pytest

from services.mailer.domain.outcomes import Bounced, Deferred, Phase, PutBack, Sent, Uncertain
from services.mailer.smtp.connect import Limits, Relay, RelayNotReadyError, TlsRule
from services.mailer.smtp.envelope import Envelope
from services.mailer.smtp.groups import Ready, Refused
from services.mailer.smtp.session import Stage, open_session
from tests.fixtures.smtp import Script, SmtpSink, Step
from tests.mailer.smtp.conftest import Run
from tests.mailer.smtp.scene import BODY, QUICK, bring_to_dot, envelope, finish, opened, relay

TLS = pytest.mark.parametrize("is_secure", [False, True], ids=["plain", "starttls"])


@TLS
def test_three_messages_travel_through_one_session_with_dots_and_envelopes_together(run: Run, is_secure: bool) -> None:
    """Architecture 4: the transport is taken over on both loops, with and without STARTTLS; one write a message."""

    async def scenario() -> None:
        async with SmtpSink(starttls=True) as sink, opened(sink, is_secure=is_secure) as session:
            assert session.pipelines
            await bring_to_dot(session, envelope("a"))
            for following in ("b", "c"):
                done = await finish(session, envelope(following))
                assert isinstance(done.current, Sent)
                assert done.next == Ready()
                assert await session.send_body(BODY) is None
            last = await finish(session)
            assert isinstance(last.current, Sent)
            assert last.next is None
            assert session.is_usable
            await session.quit()
            assert [message.recipients for message in sink.messages] == [
                (b"a@y.example.com",),
                (b"b@y.example.com",),
                (b"c@y.example.com",),
            ]
            assert {message.body for message in sink.messages} == {BODY}
            assert sink.messages[0].sender == b"b+a@bounce.example.com"
            assert sink.violations == []
            assert session.dots == 3

    run(scenario())


def test_a_relay_without_pipelining_gets_one_command_at_a_time(run: Run) -> None:
    """Architecture 4: the next message is not begun with the dot; the sink would note a command before its reply as a violation."""

    async def scenario() -> None:
        async with SmtpSink(Script(capabilities=("8BITMIME",))) as sink, opened(sink) as session:
            await bring_to_dot(session, envelope("a"))
            done = await finish(session, envelope("b"))
            assert isinstance(done.current, Sent)
            assert done.next is None
            await bring_to_dot(session, envelope("b"))
            assert isinstance((await finish(session)).current, Sent)
            assert len(sink.messages) == 2
            assert sink.violations == []

    run(scenario())


def test_an_old_relay_that_knows_only_helo_is_served_too(run: Run) -> None:
    """RFC 5321 3.2."""

    async def scenario() -> None:
        refuse = Step("ehlo", reply="502 5.5.1 not implemented", times=1)
        async with SmtpSink([refuse]) as sink, opened(sink) as session:
            assert not session.pipelines
            await bring_to_dot(session)
            assert isinstance((await finish(session)).current, Sent)

    run(scenario())


def test_the_body_has_left_and_the_dot_has_not_before_the_marker(run: Run) -> None:
    """Architecture 4, steps 2 and 3: aborting after the body leaves nothing at the relay."""

    async def scenario() -> None:
        async with SmtpSink() as sink, opened(sink) as session:
            await bring_to_dot(session)
            session.abort()
            assert session.stage is Stage.CLOSED
            async with opened(sink) as other:
                await bring_to_dot(other, envelope("b"))
                await finish(other)
            assert [message.recipients for message in sink.messages] == [(b"b@y.example.com",)]
            assert sink.refused == []

    run(scenario())


@TLS
def test_a_dot_later_than_two_seconds_after_the_marker_is_never_written(run: Run, is_secure: bool) -> None:
    """Architecture 4, step 4: the worker's own monotonic clock decides, the line is closed, the message goes back uncounted."""

    async def scenario() -> None:
        async with SmtpSink(starttls=True) as sink, opened(sink, is_secure=is_secure) as session:
            await bring_to_dot(session)
            done = await session.finish(envelope("b"), marker_sent_at=monotonic() - 2.001)
            assert done.current == PutBack(Phase.BODY, "marker_too_old", is_counted=False)
            assert isinstance(done.next, PutBack)
            assert not done.next.is_counted
            assert session.stage is Stage.CLOSED
            assert session.dots == 0
            assert sink.messages == sink.refused == []

    run(scenario())


@TLS
def test_the_hand_over_ends_after_two_seconds_without_acknowledgement(run: Run, is_secure: bool) -> None:
    """Architecture 4, step 4: TCP_USER_TIMEOUT is 2,000 ms while the dot is on its way; what ends the connection then is an uncertain end."""

    async def scenario() -> None:
        limits = Limits(connect=5, final=0.2)
        async with (
            SmtpSink([Step("dot", "hang")], starttls=True) as sink,
            opened(sink, is_secure=is_secure, limits=limits) as session,
        ):
            wire: socket.socket = session._line.raw.get_extra_info("socket")
            await bring_to_dot(session)
            assert wire.getsockopt(socket.IPPROTO_TCP, 18) == 2000
            assert isinstance((await finish(session)).current, Uncertain)

    run(scenario())


def test_a_body_to_a_near_relay_is_acknowledged_at_once(run: Run) -> None:
    """Segments as short as on Ethernet: otherwise each body waits 40 ms for its acknowledgement."""

    async def scenario() -> None:
        async with SmtpSink() as sink, opened(sink) as session:
            wire: socket.socket = session._line.raw.get_extra_info("socket")
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 1400

    run(scenario())


def test_a_refused_recipient_leaves_the_session_usable_after_a_reset(run: Run) -> None:
    """A refused RCPT leaves the transaction open: without RSET the next MAIL would be nested."""

    async def scenario() -> None:
        for capabilities in (("PIPELINING",), ()):
            step = Step("rcpt", reply="550 5.1.1 no such user", recipient="nobody@*")
            async with SmtpSink(Script((step,), capabilities)) as sink, opened(sink) as session:
                answer = await session.begin(envelope("nobody"))
                assert isinstance(answer, Refused)
                assert isinstance(answer.outcome, Bounced)
                assert (answer.outcome.kind, answer.outcome.phase) == ("hard", Phase.RCPT)
                assert session.is_usable
                await bring_to_dot(session)
                assert isinstance((await finish(session)).current, Sent)
                assert sink.violations == []

    run(scenario())


@pytest.mark.parametrize(
    ("step", "phase"),
    [
        (Step("mail", reply="451 4.3.0 later", times=1), Phase.MAIL),
        (Step("rcpt", reply="450 4.2.0 greylisted", times=1), Phase.RCPT),
        (Step("data", reply="451 4.3.0 no room", times=1), Phase.DATA),
    ],
)
def test_a_refused_next_is_told_and_does_not_touch_the_current(run: Run, step: Step, phase: Phase) -> None:
    """Architecture 4: the refusal is the next one's own; the current message is sent, the session goes on."""

    async def scenario() -> None:
        later = Step(**{**step.__dict__, "skip": 1})
        async with SmtpSink([later]) as sink, opened(sink) as session:
            await bring_to_dot(session)
            done = await finish(session, envelope("b"))
            assert isinstance(done.current, Sent)
            assert isinstance(done.next, Refused)
            assert isinstance(done.next.outcome, Deferred)
            assert done.next.outcome.phase is phase
            assert session.is_usable
            await bring_to_dot(session, envelope("c"))
            assert isinstance((await finish(session)).current, Sent)
            assert len(sink.messages) == 2

    run(scenario())


@pytest.mark.parametrize(
    ("reply", "kind"), [("451 4.3.0 later", Deferred), ("554 5.7.1 spam", Bounced), ("421 4.3.2 going down", Deferred)]
)
def test_a_definite_refusal_of_the_dot_is_definite(run: Run, reply: str, kind: type) -> None:
    """Architecture 4, step 5; a 421 at the dot is a definite 4yz as well, and closes."""

    async def scenario() -> None:
        async with SmtpSink([Step("dot", reply=reply)]) as sink, opened(sink) as session:
            await bring_to_dot(session)
            done = await finish(session)
            assert isinstance(done.current, kind)
            assert session.is_usable is not reply.startswith("421")
            assert len(sink.refused) == 1

    run(scenario())


def test_a_non_ascii_local_part_is_refused_where_smtputf8_is_not_offered(run: Run) -> None:
    """RFC 6531: a clean refusal per recipient, and the dot of the message before it travels alone."""

    async def scenario() -> None:
        wide = Envelope("b+a@bounce.example.com", "jörg@y.example.com")
        async with SmtpSink(Script(capabilities=("PIPELINING",))) as sink, opened(sink) as session:
            assert isinstance(await session.begin(wide), Refused)
            await bring_to_dot(session)
            done = await finish(session, wide)
            assert isinstance(done.current, Sent)
            assert isinstance(done.next, Refused)
            assert session.is_usable
            assert sink.violations == []
        async with SmtpSink() as sink, opened(sink) as session:
            await bring_to_dot(session, wide)
            assert isinstance((await finish(session)).current, Sent)
            assert sink.messages[0].recipients == ("jörg@y.example.com".encode(),)

    run(scenario())


def test_what_is_larger_than_the_relay_says_to_take_is_not_asked(run: Run) -> None:
    """RFC 1870, L-074: a clean refusal of that message alone, whether it comes first or behind another; SIZE 0 and no SIZE are no limit."""

    async def scenario() -> None:
        large = Envelope("b+a@bounce.example.com", "ann@y.example.com", size=2000)
        async with SmtpSink(Script(capabilities=("PIPELINING", "SIZE 1999"))) as sink, opened(sink) as session:
            first = await session.begin(large)
            assert isinstance(first, Refused)
            assert isinstance(first.outcome, Bounced)
            assert (first.outcome.kind, first.outcome.reason) == ("policy", "message_too_large")
            await bring_to_dot(session)
            done = await finish(session, large)
            assert isinstance(done.current, Sent)
            assert isinstance(done.next, Refused)
            assert session.is_usable
            assert [entry.event for entry in sink.ledger].count("mail") == 1
        for capabilities in (("SIZE 2000",), ("SIZE 0",), ("SIZE",), ()):
            async with SmtpSink(Script(capabilities=capabilities)) as sink, opened(sink) as session:
                assert await session.begin(large) == Ready()

    run(scenario())


def test_a_relay_that_hides_or_fakes_tls_gets_nothing(run: Run) -> None:
    """S50: STARTTLS hidden, or a certificate nobody vouches for: the mail is held, never sent in clear."""

    async def scenario() -> None:
        async with SmtpSink() as hidden:
            with pytest.raises(RelayNotReadyError, match="tls_not_offered"):
                await open_session(relay(hidden, is_secure=True), QUICK)
        async with SmtpSink(starttls=True) as faked:
            for rule in (TlsRule.REQUIRED, TlsRule.OFFERED):
                with pytest.raises(RelayNotReadyError, match="tls_failed"):
                    await open_session(Relay("127.0.0.1", faked.port, "mailer.example.com", rule), QUICK)
            assert all(entry.event != "mail" for entry in faked.ledger)

    run(scenario())


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Step("greeting", reply="554 5.3.2 go away"), "connect_failed"),
        (Step("greeting", "drop"), "connect_failed"),
        (Step("ehlo", "drop"), "connect_failed"),
        (Step("greeting", "garbage"), "connect_failed"),
    ],
)
def test_a_relay_that_does_not_greet_blames_no_message(run: Run, step: Step, reason: str) -> None:
    """Whatever happens before MAIL is the route's trouble."""

    async def scenario() -> None:
        async with SmtpSink([step]) as sink:
            with pytest.raises(RelayNotReadyError) as caught:
                await open_session(relay(sink), QUICK)
            assert caught.value.reason == reason

    run(scenario())
