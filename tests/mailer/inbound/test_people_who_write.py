"""Opt-outs by mail, automatic replies and ordinary answers, over a real socket."""

from tests.mailer.inbound.post import Post, make_bounce, make_letter

PERSON = "ann@patients.example.com"


async def test_an_empty_mail_to_the_optout_address_stops_the_mail(post: Post) -> None:
    """L-037: empty subject, empty body, case folded by a relay; at optout it is what a click on that mail would have been."""
    message_id = await post.message(content_id=str(post.world.commercial_id))
    code, _ = await post.deliver(post.address(message_id, "unsub").upper(), "\n\n", sender=PERSON)
    assert code == 250
    (entry,) = await post.evidence()
    assert (entry["suppression_class"], entry["location_id"], entry["person_id"]) == ("commercial", None, None)
    assert await post.reports() == [("optout_request", None, None)]


async def test_a_refusal_in_reply_is_an_optout(post: Post) -> None:
    """L-024, N-32: although another way was offered."""
    message_id = await post.message()
    assert (await post.deliver(post.address(message_id), make_letter("STOP"), sender=PERSON))[0] == 250
    assert [entry["suppression_class"] for entry in await post.evidence()] == ["all"]


async def test_what_no_person_asked_for_clearly_opts_nobody_out(post: Post) -> None:
    """N-32, N-33, L-078: not even at the opt-out address; what a person must read goes to the business, and nothing in answer (S57)."""
    mails = [
        (make_letter("please remove urgent items", subject="Out of office"), PERSON),
        (make_letter("unsubscribe", more="Auto-Submitted: auto-replied\n"), PERSON),
        (make_letter("unsubscribe"), ""),
        (make_bounce("5.1.1"), ""),
        (make_letter("unsubscribe my husband, not me"), PERSON),
    ]
    message_id = await post.message()
    for mail, sender in mails:
        assert (await post.deliver(post.address(message_id, "unsub"), mail, sender=sender))[0] == 250
    assert await post.evidence() == []
    assert [message.recipients for message in post.world.sink.messages] == [(b"frontdesk@brightsmile.example.com",)]


async def test_without_optout_the_sender_tries_again(post: Post) -> None:
    """F5: no fake success; when optout is back the very same mail does it."""
    world = post.world
    message_id = await post.message()
    opened = world.neighbours.opened.pop("optout")
    code, _ = await post.deliver(post.address(message_id, "unsub"), "\n\n", sender=PERSON)
    assert code == 451
    assert await post.reports() == []
    world.neighbours.opened["optout"] = opened
    assert (await post.deliver(post.address(message_id, "unsub"), "\n\n", sender=PERSON))[0] == 250
    assert len(await post.evidence()) == 1
