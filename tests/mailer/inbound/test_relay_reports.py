"""Relays that report by HTTP: genuine reports once, through the same door as mail; everything else changes nothing (I21, S73, N-106)."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.fixtures.webhooks import SECRETS, signed_headers
from tests.mailer.delivery.world import key_of
from tests.mailer.inbound.post import ADDRESS, Post, make_bounce
from tests.mailer.inbound.relay import name, report


def bounced(post: Post, message_id: UUID, **values: Any) -> dict[str, Any]:
    """Return a bounce in the envelope of Standard Webhooks."""
    data = name(post, message_id) | {"code": 550, "enhanced": "5.1.1", "text": "user unknown"} | values
    return {"type": "message.bounced", "timestamp": "2026-03-02T17:00:00Z", "data": data}


async def test_a_signed_bounce_is_taken_once(alone: Post) -> None:
    """I21: a replayed id changes nothing; both secrets hold while one is replaced; a doubt is settled by it."""
    message_id = await alone.message("uncertain")
    for secret in SECRETS:
        answer = await report(alone, "standard", bounced(alone, message_id), secret=secret, webhook_id="msg_1")
        assert answer.status_code == 200, answer.text
    assert answer.json() == {"applied": 0, "repeated": 1, "unknown": 0, "ignored": 0}
    assert await alone.reports() == [("bounce", "hard", "mailbox_unknown")]
    assert await alone.world.state(message_id) == ("bounced", "mailbox_unknown")
    assert await alone.unreachable() == {key_of(ADDRESS): "mailbox_unknown"}


async def test_what_is_not_signed_by_a_known_relay_in_time_is_refused(alone: Post) -> None:
    """I21, S73: no signature, another secret, a changed space, another time, an id with a dot; all alike."""
    body = json.dumps(bounced(alone, await alone.message())).encode()
    now = alone.world.now.timestamp()
    good = signed_headers(body, at=now, webhook_id="msg_1")
    stranger = "whsec_" + "eHh4" * 8
    wrong: list[tuple[bytes, dict[str, str]]] = [
        (body, {}),
        *((body, {each: value for each, value in good.items() if each != left}) for left in good),
        (body + b" ", good),
        (body, good | {"webhook-id": "msg_2"}),
        (body, good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")}),
        (body, good | {"webhook-signature": "v1,"}),
        (body, good | {"webhook-signature": "ÿ" * 4}),
        (body, good | {"webhook-timestamp": "-1"}),
        (body, signed_headers(body, at=now, secret=stranger)),
        (body, signed_headers(body, at=now - 360)),
        (body, signed_headers(body, at=now + 360)),
        (body, signed_headers(body, at=now, webhook_id="a.1")),
    ]
    for content, headers in wrong:
        encoded = {each: value.encode("latin-1") for each, value in headers.items()}
        answer = await report(alone, "standard", content, signed=encoded)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_refused"), headers
    assert await alone.reports() == []
    two = good | {"webhook-signature": f"v1,AAAA {good['webhook-signature']}"}
    assert (await report(alone, "standard", body, signed=two)).json()["applied"] == 1


async def test_without_secrets_nothing_is_taken(alone: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """I21: an intake that was never set up is shut."""
    monkeypatch.setitem(alone.world.mailer.deps.settings.__dict__, "webhook_secrets", ())
    answer = await report(alone, "standard", bounced(alone, await alone.message()))
    assert answer.status_code == 401


async def test_events_become_what_they_would_be_by_mail(alone: Post) -> None:
    """L-073, L-074, L-077: kinds, blame and late outcomes by the same tables; events of no concern are ignored."""
    made = [await alone.message("uncertain", f"p{number}@patients.example.com") for number in range(6)]
    events = [
        name(alone, made[0]) | {"event": "delivered"},
        name(alone, made[1]) | {"event": "deferred", "code": 451},
        name(alone, made[2]) | {"event": "soft_bounced", "code": 550, "enhanced": "5.1.1", "text": "user unknown"},
        name(alone, made[3]) | {"event": "bounced", "text": "5.7.1 blocked by spamhaus", "code": 554},
        name(alone, made[4]) | {"event": "not_spam"},
        {"event": "bounced", "envelope_sender": alone.address(made[5]), "code": 552, "enhanced": "5.2.2"},
        name(alone, made[0]) | {"event": "opened"},
        name(alone, uuid4()) | {"event": "bounced"},
    ]
    answer = await report(alone, "generic", {"events": events})
    assert answer.json() == {"applied": 6, "repeated": 0, "unknown": 1, "ignored": 1}
    assert sorted(await alone.reports(), key=str) == [
        ("bounce", "policy", "refused_by_policy"), ("bounce", "soft", "mailbox_full"), ("bounce", "soft", "mailbox_unknown"),
        ("delayed", None, None), ("delivered", None, None), ("not_spam", None, None),
    ]  # fmt: skip
    assert [(await alone.world.state(each))[0] for each in made] == [
        "sent",
        "sent",
        "bounced",
        "bounced",
        "sent",
        "bounced",
    ]
    assert await alone.unreachable() == {}


async def test_an_envelope_sender_must_be_ours_by_its_mac(alone: Post) -> None:
    """L-072, L-080: a forged one names nothing, nor does one that contradicts the Message-ID, or one of another purpose."""
    message_id, other = await alone.message(), await alone.message(address="bob@patients.example.com")
    forged = f"b+{message_id.hex}.1-{'0' * 20}@{alone.domain}"
    named = [
        {"envelope_sender": forged},
        {"envelope_sender": forged} | name(alone, message_id),
        {"envelope_sender": alone.address(other)} | name(alone, message_id),
        {"envelope_sender": alone.address(message_id, "unsub")},
        {"message_id": f"<{message_id}@else.example>"},
        {},
    ]
    answer = await report(alone, "generic", {"events": [each | {"event": "bounced", "code": 550} for each in named]})
    assert answer.json()["unknown"] == len(named)
    assert await alone.reports() == []
    right = {"event": "bounced", "code": 550, "envelope_sender": f"<{alone.address(message_id)}>"}
    assert (await report(alone, "generic", {"events": [right]})).json()["applied"] == 1


async def test_complaints_and_refusals_reach_optout_and_wait_for_it(post: Post) -> None:
    """L-077, F5: 503 while optout is silent, and the relay's next try is taken; the evidence says how it came."""
    complained = await post.message(content_id=str(post.world.commercial_id))
    asked = await post.message(address="bob@patients.example.com")
    body = {"events": [name(post, complained) | {"event": "complained"}, name(post, asked) | {"event": "unsubscribed"}]}
    neighbours = post.world.neighbours
    opened = neighbours.opened.pop("optout")
    answer = await report(post, "generic", body, webhook_id="msg_1")
    assert (answer.status_code, answer.json()["code"]) == (503, "optout_unreachable")
    assert await post.reports() == []
    neighbours.opened["optout"] = opened
    assert (await report(post, "generic", body, webhook_id="msg_1")).json()["applied"] == 2
    assert [entry["suppression_class"] for entry in await post.evidence()] == ["commercial"]
    assert [entry["suppression_class"] for entry in await post.evidence("bob@patients.example.com")] == ["all"]


async def test_a_webhook_and_a_mail_about_one_failure_tell_it_once(alone: Post) -> None:
    """I21: two ways, two reports on file, one outcome in the feed."""
    message_id = await alone.message("uncertain")
    await report(alone, "standard", bounced(alone, message_id))
    alone.wait(timedelta(minutes=1))
    await alone.deliver(alone.address(message_id), make_bounce("5.1.1"))
    assert len(await alone.reports()) == 2
    assert [each["state"] for each in await alone.world.outcomes()] == ["bounced"]
