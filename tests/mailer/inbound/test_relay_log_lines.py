"""Lines of relay logs: what each proves about a message of ours, and what it does not."""

from uuid import UUID, uuid4

import pytest

from services.mailer.domain.doubts import Evidence, Proof
from services.mailer.smtp import relay_log
from services.mailer.smtp.relay_log import JsonLog, Lines, PostfixLog, Said
from services.mailer.smtp.verp import ReturnAddresses

DOMAIN = "bounces.example.com"
RETURNS = ReturnAddresses({"1": b"k" * 32})
OURS = UUID("0192f0c1-7a00-7000-8000-000000000004")
HEAD = "Mar  2 17:00:00 relay postfix"
NAMED = f"{HEAD}/cleanup[41]: 4Q9xBv1: message-id=<{OURS}@{DOMAIN}>"


def read(*lines: str) -> list[Evidence | Said]:
    """Read lines of Postfix."""
    log = PostfixLog(DOMAIN, RETURNS)
    return [log.read(line) for line in lines]


def prove(*lines: str) -> tuple[str, int | None, tuple[int, int, int] | None] | Said:
    """Return proof, code and status of the last line, after our message was named."""
    found = read(NAMED, *lines)[-1]
    if isinstance(found, Said):
        return found
    assert found.message_id == OURS
    failure = found.failure
    return (found.proof.value, failure.code if failure else None, failure.status if failure else None)


def fate(status: str, words: str, *, dsn: str = "2.0.0", agent: str = "smtp") -> str:
    """Return a delivery agent's line."""
    return (
        f"{HEAD}/{agent}[43]: 4Q9xBv1: to=<ann@a.example>, relay=mx.a.example[192.0.2.7]:25, delay=1.3, delays=0/0/1/0.3, "
        f"dsn={dsn}, status={status} ({words})"
    )


@pytest.mark.parametrize(
    ("line", "proves"),
    [
        (f"{HEAD}/qmgr[39]: 4Q9xBv1: from=<b+x@{DOMAIN}>, size=612, nrcpt=1 (queue active)", ("taken", None, None)),
        (fate("sent", "250 2.0.0 Ok"), ("delivered", None, None)),
        (fate("sent", "250 2.0.0 Ok", agent="lmtp"), ("delivered", None, None)),
        (fate("deferred", "host mx said: 451 4.7.1 later", dsn="4.7.1"), ("taken", None, None)),
        (fate("bounced", "host mx said: 550 5.1.1 user unknown (in reply to RCPT TO command)", dsn="5.1.1"), ("failed", 550, (5, 1, 1))),
        (fate("bounced", "unknown user: ann", dsn="5.1.1", agent="local"), ("failed", None, (5, 1, 1))),
        (f"{HEAD}/qmgr[39]: 4Q9xBv1: from=<>, status=expired, returned to sender", ("failed", None, (4, 4, 7))),
        (
            f"{HEAD}/cleanup[41]: 4Q9xBv1: milter-reject: END-OF-MESSAGE from a[192.0.2.1]: 5.7.1 Spam refused; from=<b> to=<a> proto=ESMTP",
            ("refused", 550, (5, 7, 1)),
        ),
        (
            f"{HEAD}/smtpd[40]: 4Q9xBv1: reject: END-OF-MESSAGE from a[192.0.2.1]: 451 4.3.5 <END-OF-MESSAGE>: Server error; from=<b> to=<a>",
            ("refused", 451, (4, 3, 5)),
        ),
        (f"{HEAD}/cleanup[41]: 4Q9xBv1: reject: header Subject: x from a[192.0.2.1]; from=<b> to=<a>: 5.7.1 no", ("refused", 550, (5, 7, 1))),
        (f"{HEAD}/smtpd[40]: 4Q9xBv1: reject: RCPT from a[192.0.2.1]: 450 4.1.1 <a>: unknown", Said.UNDECIDED),
        (f"{HEAD}/smtpd[40]: 4Q9xBv1: client=a[192.0.2.1]", Said.UNDECIDED),
        (f"{HEAD}/qmgr[39]: 4Q9xBv1: removed", Said.UNDECIDED),
        (f"{HEAD}/smtpd[40]: lost connection after DATA (6120 bytes) from a[192.0.2.1]", Said.OTHER),
        (f"{HEAD}/smtpd[40]: NOQUEUE: reject: RCPT from a[192.0.2.1]: 554 5.7.1 no", Said.OTHER),
        (fate("sent", "250 ok").replace("4Q9xBv1", "5AAAAAA"), Said.OTHER),
        ("dovecot: imap-login: Login: user=<ann>", Said.OTHER),
    ],
)  # fmt: skip
def test_a_line_proves_what_postfix_means_by_it(line: str, proves: object) -> None:
    """L-071: the queue proves acceptance, a deferral there is the relay's own affair, only a no to the dot proves that nobody has it."""
    assert prove(line) == proves


def test_cleanup_alone_proves_nothing() -> None:
    """L-071: headers are read before the final dot."""
    assert read(NAMED) == [Said.UNDECIDED]


def test_a_queue_id_used_again_speaks_of_the_new_message() -> None:
    """After `removed`, or when cleanup names another's message under it."""
    stranger = NAMED.replace(f"{OURS}@{DOMAIN}", "x@else.example")
    assert read(NAMED, stranger, fate("sent", "250 ok"))[1:] == [Said.OTHER, Said.OTHER]
    assert read(NAMED, f"{HEAD}/qmgr[39]: 4Q9xBv1: removed", fate("sent", "250 ok"))[-1] is Said.OTHER


def test_the_envelope_sender_binds_where_the_name_is_in_an_older_log() -> None:
    """L-072: its MAC is ours; a forged one binds nothing."""
    sender = f"{RETURNS.mint('b', OURS)}@{DOMAIN}"
    queued = f"{HEAD}/qmgr[39]: 4Q9xBv1: from=<{sender}>, size=6, nrcpt=1 (queue active)"
    found = read(queued, fate("bounced", "552 5.2.2 full", dsn="5.2.2"))
    assert [each.proof if isinstance(each, Evidence) else each for each in found] == [Proof.TAKEN, Proof.FAILED]
    assert read(queued.replace(sender, f"b+{OURS.hex}.1-{'0' * 20}@{DOMAIN}")) == [Said.OTHER]


def test_other_domains_and_other_forms_of_time_and_name() -> None:
    """A Message-ID at a stranger's domain is none of ours; RFC 5424 times tell their zone, the old form tells none."""
    assert read(NAMED.replace(DOMAIN, "else.example")) == [Said.OTHER]
    line = fate("sent", "250 ok").replace(
        "Mar  2 17:00:00 relay postfix", "2026-03-02T17:00:00.25+01:00 relay postfix-out/submission"
    )
    named = NAMED.replace("Mar  2 17:00:00 relay postfix", "<22>1 2026-03-02T16:00:00Z relay postfix-out/submission")
    found = read(named, line)[-1]
    assert isinstance(found, Evidence)
    assert found.at is not None
    assert found.at.isoformat() == "2026-03-02T17:00:00.250000+01:00"


def test_json_lines_say_the_same(subtests: pytest.Subtests) -> None:
    """The generic shape: the Message-ID with or without brackets; what is no such object is unreadable."""
    log = JsonLog(DOMAIN)
    name = f'"message_id": "<{OURS}@{DOMAIN}>"'
    for line, proof in {
        f'{{{name}, "status": "sent"}}': Proof.DELIVERED,
        f'{{"message_id": "{OURS}@{DOMAIN}", "status": "accepted", "at": "2026-03-02T17:00:00Z"}}': Proof.TAKEN,
        f'{{{name}, "status": "deferred", "code": 451}}': Proof.TAKEN,
        f'{{{name}, "status": "bounced", "code": 550, "enhanced": "5.1.1", "more": 1}}': Proof.FAILED,
        f'{{{name}, "status": "refused", "code": 451, "enhanced": "4.3.0"}}': Proof.REFUSED,
        f'{{{name}, "status": "refused"}}': Said.UNDECIDED,
        f'{{"message_id": "<{OURS}@else.example>", "status": "sent"}}': Said.OTHER,
        f'{{{name}, "status": "lost"}}': Said.UNREADABLE,
        f'{{{name}, "status": "sent", "at": "2026-03-02 17:00"}}': Said.UNREADABLE,
        "[]": Said.UNREADABLE,
        "{": Said.UNREADABLE,
    }.items():
        with subtests.test(line):
            found = log.read(line)
            assert (found.proof if isinstance(found, Evidence) else found) == proof


def test_endless_lines_and_endless_queues_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """S60: of an endless line nothing is kept; of too many open queue ids the oldest is forgotten."""
    lines = Lines()
    for _ in range(100):
        assert lines.feed(b"x" * 100_000) == []
    assert lines.feed(b"\nshort\r\nwith\0nul\nla") == [None, "short", None]
    assert lines.feed(b"st") == []
    assert lines.finish() == ["last"]
    monkeypatch.setattr(relay_log, "MOST_OPEN", 2)
    log = PostfixLog(DOMAIN, RETURNS)
    for number in range(3):
        log.read(f"{HEAD}/cleanup[1]: QUEUE{number}: message-id=<{uuid4()}@{DOMAIN}>")
    sent = [log.read(fate("sent", "250 ok").replace("4Q9xBv1", f"QUEUE{number}")) for number in range(3)]
    assert [isinstance(each, Evidence) for each in sent] == [False, True, True]
