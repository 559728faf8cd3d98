"""Erasure at the mailer: queued mail ends, what was written is blanked, nothing about the person is taken in again; hashes and outcomes stay."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.kit.feed_watch import ENDING
from tests.fixtures.services import service_headers
from tests.mailer.delivery.own_mail import follow
from tests.mailer.delivery.world import World, key_of
from tests.optout.cases import changes, link_in, mails, open_case, operator, proven, show_case
from tests.optout.conftest import Clinic

ANN = "ann@example.com"


def _clinic(world: World) -> Clinic:
    """Return optout as the world's business sees it."""
    world.optout.deps.door.watch._quiet_until = 0.0
    return Clinic(world.optout, world.neighbours, world.neighbours.clock, world.subscriber.subscriber_id)  # type: ignore[arg-type]


async def _sealed(world: World) -> dict[UUID, bool]:
    rows = await world.database.fetch("select message_id, sealed is not null as is_sealed from messages")
    return {row["message_id"]: row["is_sealed"] for row in rows}


async def _obey(world: World) -> None:
    """Let the mailer follow, erase and acknowledge."""
    ENDING.set()
    try:
        for loop in ("follow_erasures", "erase_contents", "deliver_outbox"):
            while await world.mailer.step(loop):
                pass
    finally:
        ENDING.clear()


async def test_what_waits_ends_what_was_sent_is_blanked_and_optout_hears_of_it(world: World) -> None:
    """S-036, I19: the person's messages at this business and no others; content as sent answers `shredded`, its hash stays."""
    clinic = _clinic(world)
    [sent, other] = await world.send(ANN, "bob@example.com")
    assert await world.deliver() == {"sent": 2}
    [queued] = await world.queue(ANN)
    case_id = await proven(clinic, "erasure")
    await _obey(world)
    assert await world.state(queued) == ("suppressed", "erased")
    assert await _sealed(world) == {sent: False, queued: False, other: True}
    reader = world.neighbours.client_headers(subscriber_id=world.subscriber.subscriber_id, scopes="content")
    content = await world.mailer.http.get(f"/v1/messages/{sent}/content", headers=reader)
    assert (content.json()["proof"], content.json()["recipient"]) == ("shredded", None)
    assert content.json()["sha256"]
    row = await world.database.fetchrow("select address_key, state from messages where message_id = $1", sent)
    assert tuple(row or ()) == (key_of(ANN), "sent")
    case = await show_case(clinic, case_id)
    assert (case["awaited"], case["acknowledged"][0]["records"]) == (["ingest"], 2)
    told = await world.database.fetchval(
        "select body ->> 'state' from changes where key = $1 and kind = 'outcome'", queued
    )
    assert told == "suppressed"


async def test_nothing_about_an_erased_person_is_taken_in_until_they_come_back(world: World) -> None:
    """S-036, N-38: refused with its reason, whoever offers it; the confirmation they ask for themselves goes; after the lift it is mail as ever."""
    clinic = _clinic(world)
    person = uuid4()
    await proven(clinic, "erasure", consumer_ids=[str(person)])
    await _obey(world)
    wife = world.message(ANN, uuid4())
    receipts = await world.submit(world.message(ANN, person), wife, world.message("bob@example.com", person))
    assert [each["code"] for each in receipts] == ["recipient_erased", None, None]
    [order] = await changes(clinic, "erase")
    door = clinic.service.deps.door
    lift = clinic.entry("lift", address_key=order["body"]["address_key"], person_id=person)
    await door.ledger.append(lift, recorded_at=clinic.clock.now())
    await _obey(world)
    assert [each["code"] for each in await world.submit(world.message(ANN, person))] == [None]


async def test_what_a_worker_has_in_hand_is_blanked_when_it_has_settled(world: World) -> None:
    """I2, I19: a hand-over under way is not disturbed and not acknowledged; afterwards it is blanked like the rest."""
    clinic = _clinic(world)
    [message] = await world.hand_over(ANN)
    case_id = await proven(clinic, "erasure")
    await _obey(world)
    assert await _sealed(world) == {message.message_id: True}
    assert (await show_case(clinic, case_id))["awaited"] == ["ingest", "mailer"]
    await world.database.execute("update messages set state = 'sent', claim_id = null")
    await _obey(world)
    assert await _sealed(world) == {message.message_id: False}
    assert (await show_case(clinic, case_id))["awaited"] == ["ingest"]


async def test_an_order_of_the_platform_reaches_mail_of_our_own_and_told_again_it_changes_nothing(world: World) -> None:
    """S-035, I20: the proof that was mailed is blanked too; a feed read again from its start is acknowledged and erases nothing new."""
    clinic = _clinic(world)
    opened = await open_case(clinic, "stop_processing", by=operator(clinic))
    case_id, link = opened.json()["case_id"], link_in((await mails(clinic))[0])
    ENDING.set()
    await follow(world)
    assert await world.deliver() == {"sent": 1}
    assert list((await _sealed(world)).values()) == [True]
    assert (await clinic.service.http.post(link)).status_code == 200
    await _obey(world)
    assert list((await _sealed(world)).values()) == [False]
    case = await show_case(clinic, case_id, by=operator(clinic))
    assert case["awaited"] == ["ingest"]
    await world.database.execute("delete from cursors where feed = 'optout_erasures'")
    await _obey(world)
    rows = await world.database.fetch("select records, done_at from erasures")
    assert len(rows) == 1
    assert await world.database.fetchval("select count(*) from outbox") == 0


@pytest.mark.parametrize("statement", ["update erasures set lifted_at = now()", "delete from erasures"])
async def test_an_api_role_cannot_lift_an_erasure(world: World, statement: str) -> None:
    """S91: only the feed does."""
    role = await asyncpg.connect(world.mailer.database.api)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await role.execute(statement)
    await role.close()


async def test_only_optout_is_obeyed(world: World) -> None:
    """S1: there is no door at the mailer to erase by; its feed is asked, never told."""
    paths: dict[str, Any] = (await world.mailer.http.get("/v1/openapi.json")).json()["paths"]
    assert not [path for path in paths if "eras" in path]
    answer = await world.mailer.http.post("/v1/erasures", json={}, headers=service_headers("ingest", "mailer"))
    assert answer.status_code == 404
