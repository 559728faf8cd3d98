"""Bounces and complaints that come in by mail and what they change."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from services.mailer.actions import take_report
from services.mailer.actions.note_refusals import note_refusals
from services.mailer.actions.tell_bounces import tell_bounces
from services.mailer.store.reporting import clear_unreachable
from tests.mailer.delivery.own_mail import ask, follow
from tests.mailer.delivery.world import key_of
from tests.mailer.inbound.post import ADDRESS, Post, make_bounce, make_complaint, make_letter


async def test_a_bounce_days_after_acceptance_is_matched_by_its_address(post: Post) -> None:
    """N-95, I21: a delivered message's own envelope sender is the proof; the outcome feed tells it; the recipient named in the text is nobody's."""
    world = post.world
    (message_id,) = await world.send(ADDRESS)
    await world.deliver()
    sender = world.sink.messages[0].sender.decode()
    post.wait(timedelta(days=3))
    code, _ = await post.deliver(sender, make_bounce("5.1.1"))
    assert code == 250
    assert await post.reports() == [("bounce", "hard", "mailbox_unknown")]
    assert await post.unreachable() == {key_of(ADDRESS): "mailbox_unknown"}
    told = [(each["message_id"], each["state"], each["reason"]) for each in await world.outcomes()]
    assert told == [(str(message_id), "sent", None), (str(message_id), "bounced", "mailbox_unknown")]


async def test_what_comes_back_settles_an_uncertain_message(alone: Post) -> None:
    """Architecture 4: a report proves that the message left; the feed tells how."""
    mails = {
        make_bounce("5.2.2"): "bounced",
        make_bounce("4.4.1", action="delayed"): "sent",
        make_letter("yes"): "sent",
    }
    for mail, state in mails.items():
        message_id = await alone.message("uncertain")
        await alone.deliver(alone.address(message_id), mail, sender="x@example.com" if "Re:" in mail else "")
        assert (await alone.world.state(message_id))[0] == state
    assert [each["state"] for each in await alone.world.outcomes()] == list(mails.values())


async def test_a_bounce_that_overtakes_our_own_settling_waits_for_it(
    alone: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N-95, I23: a relay on this machine bounces faster than we write down `sent`; the feed tells sent, then bounced, or the bounce comes again."""
    world = alone.world
    message_id = await alone.message("handing_over")
    arriving = asyncio.create_task(alone.deliver(alone.address(message_id), make_bounce("5.1.1")))
    await asyncio.sleep(0.3)
    assert await alone.reports() == []
    await world.database.execute("update messages set state = 'sent' where message_id = $1", message_id)
    assert (await arriving)[0] == 250
    assert [each["state"] for each in await world.outcomes()] == ["bounced"]
    monkeypatch.setattr(take_report, "_LOOKS", 2)
    slow = await alone.message("handing_over", "bob@patients.example.com")
    assert (await alone.deliver(alone.address(slow), make_bounce("5.1.1")))[0] == 451
    assert len(await alone.reports()) == 1


async def test_the_same_mail_twice_counts_once(alone: Post) -> None:
    """I21: a replay changes nothing, not even the feed."""
    message_id = await alone.message()
    for _ in range(3):
        assert (await alone.deliver(alone.address(message_id), make_bounce("5.1.1")))[0] == 250
    assert len(await alone.reports()) == 1
    assert len(await alone.world.outcomes()) == 1


async def test_a_forged_bounce_is_dropped_and_counted(alone: Post) -> None:
    """N-97, L-080, S49: another key, another message, the other purpose's MAC."""
    message_id = await alone.message()
    real = alone.address(message_id)
    other = alone.address(uuid4())
    forged = [real[:-22].replace("b+", "b+", 1), real.replace("b+", "unsub+"), real[:40] + other[40:]]
    forged[0] = f"b+{message_id.hex}.1-{'0' * 20}@{alone.domain}"
    for address in forged:
        assert (await alone.deliver(address, make_bounce("5.1.1")))[0] == 250
    assert await alone.reports() == []
    assert await alone.unreachable() == {}
    assert await alone.world.outcomes() == []


async def test_a_shut_address_takes_no_more_mail(alone: Post) -> None:
    """L-075, L-076: queued mail ends, new mail is refused, other addresses and other subscribers are untouched."""
    world = alone.world
    queued = await alone.message("accepted")
    other = await alone.message("accepted", "bob@patients.example.com")
    await alone.deliver(alone.address(await alone.message()), make_bounce("5.1.1"))
    assert await world.state(queued) == ("suppressed", "address_unreachable")
    assert (await world.state(other))[0] == "accepted"
    (receipt,) = await world.submit(world.message(ADDRESS, uuid4()))
    assert (receipt["result"], receipt["code"]) == ("refused", "address_unreachable")
    (receipt,) = await world.submit(world.message("ann.new@patients.example.com", uuid4()))
    assert receipt["result"] == "accepted"


async def test_a_person_may_open_a_shut_address_again(alone: Post) -> None:
    """L-076: and the next bounce shuts it once more."""
    world = alone.world
    first, second = await alone.message(), await alone.message()
    await alone.deliver(alone.address(first), make_bounce("5.1.1"))
    alone.wait(timedelta(hours=1))
    subscriber_id = world.subscriber.subscriber_id
    async with world.mailer.deps.api_db.transaction(subscriber_id) as connection:
        assert await clear_unreachable(connection, subscriber_id, key_of(ADDRESS), now=world.now)
    (receipt,) = await world.submit(world.message(ADDRESS, uuid4()))
    assert receipt["result"] == "accepted"
    alone.wait(timedelta(hours=1))
    await alone.deliver(alone.address(second), make_bounce("5.1.1"))
    assert await alone.unreachable() == {key_of(ADDRESS): "mailbox_unknown"}


async def test_soft_failures_shut_an_address_at_the_fifth_within_a_fortnight(alone: Post) -> None:
    """L-075: five in fourteen days with no success between; opened again by itself after ninety days."""
    world = alone.world
    for number in range(5):
        assert await alone.unreachable() == {}
        await alone.deliver(alone.address(await alone.message("sent")), make_bounce("5.2.2", words=str(number)))
        alone.wait(timedelta(days=2))
    assert await alone.unreachable() == {key_of(ADDRESS): "mailbox_full"}
    (receipt,) = await world.submit(world.message(ADDRESS, uuid4()))
    assert receipt["code"] == "address_unreachable"
    alone.wait(timedelta(days=91))
    (receipt,) = await world.submit(world.message(ADDRESS, uuid4()))
    assert receipt["result"] == "accepted"


async def test_a_success_between_soft_failures_starts_the_count_again(alone: Post) -> None:
    """L-075."""
    for number in range(6):
        message_id = await alone.message("sent")
        if number != 2:
            await alone.deliver(alone.address(message_id), make_bounce("5.2.2", words=str(number)))
        alone.wait(timedelta(days=1))
    assert await alone.unreachable() == {}


async def test_policy_never_shuts_an_address(alone: Post) -> None:
    """L-074: a block list speaks of us."""
    for number in range(6):
        await alone.deliver(alone.address(await alone.message()), make_bounce("5.7.1", words=str(number)))
    assert await alone.unreachable() == {}
    assert {blame for _, blame, _ in await alone.reports()} == {"policy"}


async def test_a_refusal_in_the_session_shuts_the_address_too(alone: Post) -> None:
    """L-075: however the bounce came; noted once."""
    world = alone.world
    message_id = await alone.message("bounced")
    await world.database.execute("update messages set reason = 'mailbox_unknown' where message_id = $1", message_id)
    assert not await note_refusals(world.mailer.deps.worker_db, now=world.now)
    assert not await note_refusals(world.mailer.deps.worker_db, now=world.now)
    assert await alone.unreachable() == {key_of(ADDRESS): "mailbox_unknown"}
    assert await alone.reports() == [("bounce", "hard", "mailbox_unknown")]


async def test_every_bounce_stands_in_the_ledger_once_and_permits_and_denies_nothing(post: Post) -> None:
    """I8: heard in the session or reported later; told again after a crash it is the same entry; the suppression log knows nothing of it."""
    world, deps = post.world, post.world.mailer.deps
    refused = await post.message("bounced")
    await world.database.execute("update messages set reason = 'mailbox_unknown' where message_id = $1", refused)
    await note_refusals(deps.worker_db, now=world.now)
    reported = await post.message("sent", "bob@patients.example.com")
    await post.deliver(post.address(reported), make_bounce("5.2.2"))
    for _ in range(2):
        assert not await tell_bounces(deps.worker_db, deps.optout)
        await world.database.execute("update reports set is_told = false")
    connection = await asyncpg.connect(world.optout.database.superuser)
    rows = await connection.fetch(
        "select bounce_class, channel, evidence, address_key from ledger where kind = 'bounce' order by channel"
    )
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("soft", "report", f"message:{reported}", key_of("bob@patients.example.com")),
        ("hard", "smtp_reply", f"message:{refused}", key_of(ADDRESS)),
    ]
    assert await post.evidence() == []


async def test_a_complaint_stops_mail_to_the_address(post: Post) -> None:
    """L-077: commercial mail at once, all of it when the mail was transactional; proven by our token in the returned headers."""
    commercial = await post.message(content_id=str(post.world.commercial_id))
    transactional = await post.message(address="bob@patients.example.com")
    for message_id in (commercial, transactional):
        assert (await post.deliver(f"fbl@{post.domain}", make_complaint(post.address(message_id, "unsub"))))[0] == 250
    assert [entry["suppression_class"] for entry in await post.evidence()] == ["commercial"]
    assert [entry["suppression_class"] for entry in await post.evidence("bob@patients.example.com")] == ["all"]
    assert await post.reports() == [("complaint", None, "abuse")] * 2


async def test_a_complaint_is_told_once_a_message(post: Post) -> None:
    """Domain 2.5: planning reports complaints; the same one again, or another from the same reader, tells nothing new."""
    message_id = await post.message()
    for kind in ("abuse", "fraud"):
        report = make_complaint(post.address(message_id, "unsub")).replace(
            "Feedback-Type: abuse", f"Feedback-Type: {kind}"
        )
        for _ in range(2):
            assert (await post.deliver(f"fbl@{post.domain}", report))[0] == 250
    told = await post.world.database.fetch(
        "select key, body ->> 'message_id' as named from changes where kind = 'complaint'"
    )
    assert [(row["key"], row["named"]) for row in told] == [(message_id, str(message_id))]


async def test_a_complaint_without_our_token_is_dropped(alone: Post) -> None:
    """N-97, L-077: nothing in it proves a message of ours."""
    assert (await alone.deliver(f"fbl@{alone.domain}", make_complaint(f"unsub+x@{alone.domain}")))[0] == 250
    assert await alone.reports() == []


async def test_a_bounce_of_mail_of_our_own_is_matched_like_any_other(post: Post) -> None:
    """I21, L-075: its sender is no subscriber that portal has pushed; mail waiting for a dead address ends and it takes no more."""
    world = post.world
    await ask(world, ADDRESS)
    await follow(world)
    await world.deliver()
    await ask(world, ADDRESS)
    await follow(world)
    code, _ = await post.deliver(world.sink.messages[0].sender.decode(), make_bounce("5.1.1"))
    assert code == 250
    assert await post.reports() == [("bounce", "hard", "mailbox_unknown")]
    assert await world.states() == {"sent": 1, "suppressed": 1}
    await ask(world, ADDRESS)
    await follow(world)
    assert await world.states() == {"sent": 1, "suppressed": 1}
    await world.send(ADDRESS)
    assert await world.deliver() == {"sent": 2, "suppressed": 1}
