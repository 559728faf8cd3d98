"""Uncertain messages: listed with phase and time, settled by a relay's log or by a person, and by nothing else (L-071, I3)."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.mailer.inbound.post import ADDRESS, Post, make_bounce

BOB = "bob@patients.example.com"


async def upload(post: Post, log: str | bytes, media_type: str = "text/plain", **more: str) -> Any:
    """Bring a relay's log as the operator does."""
    operator = post.world.neighbours.client_headers(subscriber_id=None, scopes="operator")
    headers = operator | {"content-type": media_type} | more
    return await post.world.mailer.http.post("/v1/relay-logs", content=log, headers=headers)


def client(post: Post, **values: Any) -> dict[str, str]:
    """Return the credential of a subscriber's client."""
    given: dict[str, Any] = {"subscriber_id": post.world.subscriber.subscriber_id, "scopes": "messages"} | values
    return post.world.neighbours.client_headers(**given)


async def settle(post: Post, message_id: UUID, verdict: str, **headers: str) -> Any:
    """Settle as a person."""
    body = {"as": verdict, "note": "asked the relay's support"}
    path = f"/v1/messages/{message_id}/settle"
    return await post.world.mailer.http.post(path, json=body, headers=headers or client(post))


def line(post: Post, message_id: UUID, status: str, **values: Any) -> str:
    """Return one JSON line of a relay's log."""
    return json.dumps({"message_id": f"<{message_id}@{post.domain}>", "status": status} | values) + "\n"


async def states(post: Post) -> list[tuple[str, str | None]]:
    """Return state and reason of all outcomes told, in order."""
    return [(each["state"], each["reason"]) for each in await post.world.outcomes()]


async def test_postfix_logs_settle_what_they_name_and_account_for_every_line(alone: Post) -> None:
    """L-071: taken is sent, given up is bounced, what is not named stays uncertain."""
    world = alone.world
    taken, dead, lost = [
        await alone.message("uncertain", address) for address in (ADDRESS, BOB, "cy@patients.example.com")
    ]
    done, waiting = (
        await alone.message("sent", "di@patients.example.com"),
        await alone.message("accepted", "ed@patients.example.com"),
    )

    def lines_of(queue_id: str, message_id: UUID, fate: str) -> list[str]:
        head = "Mar  2 17:00:00 relay postfix"
        return [
            f"{head}/cleanup[4]: {queue_id}: message-id=<{message_id}@{alone.domain}>",
            f"{head}/qmgr[3]: {queue_id}: from=<x@{alone.domain}>, size=6, nrcpt=1 (queue active)",
            f"{head}/smtp[5]: {queue_id}: to=<a@a.example>, relay=mx[192.0.2.1]:25, delay=1, {fate}",
        ]

    log = [
        *lines_of("AAAAAAA", taken, "dsn=4.7.1, status=deferred (451 4.7.1 later)"),
        *lines_of("BBBBBBB", dead, "dsn=5.1.1, status=bounced (550 5.1.1 user unknown (in reply to RCPT TO command))"),
        *lines_of("CCCCCCC", uuid4(), "dsn=2.0.0, status=sent (250 ok)"),
        *lines_of("DDDDDDD", done, "dsn=2.0.0, status=sent (250 ok)"),
        *lines_of("EEEEEEE", waiting, "dsn=2.0.0, status=sent (250 ok)"),
        "Mar  2 17:00:00 relay dovecot: nothing of ours",
        "x" * 20_000,
    ]
    answer = await upload(alone, "\n".join(log))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "applied": 2, "settled": {"sent": 1, "bounced": 1}, "left_uncertain": 0, "lines": 17, "proving": 4, "already_settled": 2,
        "under_way": 2, "unknown": 2, "undecided": 5, "other": 1, "unreadable": 1,
    }  # fmt: skip
    assert await world.state(taken) == ("sent", None)
    assert await world.state(dead) == ("bounced", "mailbox_unknown")
    assert (await world.state(lost))[0] == "uncertain"
    assert sorted(await states(alone), key=str) == [("bounced", "mailbox_unknown"), ("sent", None)]
    assert list((await alone.unreachable()).values()) == ["mailbox_unknown"]
    again = (await upload(alone, "\n".join(log))).json()
    assert (again["applied"], again["already_settled"]) == (0, 6)
    assert len(await world.outcomes()) == 2


async def test_only_a_refusal_of_this_attempt_lets_a_message_go_out_again(alone: Post) -> None:
    """I3, L-071: deferred in the relay's queue is the relay's; a no to the dot is proof that nobody has it."""
    world = alone.world
    held, refused, final = [await alone.message("uncertain", f"p{number}@patients.example.com") for number in range(3)]
    log = line(alone, held, "deferred", code=451) + line(alone, refused, "refused", code=451, enhanced="4.3.0")
    log += line(alone, final, "refused", code=554, enhanced="5.7.1", text="5.7.1 spam")
    answer = (await upload(alone, log, "application/x-ndjson")).json()
    assert answer["settled"] == {"sent": 1, "deferred": 1, "bounced": 1}
    assert await world.state(held) == ("sent", None)
    assert await world.state(refused) == ("deferred", "try_later")
    assert await world.state(final) == ("bounced", "refused_by_policy")
    assert await alone.unreachable() == {}
    assert await world.claim() == []
    alone.wait(timedelta(minutes=40))
    assert [each.message_id for each in await world.claim()] == [refused]


async def test_a_refusal_of_an_earlier_attempt_proves_nothing(alone: Post) -> None:
    """I3: the log of the first try must not send again what the second may have delivered."""
    world = alone.world
    message_id = await alone.message("uncertain")
    await world.database.execute(
        "insert into attempts select subscriber_id, message_id, gen_random_uuid(), now(), now(), 'dot', 451, null, 'deferred', null from messages"
    )
    await world.database.execute("update messages set marked_at = '2026-03-02T17:00:00Z'")
    for at, applied in (({}, 0), ({"at": "2026-03-02T16:00:00Z"}, 0), ({"at": "2026-03-02T17:00:01Z"}, 1)):
        log = line(alone, message_id, "refused", code=451, **at)
        answer = (await upload(alone, log, "application/x-ndjson")).json()
        assert (answer["applied"], answer["left_uncertain"]) == (applied, 1 - applied)


async def test_what_the_relay_took_outweighs_what_it_refused(alone: Post) -> None:
    """I3: whatever the order of the lines, a message that it has is never sent again."""
    for order in (1, -1):
        message_id = await alone.message("uncertain", f"order{order}@patients.example.com")
        lines = [line(alone, message_id, "refused", code=451), line(alone, message_id, "accepted")][::order]
        await upload(alone, "".join(lines), "application/x-ndjson")
        assert await alone.world.state(message_id) == ("sent", None)


async def test_a_log_of_a_million_lines_in_pieces_is_read_to_its_end(alone: Post) -> None:
    """S60: streamed, cut anywhere."""
    message_id = await alone.message("uncertain")
    told = line(alone, message_id, "sent").encode()

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"{}\n" * 10_000
        for letter in range(len(told)):
            yield told[letter : letter + 1]

    answer = await upload(alone, pieces(), "application/x-ndjson")  # type: ignore[arg-type]
    assert (answer.json()["applied"], answer.json()["unreadable"]) == (1, 1_000_000)


async def test_a_person_settles_a_doubt_with_a_reason_on_file(alone: Post) -> None:
    """L-071: sent ends it; not sent lets it go out again; the same word again is harmless, another is refused."""
    world = alone.world
    sent, unsent = await alone.message("uncertain"), await alone.message("uncertain", BOB)
    answer = await settle(alone, sent, "sent")
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["settlements"]
    assert (answer.json()["state"], row["source"], row["state"], row["note"]) == (
        "sent",
        "person",
        "sent",
        "asked the relay's support",
    )
    assert (await settle(alone, sent, "sent")).json()["settlements"] == [row]
    refused = await settle(alone, sent, "not_sent")
    assert (refused.status_code, refused.json()["code"]) == (409, "message_not_uncertain")
    assert (await settle(alone, unsent, "not_sent")).json()["state"] == "deferred"
    assert [each.message_id for each in await world.claim()] == [unsent]
    assert await states(alone) == [("sent", None), ("deferred", "not_sent")]
    stored = await world.database.fetchval("select sealed_note from settlements limit 1")
    assert b"support" not in stored


async def test_what_is_no_longer_useful_is_not_sent_again_by_anybody(alone: Post) -> None:
    """S-025, L-071: a person's no comes after the appointment."""
    message_id = await alone.message("uncertain")
    alone.wait(timedelta(hours=9))
    assert (await settle(alone, message_id, "not_sent")).json()["state"] == "expired"
    assert await states(alone) == [("expired", "not_sent")]


async def test_only_ones_own_doubts_can_be_settled(alone: Post) -> None:
    """S2: another subscriber's or another location's message is as unknown as none; one that is under way is refused."""
    message_id = await alone.message("uncertain")
    for headers in (client(alone, subscriber_id=uuid4()), client(alone, locations=(uuid4(),))):
        assert (await settle(alone, message_id, "sent", **headers)).status_code == 404
    under_way = await alone.message("accepted", BOB)
    assert (await settle(alone, under_way, "sent")).status_code == 409
    assert (await alone.world.state(message_id))[0] == "uncertain"


async def test_doubts_are_listed_with_phase_and_time(alone: Post) -> None:
    """Architecture 4: page by page, own locations only; other states by the same door."""
    made = [await alone.message("uncertain", f"p{number}@patients.example.com") for number in range(3)]
    await alone.message("sent", BOB)
    http, path = alone.world.mailer.http, "/v1/messages"
    first = (await http.get(path, params={"limit": 2}, headers=client(alone))).json()
    second = (await http.get(path, params={"limit": 2, "after": first["next"]}, headers=client(alone))).json()
    assert [UUID(each["message_id"]) for each in first["items"] + second["items"]] == made
    assert second["next"] is None
    assert {(each["state"], each["phase"]) for each in first["items"]} == {("uncertain", "dot")}
    assert all(each["at"] for each in first["items"])
    assert len((await http.get(path, params={"state": "sent"}, headers=client(alone))).json()["items"]) == 1
    for headers in (client(alone, subscriber_id=uuid4()), client(alone, locations=(uuid4(),))):
        assert (await http.get(path, headers=headers)).json()["items"] == []
    odd = await http.get(path, params={"after": "WzFd"}, headers=client(alone))
    assert (odd.status_code, odd.json()["code"]) == (400, "cursor_unreadable")


async def test_reports_by_mail_settle_doubts_too(alone: Post) -> None:
    """L-071, L-073: failed bounces; delivered, relayed, expanded and late mail has left us."""
    for number, (action, state) in enumerate(
        {"failed": "bounced", "delivered": "sent", "relayed": "sent", "expanded": "sent", "delayed": "sent"}.items()
    ):
        message_id = await alone.message("uncertain", f"p{number}@patients.example.com")
        await alone.deliver(
            alone.address(message_id), make_bounce("5.1.1" if state == "bounced" else "2.0.0", action=action)
        )
        assert (await alone.world.state(message_id))[0] == state
