"""Messages leave once, with permission, and end in exactly one state."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import pytest

from tests.fixtures.smtp import Script, Step
from tests.mailer.delivery.world import World


async def test_a_permitted_message_is_sent_once_and_told(world: World) -> None:
    """I3: one message, one end, one outcome."""
    [message_id] = await world.send("ann@example.com")
    assert await world.deliver() == {"sent": 1}
    assert len(world.sink.messages) == 1
    [outcome] = await world.outcomes()
    assert (outcome["message_id"], outcome["state"]) == (str(message_id), "sent")
    assert world.sink.violations == []


async def test_the_mail_carries_what_it_must(world: World) -> None:
    """S-031, L-007, L-008, L-030, L-038, L-072, S-009: headers, postal address and opt-out in both parts."""
    [message_id] = await world.send("Ann@example.com")
    await world.deliver()
    [seen] = world.sink.messages
    mail = message_from_bytes(seen.body or b"", policy=default)
    assert mail["From"] == "Bright Smile Dental <hello@brightsmile.example.com>"
    assert mail["Reply-To"] == "frontdesk@brightsmile.example.com"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<https://optout.example.com/u/")
    assert "<mailto:unsub+" in mail["List-Unsubscribe"]
    assert mail["Message-ID"] == f"<{message_id}@bounces.example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"]
    assert mail["Date"]
    assert seen.sender.startswith(b"b+")
    assert seen.recipients == (b"Ann@example.com",)
    url = mail["List-Unsubscribe"].split(">")[0][1:]
    for part in ("plain", "html"):
        body = mail.get_body((part,))
        assert body is not None
        text = body.get_content()
        assert "12 Market Street" in text
        assert url in text
        assert "on behalf of Bright Smile Dental" in text


async def test_without_permission_nothing_leaves(world: World) -> None:
    """S-020, I8: default deny; no permission yet means back to the scheduler, not the end."""
    [message_id] = await world.send("ann@example.com", permitted=False)
    assert await world.deliver() == {"recheck": 1}
    assert await world.state(message_id) == ("recheck", "no_permission_yet")
    assert world.sink.messages == []


async def test_an_opted_out_address_gets_nothing(world: World) -> None:
    """S-030: refused is final."""
    await world.opt_out("ann@example.com")
    await world.send("ann@example.com", "bob@example.com")
    assert await world.deliver() == {"sent": 1, "suppressed": 1}
    assert [message.recipients for message in world.sink.messages] == [(b"bob@example.com",)]


async def test_a_message_past_its_use_expires(world: World) -> None:
    """S-025: dropped, never sent late."""
    [message_id] = await world.send("ann@example.com", useful_until=(world.now + timedelta(minutes=5)).isoformat())
    world.neighbours.clock.move(timedelta(minutes=6))  # type: ignore[attr-defined]
    assert await world.deliver() == {"expired": 1}
    assert await world.state(message_id) == ("expired", "too_late")


async def test_a_message_that_waited_too_long_is_looked_at_again(world: World) -> None:
    """Architecture 3: facts grow old; it goes back as recheck and its touch may be submitted again."""
    [message_id] = await world.send("ann@example.com", recheck_after=(world.now + timedelta(minutes=5)).isoformat())
    world.neighbours.clock.move(timedelta(minutes=6))  # type: ignore[attr-defined]
    assert await world.deliver() == {"recheck": 1}
    assert await world.database.fetchval("select live from message_touches where message_id = $1", message_id) is False


@pytest.mark.parametrize(
    ("step", "state", "reason"),
    [
        (Step("rcpt", reply="550 5.1.1 user unknown"), "bounced", "mailbox_unknown"),
        (Step("rcpt", reply="450 4.2.2 over quota"), "deferred", "mailbox_full"),
        (Step("dot", reply="452 4.3.1 full"), "deferred", "mailbox_full"),
        (Step("dot", reply="554 5.7.1 refused by policy"), "bounced", "refused_by_policy"),
        (Step("dot", "drop"), "uncertain", "connection_lost"),
        (Step("dot", "garbage"), "uncertain", "garbled"),
        (Step("body", "drop", at_byte=100), "deferred", "connection_lost"),
        (Step("mail", reply="421 4.3.2 closing", close=True), "deferred", "server_closing"),
    ],
)
async def test_every_answer_of_a_relay_ends_in_its_state(world: World, step: Step, state: str, reason: str) -> None:
    """L-071, L-074, F15 to F19: decided in one place, uncertain only after the dot."""
    world.sink.script = Script((step,))
    [message_id] = await world.send("ann@example.com")
    await world.deliver()
    found = await world.state(message_id)
    assert found[0] == state
    assert found[1] == reason or state == "uncertain"
    rows = await world.database.fetch("select outcome, phase from attempts")
    assert len(rows) == 1


async def test_an_uncertain_message_is_never_sent_again(world: World) -> None:
    """I3, L-071."""
    world.sink.script = Script((Step("dot", "drop", times=1),))
    await world.send("ann@example.com")
    assert await world.deliver() == {"uncertain": 1}
    world.neighbours.clock.move(timedelta(hours=3))  # type: ignore[attr-defined]
    assert await world.deliver() == {"uncertain": 1}
    assert len(world.sink.messages) == 1


async def test_a_deferred_message_goes_later_with_the_same_message_id(world: World) -> None:
    """L-070."""
    world.sink.script = Script((Step("rcpt", reply="450 4.2.0 later", times=1),))
    await world.send("ann@example.com")
    assert await world.deliver() == {"deferred": 1}
    world.neighbours.clock.move(timedelta(minutes=45))  # type: ignore[attr-defined]
    assert await world.deliver() == {"sent": 1}


async def test_a_missing_field_stops_one_recipient_and_not_the_others(world: World) -> None:
    """N-98."""
    [held] = await world.send("ann@example.com", fields={"person": {}})
    await world.send("bob@example.com", "cyd@example.com")
    assert await world.deliver() == {"sent": 2, "failed": 1}
    assert await world.state(held) == ("failed", "field_missing")


async def test_hundreds_of_messages_over_few_connections_each_arrive_once(world: World) -> None:
    """I3, I23: pipelined, grouped markers, each with its own name."""
    addresses = [f"person{n}@example.com" for n in range(300)]
    messages = []
    for number, address in enumerate(addresses):
        person = uuid4()
        await world.consent(address, person)
        messages.append(world.message(address, person, fields={"person": {"greeting": f"Name{number:04}"}}))
    await world.submit(*messages)
    assert await world.deliver(seconds=40) == {"sent": 300}
    assert sorted(message.recipients[0].decode() for message in world.sink.messages) == sorted(addresses)
    assert world.sink.violations == []
    for message in world.sink.messages:
        number = int(message.recipients[0].decode().removeprefix("person").partition("@")[0])
        mail = message_from_bytes(message.body or b"", policy=default)
        text = mail.get_body(("plain",))
        assert text is not None
        assert f"Hello Name{number:04}" in text.get_content()
    assert await world.database.fetchval("select count(*) from attempts") == 300
    assert len({outcome["message_id"] for outcome in await world.outcomes()}) == 300


async def test_the_same_submission_twice_is_absorbed(world: World) -> None:
    """Reliability 2.1 step 5: resending is harmless."""
    person = uuid4()
    await world.consent("ann@example.com", person)
    message = world.message("ann@example.com", person)
    assert [receipt["result"] for receipt in await world.submit(message)] == ["accepted"]
    assert [receipt["result"] for receipt in await world.submit(message, message)] == ["repeated", "repeated"]
    assert await world.deliver() == {"sent": 1}
    assert [receipt["result"] for receipt in await world.submit(message)] == ["repeated"]


async def test_a_touch_travels_in_one_live_message_only(world: World) -> None:
    """Architecture 3: a regrouping cannot mail anyone twice."""
    person = uuid4()
    first = world.message("ann@example.com", person)
    second = first | {"message_id": str(uuid4())}
    await world.submit(first)
    [receipt] = await world.submit(second)
    assert (receipt["result"], receipt["code"]) == ("refused", "touch_taken")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"address": "Ann@EXAMPLE.com"}, "address_not_canonical"),
        ({"address": "ann@example.com>"}, "address_invalid"),
        ({"location_id": str(UUID(int=7))}, "location_unknown"),
        ({"content_id": str(UUID(int=7))}, "content_unknown"),
        ({"origin": "opt_in"}, "origin_not_yours"),
        ({"useful_until": "2020-01-01T00:00:00Z"}, "too_late"),
    ],
)
async def test_what_cannot_be_sent_rightly_is_not_accepted(world: World, change: dict[str, str], code: str) -> None:
    """S47, S-074: refused per message with a stable code; the others of the call are taken."""
    good = world.message("bob@example.com", uuid4())
    receipts = await world.submit(world.message("ann@example.com", uuid4()) | change, good)
    assert [(receipt["result"], receipt["code"]) for receipt in receipts] == [("refused", code), ("accepted", None)]


async def test_nothing_personal_is_readable_in_the_database(world: World) -> None:
    """S80: encrypted at rest."""
    await world.send("canary-ann@example.com", fields={"person": {"greeting": "Canaryname"}})
    rows = await world.database.fetch(
        "select m::text as row from messages m union all select t::text from message_touches t"
    )
    assert not any("canary" in row["row"].lower() or b"Canaryname".hex() in row["row"] for row in rows)
