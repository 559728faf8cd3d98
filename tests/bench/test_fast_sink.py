"""The bench's own sink counts honestly however the octets are cut, and the runner prints what a row reports."""

import asyncio

import pytest

from tests.bench.fast_sink import Counts, Session
from tests.bench.figure import Figure
from tests.bench.programs import run_limit
from tests.bench.run import find_rows, main
from tests.bench.sinks import find_smtp_sink, open_sink
from tests.bench.table import draw_table


class Wire(asyncio.Transport):
    """Keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Appends."""
        self.written += bytes(data)


DIALOGUE = (
    b"EHLO a\r\nMAIL FROM:<b@x.example>\r\nRCPT TO:<one@y.example>\r\nDATA\r\n"
    b"Subject: x\r\n\r\n..\r\nRCPT TO:<no@y.example>\r\n.x\r\n\r\n.\r\n"
    b"MAIL FROM:<b@x.example>\r\nRCPT TO:<two@y.example>\r\nDATA\r\n.\r\nQUIT\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 50, 1000])
def test_messages_are_counted_however_the_segments_fall(size: int) -> None:
    """The DATA state is followed to the octet: commands inside a body are body, CRLF.CRLF alone ends it."""
    counts, wire = Counts(), Wire()
    session = Session(counts)
    session.connection_made(wire)
    for at in range(0, len(DIALOGUE), size):
        session.data_received(DIALOGUE[at : at + size])
    assert counts.summary() == {"messages": 2, "recipients": 2, "sessions": 1}
    codes = [line[:3] for line in wire.written.split(b"\r\n") if line[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"250", b"354", b"250", b"250", b"250", b"354", b"250", b"221"]


def test_the_bare_client_delivers_every_message_to_our_sink() -> None:
    """The limit of P1 and its witness agree."""
    with open_sink("own") as sink:
        figures = run_limit("bare_smtp", 500, 5, 5000, sink.port)
    assert (sink.messages, sink.recipients) == (500, 500)
    assert figures["rate"] > 0


async def test_a_late_sink_answers_after_its_time_and_in_order() -> None:
    """P1B: nothing is said before, however much comes at once."""
    wire = Wire()
    session = Session(Counts(), late_s=0.05)
    session.connection_made(wire)
    session.data_received(DIALOGUE)
    assert wire.written == b""
    while len(wire.written.split(b"\r\n")) < 13:  # noqa: ASYNC110 - the loop's own timers write
        await asyncio.sleep(0.01)
    assert wire.written.startswith(b"220")
    assert wire.written.endswith(b"221 2.0.0 bye\r\n")


@pytest.mark.skipif(find_smtp_sink() is None, reason="Postfix's smtp-sink is not installed")
def test_the_bare_client_delivers_every_message_to_smtp_sink() -> None:
    """Postfix's sink runs on loopback as an unprivileged user and its count is read."""
    with open_sink("postfix") as sink:
        run_limit("bare_smtp", 500, 5, 5000, sink.port)
    assert sink.messages == 500


def test_a_void_figure_says_so_everywhere() -> None:
    """A throughput figure without a clean ledger is void (reliability 5.2)."""
    figure = Figure("P1", "send", 9000.0, "messages/s", "bare client", 30000.0, 0.3, "smtp-sink", void="3 lost")
    assert figure.as_json() == {
        "id": "P1",
        "name": "send",
        "value": 9000.0,
        "unit": "messages/s",
        "limit": "bare client",
        "limit_value": 30000.0,
        "ratio": 0.0,
        "note": "VOID: 3 lost; smtp-sink",
    }
    text = draw_table([figure], colour=False)
    assert "9,000 messages/s" in text
    assert "VOID: 3 lost" in text


def test_an_unknown_row_is_refused_and_known_ones_have_distinct_ids(capsys: pytest.CaptureFixture[str]) -> None:
    """`./dueback bench ROW`: a typo names the rows there are."""
    with pytest.raises(SystemExit):
        main(["P999"])
    assert "no row P999" in capsys.readouterr().err
    assert all(name == row.id for name, row in find_rows().items())
