"""What people answer goes on to the business within the same SMTP transaction and is not kept (L-110, N-105, S57)."""

import email
import email.policy
from email.message import EmailMessage

import pytest

from services.mailer.smtp.forward import is_loop, make_forward
from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import Script, SmtpSink, Step
from tests.mailer.delivery.routes import put, url_of
from tests.mailer.inbound.conftest import open_post
from tests.mailer.inbound.post import ADDRESS, Post, make_bounce, make_letter

MAILBOX = "frontdesk@brightsmile.example.com"
DOMAIN = "bounces.example.com"


def read(data: bytes) -> EmailMessage:
    """Read octets with the standard library."""
    return email.message_from_bytes(data, policy=email.policy.default)


def forward(raw: bytes) -> EmailMessage:
    """Return what the business receives of a mail."""
    made = make_forward(
        raw,
        sender=ADDRESS,
        return_path=f"f+1@{DOMAIN}",
        header_from=f"replies@{DOMAIN}",
        recipient=MAILBOX,
        business="Bright Smile Dental",
    )
    return read(made.data)


async def test_an_answer_reaches_the_business_and_leaves_nothing_here(alone: Post) -> None:
    """L-110, N-105: From is ours so that DMARC holds, Reply-To leads to the writer; of the words nothing is stored."""
    message_id = await alone.message()
    code, said = await alone.deliver(alone.address(message_id), make_letter("my abscess is worse"), sender=ADDRESS)
    assert code == 250, said
    (sent,) = alone.world.sink.messages
    assert sent.body is not None
    assert [recipient.decode() for recipient in sent.recipients] == [MAILBOX]
    assert sent.sender.decode().startswith(f"f+{message_id.hex}.")
    mail = read(sent.body)
    assert (mail["reply-to"], mail["to"], mail["subject"]) == (ADDRESS, MAILBOX, "Re: Your appointment")
    assert mail["from"].addresses[0].addr_spec == f"replies@{DOMAIN}"
    assert mail["from"].addresses[0].display_name == "Ann (to Bright Smile Dental)"
    assert "my abscess is worse" in mail.get_content()
    assert await alone.reports() == [("reply", None, None)]


async def test_an_answer_goes_by_the_routes_and_not_over_one_that_is_paused(alone: Post) -> None:
    """L-110: the operator has put another relay in place of the settings' own; a backup takes it while that one is down."""
    world = alone.world
    async with SmtpSink() as second, SmtpSink() as third:
        await put(world, "/v1/routes/default", state="paused")
        await put(world, "/v1/routes/second", url=url_of(second))
        await put(world, "/v1/routes/third", url=url_of(third), priority=1)
        for number in range(2):
            message_id = await alone.message()
            code, said = await alone.deliver(
                alone.address(message_id), make_letter(f"see you {number}"), sender=ADDRESS
            )
            assert code == 250, said
            second.script = Script((Step("greeting", "drop"),))
        assert [len(sink.messages) for sink in (world.sink, second, third)] == [0, 1, 1]
        await put(world, "/v1/routes/third", url=url_of(third), priority=1, state="paused")
        code, _ = await alone.deliver(alone.address(await alone.message()), make_letter("see you"), sender=ADDRESS)
        assert code == 451


async def test_a_relay_that_does_not_take_it_leaves_it_with_the_sender(neighbours: Neighbours) -> None:
    """L-110: 451 and nothing on file; the next try is forwarded, and a repeat after that is not forwarded again."""
    async with open_post(neighbours, with_optout=False) as post:
        message_id = await post.message()
        faults = (
            Step("dot", reply="451 4.3.0 later"),
            Step("rcpt", reply="554 5.7.1 no"),
            Step("dot", "drop"),
            Step("greeting", "drop"),
        )
        for fault in faults:
            post.world.sink.script = Script((fault,))
            code, _ = await post.deliver(post.address(message_id), make_letter("see you"), sender=ADDRESS)
            assert code == 451
        assert await post.reports() == []
        post.world.sink.script = Script(())
        for _ in range(2):
            code, _ = await post.deliver(post.address(message_id), make_letter("see you"), sender=ADDRESS)
            assert code == 250
        assert [len(message.recipients) for message in post.world.sink.messages if message.reply.startswith("250")] == [
            1
        ]


async def test_an_unclear_wish_to_stop_goes_to_people(alone: Post) -> None:
    """N-32: it opts nobody out by itself, so the business must read it."""
    message_id = await alone.message()
    letter = make_letter("please unsubscribe my husband, he has moved away and I do not want him to get this any more")
    assert (await alone.deliver(alone.address(message_id), letter, sender=ADDRESS))[0] == 250
    assert len(alone.world.sink.messages) == 1
    assert await alone.reports() == [("optout_unclear", None, None)]


async def test_machines_and_loops_are_not_forwarded(alone: Post) -> None:
    """S57, L-078: automatic replies, lists, mail of our own making, mail that has gone round; nothing is sent in answer."""
    message_id = await alone.message()
    hops = "".join(f"Received: from a{number} by b{number}; Mon, 2 Mar 2026 17:00:00 +0000\n" for number in range(60))
    mails = [
        (make_letter("yes", subject="Automatic reply: Your appointment"), ADDRESS, 250),
        (make_letter("yes", more="Auto-Submitted: auto-replied\n"), ADDRESS, 250),
        (make_letter("yes", more="List-Id: <x.example>\n"), ADDRESS, 250),
        (make_letter("yes"), "", 250),
        (make_letter("yes", more="List-Post: <mailto:x@list.example>\n"), ADDRESS, 554),
        (make_letter("yes", more="X-Dueback-Forwarded: yes\n"), ADDRESS, 554),
        (make_letter("yes", more=hops), ADDRESS, 554),
        (make_letter("yes, from the very mailbox"), MAILBOX, 554),
        (make_letter("yes, from one of ours"), alone.address(message_id), 554),
    ]
    for mail, sender, code in mails:
        assert (await alone.deliver(alone.address(message_id), mail, sender=sender))[0] == code, mail
    assert alone.world.sink.messages == []
    assert {kind for kind, _, _ in await alone.reports()} <= {"auto_reply", "unclassified"}


async def test_a_forward_that_comes_back_ends_here(alone: Post) -> None:
    """N-104, S57: a bounce of the business's mailbox, its vacation notice, or a person's answer to the technical address."""
    message_id = await alone.message()
    address = alone.address(message_id, "f")
    for mail, sender in (
        (make_bounce("5.1.1"), ""),
        (make_letter("away", subject="Out of office"), MAILBOX),
        (make_letter("hi"), MAILBOX),
    ):
        assert (await alone.deliver(address, mail, sender=sender))[0] == 250
    assert alone.world.sink.messages == []
    assert await alone.reports() == []
    assert await alone.unreachable() == {}


async def test_without_a_business_to_read_it_the_writer_is_told(alone: Post) -> None:
    """L-110: the location is gone; nobody is led to believe that somebody reads."""
    message_id = await alone.message()
    await alone.world.database.execute("delete from directory where kind = 'location'")
    assert (await alone.deliver(alone.address(message_id), make_letter("hello"), sender=ADDRESS))[0] == 550
    assert await alone.reports() == []


def test_the_body_passes_untouched_and_the_head_only_as_far_as_needed() -> None:
    """L-110: attachments and letters stay; what asks for receipts or claims to be verified does not."""
    raw = (
        b"From: =?utf-8?q?Ann_=C3=96zil?= <ann@patients.example.com>\r\nTo: x\r\nBcc: y\r\nSubject: =?utf-8?b?w5xiZXI=?=\r\n"
        b"Disposition-Notification-To: ann@patients.example.com\r\nDKIM-Signature: v=1\r\nReceived: from a by b; now\r\n"
        b"MIME-Version: 1.0\r\nMessage-ID: <1@x.example>\r\nIn-Reply-To: <2@x.example>\r\n"
        b'Content-Type: multipart/mixed;\r\n boundary="x"\r\n\r\n--x\r\n\r\nwords\r\n--x\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n'
    )
    mail = forward(raw)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "image/png"]
    assert mail["subject"] == "Über"
    assert mail["from"].addresses[0].display_name == "Ann Özil (to Bright Smile Dental)"
    assert (mail["in-reply-to"], mail["message-id"], len(mail.get_all("received") or [])) == (
        "<2@x.example>",
        "<1@x.example>",
        1,
    )
    assert not {"bcc", "disposition-notification-to", "dkim-signature"} & {name.lower() for name in mail.keys()}  # noqa: SIM118


@pytest.mark.parametrize(
    "head",
    [
        b"From: Eve\r\nSubject: =?utf-8?q?x=0d=0aBcc:_all@a.example?=",
        b'From: "x\rBcc: all@a.example" <eve@a.example>\r\nSubject: a\0b',
        b"From: =?utf-8?q?evil=0aBcc=3a_x=40y?= <eve@a.example>\r\nContent-Type: text/plain\rBcc: x",
        b"From: " + b"a" * 100_000 + b"\r\nSubject: " + b"b" * 100_000 + b"\r\nContent-Type: " + b"c" * 100_000,
        b"From: support@bank.example <eve@a.example>\r\nReply-To: <a@b@c>, \"\r\nX: y",
        b"\xff\xfe\r\n\r\n",
        b"",
    ],
)  # fmt: skip
def test_no_head_becomes_another(head: bytes) -> None:
    """S46, S47: whatever stands in the writer's head, the business's has our fields once each."""
    mail = forward(head + b"\r\n\r\nbody\r\n")
    assert {name: len(mail.get_all(name) or []) for name in ("from", "to", "subject", "x-dueback-forwarded", "bcc")} == {
        "from": 1, "to": 1, "subject": 1, "x-dueback-forwarded": 1, "bcc": 0,
    }  # fmt: skip
    assert len(mail.get_all("reply-to") or []) == 1
    assert "@" not in mail["from"].addresses[0].display_name


def test_a_loop_is_known_by_its_signs() -> None:
    """S57: ordinary mail has none of them."""
    plain = make_letter("hello").encode()
    assert not is_loop(plain, sender=ADDRESS, domain=DOMAIN, reply_to=MAILBOX)
    assert is_loop(plain, sender=f"x@{DOMAIN}".upper(), domain=DOMAIN, reply_to=MAILBOX)
    assert is_loop(plain, sender=ADDRESS, domain=DOMAIN, reply_to=f"x@{DOMAIN}")
