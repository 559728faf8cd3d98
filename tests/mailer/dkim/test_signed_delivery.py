"""Mail as the relay receives it: signed by the domain of its From, held when it cannot be, never unsigned by mistake."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import dkim
import pytest

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours, service_headers
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.own_mail import ask, follow
from tests.mailer.delivery.test_sent_content import shown
from tests.mailer.delivery.world import World, open_world
from tests.mailer.dkim.conftest import Domains
from tests.mailer.dkim.fake_dns import FakeDns
from tests.mailer.smtp.calendar_reader import entries_of


@pytest.fixture
def clock() -> ManualClock:
    """Begin at the machine's time: dkimpy judges t= and x= by it."""
    return ManualClock(datetime.now(UTC) - timedelta(hours=1))


@asynccontextmanager
async def _opened(
    neighbours: Neighbours, names: FakeDns, *, required: str = "false"
) -> AsyncIterator[tuple[World, Domains]]:
    async with (
        SmtpSink() as sink,
        open_world(neighbours, sink, MAILER_DNS_SERVER=names.address, MAILER_DKIM_REQUIRED=required) as world,
    ):
        yield world, Domains(neighbours, world.mailer, names, world.subscriber.subscriber_id)


def signatures(data: bytes, names: FakeDns) -> list[bool]:
    """What dkimpy thinks of each signature, with the keys that stand in the DNS."""

    def find(name: bytes, timeout: int = 5) -> bytes:
        return names.texts[name.decode().rstrip(".")][0].encode()

    count = data.split(b"\r\n\r\n", 1)[0].count(b"DKIM-Signature:")
    return [dkim.DKIM(data, minkey=2048).verify(index, dnsfunc=find) for index in range(count)]


async def test_what_the_relay_receives_verifies(neighbours: Neighbours, names: FakeDns) -> None:
    """L-031, L-051, must show 3: both signatures of every message, through rendering, threads and dot-stuffing."""
    async with _opened(neighbours, names) as (world, domains):
        await domains.verified()
        await world.send(*(f"ann{number}@example.com" for number in range(40)))
        assert await world.deliver() == {"sent": 40}
        received = [seen.body or b"" for seen in world.sink.messages]
        assert [signatures(data, names) for data in received] == [[True, True]] * 40
        assert all(b"d=brightsmile.example.com;" in data for data in received)


async def test_a_mail_with_calendar_files_verifies_and_can_be_shown_as_it_was_sent(
    neighbours: Neighbours, names: FakeDns
) -> None:
    """L-020, L-051, issue: both signatures cover the files; content as sent is proven with them."""
    async with _opened(neighbours, names) as (world, domains):
        await domains.verified()
        entries = [
            {"uid": str(UUID(int=number)), "sequence": number, "minutes": 45, "is_cancelled": number == 2}
            | {"starts_at": (world.now + timedelta(days=3)).isoformat(), "announced_at": world.now.isoformat()}
            for number in (1, 2)
        ]
        [message_id] = await world.send("ann@example.com", calendar=entries)
        sealed = await world.database.fetchval("select sealed from messages where message_id = $1", message_id)
        assert str(UUID(int=1)).encode() not in sealed
        assert await world.deliver() == {"sent": 1}
        [seen] = world.sink.messages
        assert signatures(seen.body or b"", names) == [True, True]
        found = entries_of(seen.body or b"")
        assert [(each.method, each.event["SEQUENCE"]) for each in found] == [("REQUEST", 1), ("CANCEL", 2)]
        assert found[0].event["ATTENDEE"] == "mailto:ann@example.com"
        assert world.location.name in str(found[0].event["SUMMARY"])
        content = await shown(world, message_id)
        assert (content["proof"], (seen.body or b"").endswith(content["source"].encode())) == ("matches", True)


async def test_without_a_verified_domain_the_setting_decides(neighbours: Neighbours, names: FakeDns) -> None:
    """L-054: where signatures are required the stream is held with its reason, for another look later; here not even a pending domain signs."""
    async with _opened(neighbours, names, required="true") as (world, domains):
        await domains.add()
        [message_id] = await world.send("ann@example.com")
        assert await world.deliver() == {"recheck": 1}
        assert await world.state(message_id) == ("recheck", "sender_domain_unverified")
        [outcome] = await world.outcomes()
        assert outcome["reason"] == "sender_domain_unverified"
        assert world.sink.messages == []


async def test_mail_of_our_own_waits_for_its_domain_and_then_leaves_signed(
    neighbours: Neighbours, names: FakeDns
) -> None:
    """L-054, architecture 3: nobody plans it again, so it is not given back; the operator reads what to publish on the platform's page."""
    async with _opened(neighbours, names, required="true") as (world, domains):
        await ask(world, "ann@example.com")
        await follow(world)
        assert await world.deliver() == {"accepted": 1}
        page = await world.mailer.http.get("/v1/platform-sender", headers=service_headers("portal", "mailer"))
        domains.publish(page.json())
        domains.clock.move(timedelta(minutes=2))
        await world.mailer.step("check_sender_domains")
        assert await world.deliver() == {"sent": 1}
        data = world.sink.messages[0].body or b""
        assert b"d=dueback.example.com;" in data
        assert signatures(data, names) == [True, True]


async def test_where_it_is_not_required_a_pending_domain_changes_nothing(
    neighbours: Neighbours, names: FakeDns
) -> None:
    """L-054: the demo sends unsigned."""
    async with _opened(neighbours, names) as (world, domains):
        await domains.add()
        await world.send("ann@example.com")
        assert await world.deliver() == {"sent": 1}
        assert b"DKIM-Signature" not in (world.sink.messages[0].body or b"")


async def test_a_lost_record_holds_the_stream_and_a_found_one_frees_it(neighbours: Neighbours, names: FakeDns) -> None:
    """L-054: loss of alignment holds, in any mode."""
    async with _opened(neighbours, names) as (world, domains):
        await domains.verified()
        kept = dict(names.texts)
        names.texts.clear()
        assert (await domains.check(days=1))["state"] == "lost"
        [message_id] = await world.send("ann@example.com")
        await world.deliver()
        assert await world.state(message_id) == ("recheck", "sender_domain_unverified")
        names.texts.update(kept)
        assert (await domains.check(minutes=2))["state"] == "verified"
        await world.send("ben@example.com")
        assert (await world.deliver())["sent"] == 1


@pytest.mark.parametrize(
    "damage", ["sealed = 'junk'", "sealed = (select sealed from sender_keys k2 where k2.selector <> k.selector)"]
)
async def test_a_key_that_does_not_open_holds_the_stream(neighbours: Neighbours, names: FakeDns, damage: str) -> None:
    """F23: a missing, damaged or moved key is never a reason to go unsigned."""
    async with _opened(neighbours, names) as (world, domains):
        await domains.verified()
        await world.database.execute(f"update sender_keys k set {damage}")
        [message_id] = await world.send("ann@example.com")
        await world.deliver()
        assert await world.state(message_id) == ("recheck", "sender_key_missing")
        assert world.sink.messages == []


async def test_after_a_rotation_the_new_key_signs(neighbours: Neighbours, names: FakeDns) -> None:
    """L-051: mail signed before still verifies while its record stands."""
    async with _opened(neighbours, names) as (world, domains):
        before = await domains.verified()
        await world.send("ann@example.com")
        await world.deliver()
        page = (await domains.call("POST", "/brightsmile.example.com/rotate", json={})).json()
        domains.publish(page)
        after = await domains.check(minutes=2)
        await world.send("ben@example.com")
        await world.deliver()
        old, new = ({key["selector"] for key in found["keys"] if key["state"] == "active"} for found in (before, after))
        first, second = [seen.body or b"" for seen in world.sink.messages]
        assert all(f"s={selector};".encode() in first for selector in old)
        assert all(f"s={selector};".encode() in second for selector in new)
        assert not old & new
        assert [signatures(data, names) for data in (first, second)] == [[True, True]] * 2


async def test_a_bad_message_in_a_signed_batch_ends_alone(neighbours: Neighbours, names: FakeDns) -> None:
    """N-98: what cannot be composed is settled by itself; the others are signed and go."""
    async with _opened(neighbours, names) as (world, domains):
        await domains.verified()
        [bad] = await world.send("bad@example.com", fields={})
        good: list[UUID] = await world.send("ann@example.com", "ben@example.com")
        assert await world.deliver() == {"sent": len(good), "failed": 1}
        assert (await world.state(bad))[1] == "field_missing"


async def test_signed_mail_is_proven_without_the_keys(neighbours: Neighbours, names: FakeDns) -> None:
    """L-020: signature lines are no part of the proof, so keys may be rotated and deleted."""
    async with _opened(neighbours, names) as (world, domains):
        await domains.verified()
        [message_id] = await world.send("ann@example.com")
        assert await world.deliver() == {"sent": 1}
        await world.database.execute("delete from sender_keys")
        content, received = await shown(world, message_id), world.sink.messages[0].body or b""
        assert received.startswith(b"DKIM-Signature:")
        assert (content["proof"], received.endswith(content["source"].encode())) == ("matches", True)
        assert "DKIM-Signature" not in content["source"]
