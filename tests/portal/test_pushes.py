"""Facts on their way downhill: in the transaction of their cause, to everybody, in the right order, and again for who missed them."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.portal.api.examples import OPERATOR_INPUT
from services.portal.domain.changes import next_change, pushed_version
from shared.kit.clock import ManualClock
from shared.kit.errors import NotAuthenticatedError
from tests.fixtures.services import Neighbours
from tests.portal.conftest import Below
from tests.portal.steps import Portal

Opener = Callable[[str], Awaitable[Below]]


async def test_what_changes_here_is_known_by_everybody_below(portal: Portal, below: Opener) -> None:
    """S-052, S-074: subscriber with agreement, location with state, keys and revocations reach each service's directory."""
    services = [await below(name) for name in ("optout", "ingest", "mailer", "scheduler")]
    subscriber_id = await portal.subscriber()
    await portal.agreement(subscriber_id)
    location_id = await portal.location(subscriber_id)
    assert (await portal.call("POST", f"/v1/locations/{location_id}/state", json={"state": "live"})).status_code == 200
    await portal.deliver()
    for service in services:
        [subscriber] = await service.facts("subscriber")
        [location] = await service.facts("location")
        assert (subscriber["subscriber_id"], subscriber["agreement_version"]) == (subscriber_id, "2026-01")
        assert "email" not in subscriber
        assert (location["location_id"], location["state"]) == (location_id, "live")
        assert len(await service.facts("verification_key")) == 1


async def test_a_location_lets_its_people_be_counted_only_after_it_said_so(portal: Portal, below: Opener) -> None:
    """S-061, S-103: nobody who makes a location switches it on by the way; told downhill like any edit, and taken back like one."""
    ingest = await below("ingest")
    path = f"/v1/locations/{await portal.location(await portal.subscriber())}"
    told = []
    for wanted in (None, True, False):
        read = await portal.call("GET", path)
        if wanted is not None:
            headers = portal.operator | {"If-Match": read.headers["etag"]}
            read = await portal.call("PATCH", path, headers, json={"in_aggregates": wanted})
        await portal.deliver()
        [location] = await ingest.facts("location")
        told.append((read.json()["in_aggregates"], location["in_aggregates"]))
    assert told == [(False, False), (True, True), (False, False)]


async def test_a_token_is_good_below_until_its_client_is_revoked(
    portal: Portal, below: Opener, clock: ManualClock
) -> None:
    """S12: what a service below has heard of, it refuses."""
    optout = await below("optout")
    subscriber_id = await portal.subscriber()
    client = await portal.client(subscriber_id)
    token = (await portal.headers_of(client))["Authorization"].removeprefix("Bearer ")
    await portal.deliver()
    assert (await optout.verifier().caller_of(token)).name == client["client_id"]
    clock.move(timedelta(minutes=1))
    await portal.call("DELETE", f"/v1/subscribers/{subscriber_id}/clients/{client['client_id']}")
    await portal.deliver()
    with pytest.raises(NotAuthenticatedError):
        await optout.verifier().caller_of(token)
    with pytest.raises(NotAuthenticatedError):
        await portal.opened.module.Verifier(
            "portal", portal.opened.deps.api_db, clock, portal.opened.deps.settings.common.service_keys
        ).caller_of(token)


async def test_a_service_that_was_down_or_lost_its_database_gets_everything(
    portal: Portal, below: Opener, neighbours: Neighbours
) -> None:
    """Architecture 2: portal pushes; a new database below is filled by a full push, in the newest version only."""
    subscriber_id = await portal.subscriber()
    await portal.agreement(subscriber_id)
    await portal.location(subscriber_id)
    client = await portal.client(subscriber_id)
    await portal.call("DELETE", f"/v1/subscribers/{subscriber_id}/clients/{client['client_id']}")
    operator = await portal.make("/v1/operators", OPERATOR_INPUT)
    await portal.call("DELETE", f"/v1/operators/{operator['client_id']}")
    [push] = [loop for loop in portal.opened.module.loops(portal.opened.deps) if loop.name == "push_mailer"]
    assert not await push.step()
    mailer = await below("mailer")
    await push.step()
    assert [fact["agreement_version"] for fact in await mailer.facts("subscriber")] == ["2026-01"]
    assert [len(await mailer.facts(kind)) for kind in ("location", "verification_key", "revoked_client")] == [1, 1, 2]
    del neighbours.opened["mailer"]
    renewed = await below("mailer")
    await push.step()
    assert await renewed.facts("subscriber") == []
    held = await portal.call("POST", "/v1/services/mailer/hold", json={"on_hold": False})
    assert held.status_code == 200
    await push.step()
    assert len(await renewed.facts("subscriber")) == 1


async def test_a_late_older_push_changes_nothing(portal: Portal, below: Opener) -> None:
    """Receivers are idempotent: outbox rows may overtake each other."""
    path = f"/v1/locations/{await portal.location(await portal.subscriber())}"
    await portal.call("PATCH", path, portal.operator | {"If-Match": '"1"'}, json={"name": "Second name"})
    ingest = await below("ingest")
    async with portal.opened.deps.worker_db.transaction() as connection:
        await connection.exec_driver_sql("update outbox set next_at = now() - make_interval(secs => id)")
    await portal.deliver()
    assert [fact["name"] for fact in await ingest.facts("location")] == ["Second name"]


def test_the_version_of_a_pushed_fact_only_grows() -> None:
    """A clock set back, or an edit within the same microsecond, never makes a newer fact look older."""
    now = datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert next_change(now, now - timedelta(days=1)) == now
    for last in (now, now + timedelta(days=400)):
        assert pushed_version(next_change(now, last)) == pushed_version(last) + 1


async def test_everything_done_is_in_the_audit_with_who_and_what(portal: Portal) -> None:
    """S-120: audited; the trail can be added to and not altered."""
    subscriber_id = await portal.subscriber()
    await portal.agreement(subscriber_id)
    client = await portal.client(subscriber_id)
    await portal.call("DELETE", f"/v1/subscribers/{subscriber_id}/clients/{client['client_id']}")
    async with portal.opened.deps.worker_db.transaction() as connection:
        rows = (await connection.exec_driver_sql("select actor, action, thing_id from audit order by entry_id")).all()
    assert [row.action for row in rows] == [
        "subscriber_created",
        "agreement_accepted",
        "client_created",
        "client_revoked",
    ]
    assert rows[-1].thing_id == client["client_id"]
    assert {row.actor for row in rows} == {"client:0192f0c1-7a00-7000-8000-00000000aaaa"}
    for statement in ("update audit set actor = 'x'", "delete from audit", "update agreements set version = 'x'"):
        with pytest.raises(Exception, match="permission denied"):
            async with portal.opened.deps.api_db.transaction() as connection:
                await connection.exec_driver_sql(statement)
