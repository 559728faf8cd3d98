"""Mail to the privacy mailbox becomes an open request at optout, once, sealed, and is never lost (L-079, S57)."""

from typing import Any

import asyncpg

from services.mailer.smtp.letter import MOST_TEXT
from tests.mailer.inbound.post import ADDRESS, Post, make_letter


async def requests(post: Post, **params: Any) -> dict[str, Any]:
    """Return what the operator reads."""
    headers = post.world.neighbours.client_headers(subscriber_id=None, scopes="operator")
    answer = await post.world.optout.http.get("/v1/privacy-mails", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_mail_is_kept_once_and_sealed(post: Post) -> None:
    """At least once with a stable id: a repeat changes nothing; at rest nobody can read it; nothing stays at the mailer."""
    letter = make_letter("Please delete what you have about me.", subject="My data")
    for _ in range(2):
        assert (await post.deliver(f"Privacy@{post.domain}", letter, sender=ADDRESS))[0] == 250
    (item,) = (await requests(post))["items"]
    assert (item["sender"], item["subject"], item["text"].strip(), item["state"]) == (
        ADDRESS, "My data", "Please delete what you have about me.", "open",
    )  # fmt: skip
    connection = await asyncpg.connect(post.world.optout.database.superuser)
    stored = await connection.fetchval("select sealed from privacy_mails")
    await connection.close()
    assert b"delete" not in stored
    assert await post.reports() == []
    assert post.world.sink.messages == []


async def test_without_optout_the_sender_tries_again(post: Post) -> None:
    """F5: 451, and the same mail is taken when optout is back."""
    neighbours = post.world.neighbours
    opened = neighbours.opened.pop("optout")
    assert (await post.deliver(f"privacy@{post.domain}", make_letter("hello"), sender=ADDRESS))[0] == 451
    neighbours.opened["optout"] = opened
    assert (await post.deliver(f"privacy@{post.domain}", make_letter("hello"), sender=ADDRESS))[0] == 250
    assert len((await requests(post))["items"]) == 1


async def test_what_no_person_wrote_is_dropped(post: Post) -> None:
    """S57, L-078: null sender, automatic replies, lists, mail that has gone round."""
    hops = "".join(f"Received: by b{number}; now\n" for number in range(60))
    mails = [
        (make_letter("x"), ""),
        (make_letter("x", more="Auto-Submitted: auto-replied\n"), ADDRESS),
        (make_letter("x", more="List-Id: <a.example>\n"), ADDRESS),
        (make_letter("x", more=hops), ADDRESS),
        (make_letter("x", subject="Out of office"), ADDRESS),
    ]
    for mail, sender in mails:
        assert (await post.deliver(f"privacy@{post.domain}", mail, sender=sender))[0] == 250
    assert (await requests(post))["items"] == []


async def test_odd_and_endless_mails_are_kept_as_far_as_they_can_be_read(post: Post) -> None:
    """S49: control characters, a broken charset, a megabyte of text, attachments; page by page, oldest first."""
    mails = [
        "From: x\nSubject: a\x01b\nContent-Type: text/plain; charset=nonsense\n\nbell\x07 and \x1b[2J\n",
        make_letter("some words\n" * 100_000),
        "From: Bob <bob@a.example>\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nsee file\n--x\nContent-Type: image/png\n\nPNG\n--x--\n",
    ]
    for mail in mails:
        assert (await post.deliver(f"privacy@{post.domain}", mail, sender=ADDRESS))[0] == 250
    first = await requests(post, limit=2)
    second = await requests(post, limit=2, after=first["next"])
    items = [*first["items"], *second["items"]]
    assert len(items) == 3
    assert second["next"] is None
    assert max(len(item["text"]) for item in items) == MOST_TEXT
    assert sorted(item["attachments"] for item in items) == [0, 0, 1]
    assert not any("\x07" in item["text"] or "\x01" in item["subject"] for item in items)
