"""Routes at work: real sessions to several relays, limits that hold over two workers, fail-over and the way back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.mailer.delivery import routing
from tests.fixtures.certificates import Authority
from tests.fixtures.smtp import Script, SmtpSink, Step
from tests.mailer.delivery.routes import operator, people, put, read, url_of
from tests.mailer.delivery.world import World


@pytest.fixture
async def backup() -> AsyncIterator[SmtpSink]:
    """Return a second relay."""
    async with SmtpSink() as sink:
        yield sink


async def _routes(world: World) -> dict[str, dict[str, Any]]:
    answer = await world.mailer.http.get("/v1/routes", headers=operator(world))
    return {route["name"]: route for route in answer.json()["items"]}


async def test_a_backup_takes_over_while_the_first_relay_is_down_and_gives_back(
    world: World, backup: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """N-91: nobody is asked; the operator sees which relay is down and why; one session finds out when it is back."""
    monkeypatch.setattr(routing, "_LONGEST_BACKOFF_SECONDS", 1.0)
    world.sink.script = Script((Step("greeting", reply="421 4.3.2 not now", close=True),))
    await put(world, "/v1/routes/second", url=url_of(backup), priority=1)
    await world.send(*people(60))

    async def is_told() -> bool:
        return bool((await _routes(world))["default"]["reason"] == "connect_failed")

    async def is_back() -> bool:
        await world.send(f"{uuid4().hex}@example.com")
        return len(world.sink.messages) > 0

    async with world.following(), world.working():
        await world.until_later(is_told)
        await world.until_later(
            lambda: world.database.fetchval("select count(*) = 60 from messages where state = 'sent'")
        )
        assert len(backup.messages) == 60
        world.sink.script = Script(())
        await world.until_later(is_back)


async def test_relays_of_one_priority_share_the_load_by_weight(world: World, backup: SmtpSink) -> None:
    """20 sessions, 3 to 1, while both are busy."""
    slow = Script((Step("dot", "delay", seconds=0.2),))
    world.sink.script = backup.script = slow
    await put(world, "/v1/routes/default", weight=3)
    await put(world, "/v1/routes/second", url=url_of(backup), weight=1)
    await world.send(*people(400))
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 400 from messages where state = 'sent'"))
        lines = {entry.connection for entry in world.sink.ledger}, {entry.connection for entry in backup.ledger}
    assert len(world.sink.messages) > 2 * len(backup.messages) > 0
    assert len(lines[0]) > 2 * len(lines[1])


async def test_a_paused_route_is_left_and_a_forgotten_one_is_unknown(world: World, backup: SmtpSink) -> None:
    """With no route left everything waits, claimed by nobody; nothing is lost."""
    await put(world, "/v1/routes/second", url=url_of(backup))
    await put(world, "/v1/routes/default", state="paused")
    await world.send(*people(30))
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 30 from messages where state = 'sent'"))
        assert not world.sink.messages
        await put(world, "/v1/routes/second", state="paused")
        await asyncio.sleep(2.0)
        await world.send(*people(10, "example.org"))
        await asyncio.sleep(0.5)
        assert (await world.states()) == {"sent": 30, "accepted": 10}
        await put(world, "/v1/routes/second", state="active")
        await world.until(lambda: world.database.fetchval("select count(*) = 40 from messages where state = 'sent'"))
    headers = operator(world) | await read(world, "/v1/routes/second")
    gone = [await world.mailer.http.delete("/v1/routes/second", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in gone] == [204, 404]
    assert gone[1].json()["code"] == "route_unknown"
    assert set(await _routes(world)) == {"default"}


async def test_an_attempt_names_its_route(world: World, backup: SmtpSink) -> None:
    """L-071: of two relays one took the dot and said nothing; the message's history says whose log knows."""
    backup.script = Script((Step("dot", "drop", times=1),))
    await put(world, "/v1/routes/default", state="paused")
    await put(world, "/v1/routes/second", url=url_of(backup))
    [message_id] = await world.send("ann@example.com")
    assert await world.deliver() == {"uncertain": 1}
    headers = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="messages")
    shown = await world.mailer.http.get(f"/v1/messages/{message_id}", headers=headers)
    assert [attempt["route"] for attempt in shown.json()["attempts"]] == ["second"]


async def test_two_workers_together_hold_no_more_connections_than_the_relay_takes(world: World) -> None:
    """Five, over all processes: the relay counts them itself."""
    await put(world, "/v1/routes/default", max_connections=5)
    world.sink.script = Script((Step("dot", "delay", seconds=0.05),))
    await world.send(*people(300))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(world.following())
        for _ in range(2):
            await stack.enter_async_context(world.working())
        await world.until_later(
            lambda: world.database.fetchval("select count(*) = 300 from messages where state = 'sent'")
        )
        shown = (await _routes(world))["default"]
        assert shown["workers"] == 2
    assert _most_at_once(world.sink) <= 5


async def test_an_opt_out_at_the_marker_does_not_blame_the_relay(world: World) -> None:
    """A session that we ended says nothing about the relay: the route stays up, everybody else's mail goes on."""
    world.sink.script = Script((Step("data", "delay", seconds=0.4),))
    await world.send("ann@example.com")
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 1 from messages where state = 'claimed'"))
        await world.database.execute(
            "insert into stops values ('subscriber', $1, now())", str(world.subscriber.subscriber_id)
        )
        await world.until(lambda: world.database.fetchval("select count(*) = 1 from messages where reason = 'not_now'"))
        await asyncio.sleep(2.0)
        assert (await _routes(world))["default"]["reason"] is None


async def test_a_routes_rate_holds_over_two_workers(world: World) -> None:
    """25 an hour, whoever sends."""
    await put(world, "/v1/routes/default", per_hour=25)
    await world.send(*people(60))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(world.following())
        for _ in range(2):
            await stack.enter_async_context(world.working())
        await world.until(lambda: world.database.fetchval("select count(*) >= 25 from messages where state = 'sent'"))
        await asyncio.sleep(1.0)
    assert (await world.states()) == {"sent": 25, "accepted": 35}


async def test_the_password_of_a_relay_is_kept_sealed_and_never_shown(world: World) -> None:
    """S80: neither in the answer nor in the database."""
    body = {"url": "smtp+starttls://dueback:s3cret-word@relay.example.com:587"}
    shown = await put(world, "/v1/routes/main", **body)
    assert shown["relay"] == "relay.example.com:587"
    assert shown["tls"] == "required"
    sealed = await world.database.fetchval("select sealed from routes where name = 'main'")
    assert b"s3cret" not in sealed
    assert "s3cret" not in str(await _routes(world))
    refused = await world.mailer.http.put(
        "/v1/routes/other", json={"url": "http://x:s3cret@y"}, headers=operator(world)
    )
    assert refused.status_code == 422
    assert refused.json()["code"] == "route_url_refused"
    assert "s3cret" not in refused.text


async def test_a_relay_that_speaks_tls_from_the_first_octet_takes_the_mail(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 8314: port 465, its certificate held against the system's trust store; the operator sees how it is spoken to."""
    shown = await put(world, "/v1/routes/far", url="smtps://dueback:s3cret-word@relay.example.com", state="paused")
    assert (shown["relay"], shown["tls"]) == ("relay.example.com:465", "implicit")
    authority = Authority.make()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.trust_file(tmp_path)))
    async with SmtpSink(implicit_tls=authority.issue("127.0.0.1").server_context(tmp_path)) as relay:
        await put(world, "/v1/routes/default", state="paused")
        await put(world, "/v1/routes/near", url=f"smtps://127.0.0.1:{relay.port}")
        await world.send(*people(5))
        assert await world.deliver() == {"sent": 5}
        assert len(relay.messages) == 5
    assert world.sink.messages == []


async def test_two_who_read_the_same_route_do_not_both_write(world: World) -> None:
    """S-120: the second is told that it has changed, also after it was removed and made anew; a new route needs no version."""
    http, url = world.mailer.http, "smtps://relay.example.com"
    path, body = "/v1/routes/main", {"url": url, "weight": 2}
    made = await http.put(path, json=body, headers=operator(world))
    assert made.headers["etag"] == f'"{made.json()["version"]}"'
    seen = operator(world) | {"If-Match": made.headers["etag"]}
    twins = await asyncio.gather(*(http.put(path, json=body | {"weight": n}, headers=seen) for n in (3, 4)))
    assert sorted(answer.status_code for answer in twins) == [200, 412]
    assert (await http.delete(path, headers=seen)).json()["code"] == "version_mismatch"
    present = operator(world) | await read(world, path)
    assert (await http.delete(path, headers=present)).status_code == 204
    assert (await http.put(path, json=body, headers=present)).json()["code"] == "version_mismatch"
    world.neighbours.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
    again = await http.put(path, json=body, headers=operator(world))
    assert (again.status_code, again.headers["etag"] not in (seen["If-Match"], present["If-Match"])) == (200, True)
    blind = await http.put("/v1/routes/default", json={"weight": 2}, headers=operator(world))
    assert (blind.status_code, blind.json()["code"]) == (428, "version_needed")


def _most_at_once(sink: SmtpSink) -> int:
    open_now: set[int] = set()
    most = 0
    for entry in sink.ledger:
        if entry.event == "closed":
            open_now.discard(entry.connection)
        else:
            open_now.add(entry.connection)
        most = max(most, len(open_now))
    return most
