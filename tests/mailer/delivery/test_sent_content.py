"""Content as sent: written again to the byte, proven by the hash kept at sending, shown to few and noted."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.mailer.delivery.rewrite import find_composed_at
from services.mailer.smtp.headers import format_date
from tests.fixtures.smtp import Script, Step
from tests.mailer.delivery.world import World


async def look(world: World, message_id: UUID, **other: Any) -> Any:
    """Ask for a message's content as a client with the scope for it."""
    claims: Any = {"subscriber_id": world.subscriber.subscriber_id, "scopes": "content"} | other
    headers = world.neighbours.client_headers(**claims)
    return await world.mailer.http.get(f"/v1/messages/{message_id}/content", headers=headers)


async def shown(world: World, message_id: UUID) -> Any:
    """Return the content as it is shown."""
    answer = await look(world, message_id)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_was_sent_is_shown_again_to_the_byte(world: World) -> None:
    """L-020: the source is what the relay received, and its hash is the one kept at sending."""
    [message_id] = await world.send("Ann@example.com")
    await world.deliver()
    content = await shown(world, message_id)
    [seen] = world.sink.messages
    assert content["proof"] == "matches"
    assert content["source"].encode() == seen.body
    assert hashlib.sha256(seen.body or b"").hexdigest() == content["sha256"]
    assert content["recipient"] == "Ann@example.com"
    assert "Ann" in content["text"]
    assert "Ann" in content["html"]


async def test_facts_that_changed_since_do_not_change_what_was_sent(world: World) -> None:
    """L-020: the facts a message was written with are kept beside it; the newest stand for mail that goes now."""
    [before] = await world.send("ann@example.com")
    await world.deliver()
    renamed = world.location.model_copy(update={"name": "Brighter Smile Dental"})
    await world.neighbours.push("mailer", "location", str(renamed.location_id), renamed, version=2)
    world.neighbours.clock.move(timedelta(hours=1))  # type: ignore[attr-defined]
    [after] = await world.send("ann@example.com")
    await world.deliver()
    old, new = [await shown(world, message_id) for message_id in (before, after)]
    assert [old["proof"], new["proof"]] == ["matches", "matches"]
    assert ["Brighter" in content["source"] for content in (old, new)] == [False, True]
    assert [content["source"].encode() for content in (old, new)] == [seen.body for seen in world.sink.messages]


async def test_a_later_attempt_is_the_one_that_is_proven(world: World) -> None:
    """L-020, L-070: what was deferred carried another Date."""
    world.sink.script = Script((Step("dot", reply="451 4.3.0 later", times=1),))
    [message_id] = await world.send("ann@example.com")
    await world.deliver()
    world.neighbours.clock.move(timedelta(hours=2))  # type: ignore[attr-defined]
    await world.deliver()
    content = await shown(world, message_id)
    assert (content["proof"], content["source"].encode()) == ("matches", world.sink.messages[-1].body)


async def test_what_cannot_be_proven_is_said_plainly(world: World) -> None:
    """L-020, S83: another hash, nothing handed over yet, and nothing left to open."""
    sent, _ = await world.send("ann@example.com", "bob@example.com")
    await world.deliver()
    await world.database.execute(
        "update messages set sha256 = $2 where message_id = $1", sent, hashlib.sha256(b"another mail").digest()
    )
    content = await shown(world, sent)
    assert (content["proof"], content["composed_at"], content["recipient"]) == ("differs", None, "ann@example.com")
    [queued] = await world.queue("cal@example.com")
    content = await shown(world, queued)
    assert (content["proof"], content["sha256"], content["recipient"]) == ("not_kept", None, "cal@example.com")
    await world.database.execute("update messages set sealed = null where message_id = $1", sent)
    content = await shown(world, sent)
    assert content["proof"] == "shredded"
    assert [content[name] for name in ("recipient", "subject", "text", "html", "source")] == [None] * 5


async def test_only_the_scope_for_it_opens_the_content_and_every_look_is_kept(world: World) -> None:
    """S2, S-008, S-120: nobody sees a consumer's mail without leaving a trace, and an unknown message and a foreign one are the same."""
    [message_id] = await world.send("ann@example.com")
    await world.deliver()
    assert (await look(world, message_id, scopes="messages")).status_code == 403
    refused = [
        await look(world, message_id, subscriber_id=uuid4()),
        await look(world, message_id, locations=(uuid4(),)),
        await look(world, uuid4()),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(404, "message_unknown")] * 3
    assert await world.database.fetchval("select count(*) from content_views") == 0
    await shown(world, message_id)
    views = await world.database.fetch("select subscriber_id, message_id, viewed_by, proof from content_views")
    [(owner, seen, viewed_by, proof)] = [tuple(view) for view in views]
    assert (owner, seen, proof) == (world.subscriber.subscriber_id, message_id, "matches")
    assert viewed_by.startswith("client:")


async def views(world: World, **params: Any) -> Any:
    """Return a page of looks as the operator gets it."""
    operator = world.neighbours.client_headers(subscriber_id=None, scopes="operator")
    return await world.mailer.http.get("/v1/content-views", params=params, headers=operator)


async def test_the_operator_reads_in_pages_who_looked_at_what(world: World) -> None:
    """S-008: every look stands in the list, newest first, by business and by message; those who look do not read it."""
    first, second = await world.queue("ann@example.com", "bob@example.com")
    for message_id in (first, second, first):
        world.neighbours.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
        await shown(world, message_id)
    page = (await views(world, limit=2)).json()
    rest = (await views(world, limit=2, after=page["next"])).json()
    assert [view["message_id"] for view in page["items"] + rest["items"]] == [str(first), str(second), str(first)]
    assert rest["next"] is None
    assert all(view["viewed_by"].startswith("client:") for view in page["items"])
    assert [view["proof"] for view in page["items"]] == ["not_kept"] * 2
    of_one = (await views(world, message_id=str(second))).json()["items"]
    assert [view["message_id"] for view in of_one] == [str(second)]
    assert len((await views(world, subscriber_id=str(world.subscriber.subscriber_id))).json()["items"]) == 3
    assert (await views(world, subscriber_id=str(uuid4()))).json() == {"items": [], "next": None}
    assert (await views(world, after="x")).json()["code"] == "cursor_unreadable"
    own: Any = {"subscriber_id": world.subscriber.subscriber_id, "scopes": "content messages"}
    refused = await world.mailer.http.get("/v1/content-views", headers=world.neighbours.client_headers(**own))
    assert refused.status_code == 403


async def test_attempts_come_in_pages_and_the_message_shows_the_newest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I18: however often a message was tried, every attempt can be read; a client of another location sees neither."""
    monkeypatch.setattr("services.mailer.actions.show_message.MOST_ATTEMPTS", 2)
    world.sink.script = Script((Step("dot", reply="451 4.3.0 later", times=2),))
    [message_id] = await world.send("ann@example.com")
    for _ in range(3):
        await world.deliver()
        world.neighbours.clock.move(timedelta(minutes=100))  # type: ignore[attr-defined]
    claims: Any = {"subscriber_id": world.subscriber.subscriber_id, "scopes": "messages"}
    own = world.neighbours.client_headers(**claims)
    seen: list[Any] = []
    after: dict[str, str] = {}
    for expected in (2, 1):
        path = f"/v1/messages/{message_id}/attempts"
        answer = await world.mailer.http.get(path, params={"limit": "2"} | after, headers=own)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) == expected
        seen, after = seen + page["items"], {"after": page["next"]}
    assert after == {"after": None}
    assert [attempt["outcome"] for attempt in seen] == ["deferred", "deferred", "sent"]
    assert (await world.mailer.http.get(f"/v1/messages/{message_id}", headers=own)).json()["attempts"] == seen[1:]
    elsewhere = world.neighbours.client_headers(**claims, locations=(uuid4(),))
    for path in (f"/v1/messages/{message_id}", f"/v1/messages/{message_id}/attempts"):
        refused = await world.mailer.http.get(path, headers=elsewhere)
        assert (refused.status_code, refused.json()["code"]) == (404, "message_unknown")


async def test_the_history_tells_how_each_attempt_ended_and_where_a_doubt_began(world: World) -> None:
    """I3, issue 3: phase, reply, reason and times; a worker's death leaves the moment of its marker."""
    world.sink.script = Script((Step("dot", reply="451 4.3.0 later", times=1),))
    [message_id] = await world.send("ann@example.com")
    await world.deliver()
    own = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")
    status = (await world.mailer.http.get(f"/v1/messages/{message_id}", headers=own)).json()
    [attempt] = status["attempts"]
    told = ("phase", "reply_code", "enhanced_code", "outcome", "reason")
    assert [attempt[name] for name in told] == ["dot", 451, "4.3.0", "deferred", "try_later"]
    assert attempt["finished_at"] >= attempt["started_at"]
    assert status["handed_over_at"] is not None


@pytest.mark.parametrize("seconds", [0, 1, 61, 900])
def test_the_date_is_found_by_the_hash(seconds: int) -> None:
    """L-020: the second a mail was written in need not be stored."""
    began = datetime(2026, 3, 2, 17, 0, 5, 250_000, tzinfo=UTC)
    wrote = began.replace(microsecond=0) - timedelta(seconds=seconds)
    kept = hashlib.sha256(mail_of(wrote)).digest()
    assert find_composed_at(mail_of(began), began, kept) == wrote


def test_a_date_too_long_ago_or_another_text_proves_nothing() -> None:
    """L-020: no proof is better than a far-fetched one."""
    began = datetime(2026, 3, 2, 17, 0, 5, tzinfo=UTC)
    for other in (
        mail_of(began - timedelta(seconds=901)),
        mail_of(began + timedelta(seconds=1)),
        mail_of(began) + b"x",
    ):
        assert find_composed_at(mail_of(began), began, hashlib.sha256(other).digest()) is None


def mail_of(at: datetime) -> bytes:
    """Return a mail with this Date whose subject and text hold another."""
    other = "Date: Mon, 02 Mar 2026 17:00:05 +0000"
    return f"Subject: {other}\r\nDate: {format_date(at)}\r\n\r\nas I wrote:\r\n{other}\r\n".encode()
