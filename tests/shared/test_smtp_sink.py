"""The scriptable SMTP sink tells the truth: what every fault test later stands on is tested here with raw sockets.

A witness that miscounts would make the product's promises look kept or broken at random.
"""

import asyncio
import signal
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fixtures.smtp import Script, SmtpSink, Step
from tests.fixtures.smtp_client import BODY, Client
from tests.fixtures.smtp_ledger import read_ledger


async def test_an_ordinary_dialogue_is_recorded_with_the_exact_bytes() -> None:
    """RFC 5321: envelope, body and dot reach the ledger as sent, dot-stuffing undone."""
    async with SmtpSink() as sink:
        client = await Client.open(sink.port)
        assert await client.deliver() == "250 2.0.0 taken"
        assert await client.ask(b"QUIT\r\n") == ["221 2.0.0 bye"]
        client.close()
        (message,) = sink.messages
        assert (message.sender, message.recipients) == (b"v+1@b.example", (b"a@example.com",))
        assert message.message_id == "<m1@x.example.com>"
        assert message.body == BODY.replace(b"..dot", b".dot")
        assert message.dot_at <= message.reply_at
        events = [entry.event for entry in sink.ledger]
        assert [event for event in events if event not in ("reply", "closed")] == [
            "connect", "ehlo", "mail", "rcpt", "data", "dot", "quit",
        ]  # fmt: skip
        assert sink.violations == []


async def test_the_next_envelope_may_travel_with_the_dot() -> None:
    """Architecture 4: the dot is pipelined with MAIL, RCPT and DATA of the next message, in segments of any size."""
    async with SmtpSink() as sink:
        client = await Client.open(sink.port)
        await client.upto_data()
        after = b".\r\nMAIL FROM:<v@b.example>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
        for byte in BODY + after:
            client.writer.write(bytes((byte,)))
            await client.writer.drain()
        replies = [await client.reply() for _ in range(4)]
        assert [reply[:3] for reply in replies] == ["250", "250", "250", "354"]
        assert await client.ask(b".\r\n") == ["250 2.0.0 taken"]
        assert [message.size for message in sink.messages] == [len(BODY) - 1, 0]
        assert sink.violations == []
        client.close()


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("greeting", 0), ("ehlo", 1), ("mail", 2), ("rcpt", 3), ("data", 4)],
)
async def test_every_phase_before_the_body_can_refuse(phase: str, expected: int) -> None:
    """Reliability 2.0: reply at each phase."""
    async with SmtpSink(Script.from_json(f'{{"steps": [{{"phase": "{phase}", "reply": "451 4.3.0 later"}}]}}')) as sink:
        client = await Client.open(sink.port)
        replies = await client.upto_data()
        assert replies[expected] == "451 4.3.0 later"
        assert sink.messages == []
        client.close()


@pytest.mark.parametrize(("reply", "accepted"), [("451 4.3.0 later", 0), ("550 5.1.1 nobody", 0), ("250 fine", 1)])
async def test_a_reply_to_the_dot_decides_whether_the_message_counts(reply: str, accepted: int) -> None:
    """RFC 5321 4.2.5: only a 2yz hands over responsibility."""
    async with SmtpSink([Step("dot", reply=reply)]) as sink:
        client = await Client.open(sink.port)
        assert await client.deliver() == reply
        assert (len(sink.messages), len(sink.refused)) == (accepted, 1 - accepted)
        client.close()


async def test_a_step_may_be_meant_for_one_recipient_and_a_number_of_times() -> None:
    """Greylisting: the first attempt for one pattern is deferred, everybody else passes."""
    async with SmtpSink([Step("rcpt", reply="450 4.7.1 greylisted", recipient="slow@*", times=1)]) as sink:
        for recipient, code in (
            (b"quick@example.com", "250"),
            (b"slow@example.com", "450"),
            (b"slow@example.com", "250"),
        ):
            client = await Client.open(sink.port)
            assert (await client.upto_data(recipient))[3][:3] == code
            client.close()


async def test_a_connection_cap_lets_the_first_ones_in() -> None:
    """`skip` and `close` make a 421 for the third connection."""
    async with SmtpSink([Step("greeting", reply="421 4.7.0 too many", close=True, skip=2)]) as sink:
        clients = [await Client.open(sink.port) for _ in range(3)]
        assert [(await client.reply())[:3] for client in clients] == ["220", "220", "421"]
        assert await clients[2].line() == ""
        for client in clients:
            client.close()


async def test_a_drop_in_the_body_is_not_a_message_even_if_the_dot_was_on_its_way() -> None:
    """RFC 5321 4.1.1.4: without the final dot nothing was handed over."""
    async with SmtpSink([Step("body", "drop", at_byte=10)]) as sink:
        client = await Client.open(sink.port)
        await client.upto_data()
        client.writer.write(BODY + b".\r\n")
        assert await client.line() == ""
        assert sink.messages == sink.refused == []
        client.close()


@pytest.mark.parametrize("action", ["drop", "reset", "eof"])
async def test_a_drop_after_the_dot_counts_as_taken_over(action: str) -> None:
    """The window of architecture 4: accepted, but nobody says so."""
    script = Script.from_json(f'{{"steps": [{{"phase": "dot", "action": "{action}"}}]}}')
    async with SmtpSink(script) as sink:
        client = await Client.open(sink.port)
        await client.upto_data()
        client.writer.write(BODY + b".\r\n")
        try:
            assert await client.line() == ""
        except ConnectionResetError:
            assert action == "reset"
        assert [message.reply for message in sink.messages] == [""]
        client.close()


async def test_a_hanging_sink_still_reads_and_times_the_dot_by_its_arrival() -> None:
    """Reliability 2.0: stalls withhold replies, they do not stop reading."""
    async with SmtpSink([Step("dot", "delay", reply="250 late", seconds=0.1)]) as sink:
        client = await Client.open(sink.port)
        assert await client.deliver() == "250 late"
        (message,) = sink.messages
        assert message.reply_at - message.dot_at >= 0.1
        assert (await client.ask(b"RSET\r\n"))[0][:3] == "250"
        client.close()


async def test_a_hang_answers_nothing_and_ends_with_the_sink() -> None:
    """A relay that never replies leaves no task behind."""
    async with SmtpSink([Step("dot", "hang")]) as sink:
        client = await Client.open(sink.port)
        await client.upto_data()
        client.writer.write(BODY + b".\r\n")
        assert await client.silence()
        assert len(sink.messages) == 1
    client.close()


@pytest.mark.parametrize(
    ("step", "lines"),
    [
        (Step("dot", "garbage"), ["\x00\xff\x80 this is no reply"]),
        (Step("dot", "garbage", reply="25"), ["25"]),
        (Step("dot", "extra", reply="250 once more"), ["250 2.0.0 taken", "250 once more"]),
        (Step("dot", "drip", reply="250 slow"), ["250 slow"]),
        (Step("dot", reply="421 4.3.2 closing", close=True), ["421 4.3.2 closing", ""]),
    ],
)
async def test_replies_can_be_garbage_too_many_dripped_or_last(step: Step, lines: Sequence[str]) -> None:
    """What makes a message uncertain, and what does not."""
    async with SmtpSink([step]) as sink:
        client = await Client.open(sink.port)
        await client.upto_data()
        client.writer.write(BODY + b".\r\n")
        assert [await client.line() for _ in lines] == list(lines)
        assert len(sink.messages) + len(sink.refused) == 1
        client.close()


async def test_a_missing_reply_shifts_the_dialogue_by_one() -> None:
    """A reply too few: the client reads the reply to the next command for the dot's."""
    async with SmtpSink([Step("dot", "missing")]) as sink:
        client = await Client.open(sink.port)
        await client.upto_data()
        assert await client.ask(BODY + b".\r\nNOOP\r\n") == ["250 2.0.0 ok"]
        client.close()


async def test_an_idle_connection_can_be_told_to_go() -> None:
    """RFC 5321 3.8: a server may close with 421 at any time."""
    async with SmtpSink([Step("idle", reply="421 4.4.2 idle", seconds=0.05)]) as sink:
        client = await Client.open(sink.port)
        assert (await client.reply())[:3] == "220"
        assert [await client.line(), await client.line()] == ["421 4.4.2 idle", ""]
        client.close()


@pytest.mark.parametrize(
    ("body", "breach"),
    [
        (b"a\nb\r\n", "bare LF"),
        (b"a\rb\r\n", "bare CR"),
        (b"a\r\n.\nb\r\n", "bare LF"),
        (b"x" * 999 + b"\r\n", "999 bytes"),
        (b"a\r\n.b\r\n", "dot-stuffed"),
        (b"a\0\r\n", "NUL"),
        ("é\r\n".encode(), "8-bit"),
    ],
)
async def test_a_breach_of_the_wire_format_is_a_violation(body: bytes, breach: str) -> None:
    """Reliability 0.1 finding 2: no bare CR or LF, lines up to 998, dot-stuffing, declared 8 bit."""
    async with SmtpSink() as sink:
        client = await Client.open(sink.port)
        await client.deliver(body=body)
        assert breach in sink.violations[0]
        client.close()


async def test_a_line_of_998_bytes_and_a_stuffed_dot_beside_it_are_fine() -> None:
    """RFC 5321 4.5.3.1.6: the dot added for transparency does not count."""
    async with SmtpSink() as sink:
        client = await Client.open(sink.port)
        await client.deliver(body=b"x" * 998 + b"\r\n.." + b"y" * 997 + b"\r\n")
        assert sink.violations == []
        client.close()


async def test_commands_ahead_of_their_replies_need_the_extension() -> None:
    """RFC 2920: a client may pipeline only where the server offers it, and never the body."""
    async with SmtpSink(Script(capabilities=("8BITMIME",))) as sink:
        client = await Client.open(sink.port)
        await client.upto_data()
        client.close()
        assert any("without PIPELINING" in violation for violation in sink.violations)
    async with SmtpSink() as sink:
        client = await Client.open(sink.port)
        await client.reply()
        await client.ask(b"EHLO me\r\n")
        envelope = b"MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n"
        await client.ask(envelope + BODY + b".\r\n", 4)
        assert sink.violations == ["connection 0: body before the reply to DATA"]
        client.close()


async def test_the_announced_size_is_kept() -> None:
    """RFC 1870: refused at MAIL when declared, after the dot when not."""
    async with SmtpSink(Script(capabilities=("SIZE 50",))) as sink:
        client = await Client.open(sink.port)
        await client.reply()
        await client.ask(b"EHLO me\r\n")
        assert (await client.ask(b"MAIL FROM:<> SIZE=51\r\n"))[0][:3] == "552"
        await client.ask(b"MAIL FROM:<>\r\n")
        await client.ask(b"RCPT TO:<a@example.com>\r\n")
        await client.ask(b"DATA\r\n")
        assert (await client.ask(BODY + b".\r\n"))[0][:3] == "552"
        assert sink.messages == []
        assert len(sink.refused) == 1
        client.close()


async def test_the_dialogue_can_be_upgraded_to_tls() -> None:
    """RFC 3207: STARTTLS is offered, the dialogue starts again inside."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with SmtpSink(starttls=True) as sink:
        client = await Client.open(sink.port)
        await client.reply()
        await client.ask(b"EHLO me\r\n")
        assert (await client.ask(b"STARTTLS\r\n"))[0][:3] == "220"
        await client.writer.start_tls(context)
        await client.ask(b"EHLO me\r\n")
        await client.ask(b"MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n", 3)
        assert (await client.ask(BODY + b".\r\n"))[0][:3] == "250"
        await client.ask(b"QUIT\r\n")
        client.close()
        assert (len(sink.messages), sink.violations) == (1, [])


async def test_a_changed_script_holds_from_the_next_step_on() -> None:
    """Reliability 2.0: phase 2 stops all faults on living connections."""
    async with SmtpSink([Step("rcpt", reply="451 4.3.0 later")]) as sink:
        client = await Client.open(sink.port)
        assert (await client.upto_data())[-1][:3] == "503"
        sink.script = Script()
        assert (await client.ask(b"RSET\r\n"))[0][:3] == "250"
        await client.ask(b"MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\nDATA\r\n", 3)
        await client.ask(BODY + b".\r\n")
        assert len(await sink.wait_for(1)) == 1
        client.close()


async def test_in_its_own_process_the_ledger_survives_a_kill(tmp_path: Path) -> None:
    """Reliability 2.0: the dot is in the file before its reply leaves."""
    ledger = tmp_path / "ledger.ndjson"
    script = Script((Step("dot", "drop", recipient="b@*"),)).to_json()
    words = ("-m", "tests.fixtures.smtp", "--ledger", str(ledger), "--fsync", "--script", script)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        for recipient in (b"a@example.com", b"b@example.com"):
            client = await Client.open(port)
            await client.upto_data(recipient)
            client.writer.write(BODY + b".\r\n")
            await client.line()
            client.close()
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    dots = [entry.details for entry in read_ledger(ledger) if entry.event == "dot"]
    assert [dot["recipients"] for dot in dots] == [["a@example.com"], ["b@example.com"]]
    assert all(dot["accepted"] and dot["message_id"] == "<m1@x.example.com>" for dot in dots)
