"""Paces at work: limits by recipient's provider and sender domain hold over workers, and complaints slow them down."""

from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from tests.fixtures.smtp import Script, Step
from tests.mailer.delivery.world import World


def _operator(world: World) -> dict[str, str]:
    return world.neighbours.client_headers(subscriber_id=None, scopes="operator")


async def _limit(world: World, kind: str, name: str, **body: Any) -> dict[str, Any]:
    path = f"/v1/paces/{kind}/{name}"
    shown = await world.mailer.http.get(path, headers=_operator(world))
    headers = _operator(world) | {"If-Match": shown.headers["etag"]}
    answer = await world.mailer.http.put(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _paces(world: World) -> dict[str, dict[str, Any]]:
    answer = await world.mailer.http.get("/v1/paces", headers=_operator(world))
    return {pace["key"]: pace for pace in answer.json()["items"]}


async def _sent_to(world: World, domain: str) -> int:
    return sum(message.recipients[0].endswith(domain.encode()) for message in world.sink.messages)


async def test_a_providers_limit_holds_over_two_workers_and_holds_up_nobody_else(world: World) -> None:
    """Gmail takes 20 an hour, by any of its domains; everybody else's mail goes on; the rest comes back when the hour is over."""
    await _limit(world, "recipient", "googlemail.com", per_hour=20)
    await world.send(*(f"ann{number}@gmail.com" for number in range(50)))
    await world.send(*(f"bob{number}@example.com" for number in range(50)))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(world.following())
        for _ in range(2):
            await stack.enter_async_context(world.working())
        await world.until(lambda: world.database.fetchval("select count(*) = 70 from messages where state = 'sent'"))
        await world.until(
            lambda: world.database.fetchval(
                "select count(*) = 30 from messages where reason = 'paced' and next_at > $1", world.now
            )
        )
        assert await _sent_to(world, "gmail.com") == 20
        world.neighbours.clock.move(timedelta(hours=1, seconds=2))  # type: ignore[attr-defined]
        await world.until(lambda: world.database.fetchval("select count(*) = 90 from messages where state = 'sent'"))
    assert (await _paces(world))["google"]["sent_this_hour"] == 20
    assert len({message.message_id for message in world.sink.messages}) == 90


async def test_a_provider_that_complains_is_slowed_down_by_half_and_nobody_else_is(world: World) -> None:
    """Multiplicative decrease on 4yz: what was on its way to it waits, too."""
    world.sink.script = Script(
        (Step("rcpt", reply="421 4.7.28 rate limited", close=True, recipient="*@gmail.com", times=1),)
    )
    await world.send(*(f"ann{number}@gmail.com" for number in range(40)))
    await world.send(*(f"bob{number}@example.com" for number in range(40)))
    async with world.following(), world.working():
        await world.until_later(
            lambda: world.database.fetchval(
                "select count(*) = 40 from messages where state = 'sent' and pace_key like 'h.%'"
            )
        )

        async def is_slowed() -> bool:
            return "google" in await _paces(world)

        await world.until(is_slowed)
    paces = await _paces(world)
    assert set(paces) == {"google"}
    assert paces["google"]["rate"] > 0
    assert paces["google"]["slowed_at"]


async def test_a_relay_that_says_not_now_to_the_sender_slows_the_route_and_no_provider(world: World) -> None:
    """Refusals at MAIL speak of us or the relay."""
    world.sink.script = Script((Step("mail", reply="451 4.7.1 too many messages", times=1),))
    await world.send("ann@gmail.com")
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 1 from paces where kind = 'route'"))
    assert await _paces(world) == {}


async def test_an_overloaded_relay_is_slowed_down_whatever_it_refuses(world: World) -> None:
    """4.3.2 at RCPT is the relay's own state: its route slows down, however many domains the recipients have."""
    world.sink.script = Script((Step("rcpt", reply="451 4.3.2 system overloaded, try again later", times=40),))
    await world.send(*(f"ann@d{number}.example" for number in range(40)))
    async with world.following(), world.working():
        await world.until(
            lambda: world.database.fetchval("select count(*) = 1 from paces where kind = 'route' and rate > 0")
        )
    assert await _paces(world) == {}


async def test_a_relay_that_hiccups_now_and_then_is_not_slowed_down(world: World) -> None:
    """One in ten told 4.3.0: they are tried again, and the route keeps its pace."""
    world.sink.script = Script((Step("dot", reply="451 4.3.0 later", recipient="*0@*", times=20),))
    await world.send(*(f"ann{number}@d{number}.example" for number in range(200)))
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 180 from messages where state = 'sent'"))
        await world.until(
            lambda: world.database.fetchval("select count(*) = 20 from messages where state = 'deferred'")
        )
    assert await world.database.fetchval("select count(*) from paces") == 0


async def test_greylisting_of_a_few_slows_nobody_else(world: World) -> None:
    """450 4.7.1 for a first meeting: they are tried again later, and the provider's other mail goes on at once."""
    world.sink.script = Script((Step("rcpt", reply="450 4.7.1 greylisted, try again in 5 minutes", times=10),))
    await world.send(*(f"ann{number}@gmail.com" for number in range(40)))
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 30 from messages where state = 'sent'"))
        await world.until(
            lambda: world.database.fetchval("select count(*) = 10 from messages where state = 'deferred'")
        )
    assert await world.database.fetchval("select count(*) from paces") == 0


async def test_commercial_mail_of_a_new_domain_ramps_up_and_its_reminders_do_not(world: World) -> None:
    """L-067: 100 on the first day; transactional mail is not held up."""
    sender = f"{world.subscriber.subscriber_id}:{world.location.sender.header_from.rpartition('@')[2]}"
    shown = await _limit(world, "sender", sender, ramps=True)
    assert shown["daily_cap"] == 100
    await world.send(*(f"ann{n}@example.com" for n in range(130)), content_id=str(world.commercial_id))
    await world.send(*(f"bob{n}@example.com" for n in range(20)))
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 120 from messages where state = 'sent'"))
        await world.until(lambda: world.database.fetchval("select count(*) = 30 from messages where reason = 'paced'"))
    assert (await world.states()) == {"sent": 120, "accepted": 30}


async def test_registering_a_sender_domain_begins_its_ramp(world: World) -> None:
    """L-067; the operator takes it away from a domain that has a history."""
    headers = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="locations")
    answer = await world.mailer.http.post("/v1/sender-domains", json={"domain": "example.org"}, headers=headers)
    assert answer.status_code == 200, answer.text
    [key] = await _paces(world)
    assert key == f"{world.subscriber.subscriber_id}:example.org"
    await _limit(world, "sender", key)
    assert await _paces(world) == {}


async def test_a_pace_without_a_name_that_fits_is_refused(world: World) -> None:
    """Bad input has a stable code."""
    for kind, name in (("recipient", "not a domain"), ("sender", "example.com")):
        headers = _operator(world) | {"If-Match": "0"}
        path = f"/v1/paces/{kind}/{name}"
        for answer in (
            await world.mailer.http.put(path, json={}, headers=headers),
            await world.mailer.http.get(path, headers=headers),
        ):
            assert (answer.status_code, answer.json()["code"]) == (422, "pace_name_refused")


async def test_two_who_read_the_same_limits_do_not_both_set_them(world: World) -> None:
    """S-120: whatever the workers write beside them in the meantime; of limits taken away nothing stays."""
    path, headers = "/v1/paces/recipient/gmail.com", _operator(world)
    first = headers | {"If-Match": (await world.mailer.http.get(path, headers=headers)).headers["etag"]}
    made = await world.mailer.http.put(path, json={"per_hour": 20}, headers=first)
    late = await world.mailer.http.put(path, json={"per_hour": 9000}, headers=first)
    assert (made.status_code, late.status_code, late.json()["code"]) == (200, 412, "version_mismatch")
    await world.send("ann@gmail.com")
    assert await world.deliver() == {"sent": 1}
    seen = headers | {"If-Match": made.headers["etag"]}
    gone = await world.mailer.http.put("/v1/paces/recipient/googlemail.com", json={}, headers=seen)
    assert (gone.status_code, gone.headers["etag"]) == (200, first["If-Match"])
    assert (await world.mailer.http.put(path, json={"per_hour": 5}, headers=seen)).status_code == 412
    assert await _paces(world) == {}
