"""Erasure and stop-processing in optout: a tombstone that nothing brings down, an order for who holds data, an end that all confirm."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.optout.main import load_settings, open_deps
from shared.schemas.wire import Change
from tests.optout.cases import ANN, acknowledge, changes, introduce, key_of, open_case, operator, proven, show_case
from tests.optout.conftest import Clinic
from tests.optout.restores import copied, face_of


async def _hold(clinic: Clinic, **values: Any) -> str:
    body = {"address": ANN, "reason": "court_order", "reference": "26-114"} | values
    answer = await clinic.service.http.post("/v1/legal-holds", json=body, headers=operator(clinic))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["hold_id"])


async def _rows(clinic: Clinic, query: str) -> list[Any]:
    connection = await asyncpg.connect(clinic.service.database.superuser)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


@pytest.mark.parametrize("kind", ["erasure", "stop_processing"])
async def test_a_proven_erasure_stops_all_mail_and_orders_who_holds_data(clinic: Clinic, kind: str) -> None:
    """S-036: for the business that was asked; the case says who is awaited, ends when all have told, and then holds nothing personal."""
    clinic.address_key = key_of(ANN)
    other = clinic.another()
    other.address_key = clinic.address_key
    for each in (clinic, other):
        await each.consent()
    case_id = await proven(clinic, kind, consumer_ids=[str(clinic.person_id)], note="moved away")
    refused = await clinic.may_send("transactional")
    assert (refused.answer, refused.reason) == ("refused", "erased")
    assert (await other.may_send()).answer == "allowed"
    [order] = await changes(clinic, "erase", "ingest")
    assert order["subscriber_id"] == order["body"]["subscriber_id"] == str(clinic.subscriber_id)
    assert (order["body"]["address_key"], order["body"]["person_id"]) == (clinic.address_key, str(clinic.person_id))
    case = await show_case(clinic, case_id)
    assert (case["state"], case["awaited"], case["acknowledged"]) == ("executing", ["ingest", "mailer"], [])
    assert await acknowledge(clinic, "ingest", order) == {"noted": 1, "closed": 0}
    assert await acknowledge(clinic, "ingest", order) == {"noted": 0, "closed": 0}
    case = await show_case(clinic, case_id)
    assert (case["awaited"], [each["service"] for each in case["acknowledged"]]) == (["mailer"], ["ingest"])
    assert await acknowledge(clinic, "mailer", order) == {"noted": 1, "closed": 1}
    case = await show_case(clinic, case_id)
    assert (case["state"], case["outcome"], case["address"], case["note"]) == ("closed", "executed", None, "")
    assert [event["action"] for event in case["history"]][-4:] == ["executed", "acknowledged", "acknowledged", "closed"]
    [row] = await _rows(clinic, "select sealed from privacy_cases")
    assert row["sealed"] is None


async def test_an_erasure_at_the_operator_reaches_every_business_and_optout_s_own_letters(clinic: Clinic) -> None:
    """S-035, S-036, I19: mails kept of the person, sign-ups and mails to send are blanked in the same moment."""
    await introduce(clinic)
    place = f"/join/{clinic.service.deps.links.seal('join', clinic.subscriber_id, clinic.location_id)}"
    await clinic.service.http.post(place, data={"address": ANN, "agree": "yes"})
    mail = {
        "mail_id": str(uuid4()),
        "received_at": clinic.clock.now().isoformat(),
        "sender": ANN,
        "header_from": ANN,
        "subject": "",
        "text": "erase me",
        "attachments": 0,
        "asks": "other",
    }
    await clinic.call("/v1/privacy-mails", mail)
    await proven(clinic, "erasure", by=operator(clinic))
    [order] = await changes(clinic, "erase")
    assert (order["subscriber_id"], order["body"]["subscriber_id"]) == (None, None)
    clinic.address_key = key_of(ANN)
    await clinic.consent()
    assert (await clinic.may_send("transactional")).reason == "erased"
    assert await _rows(clinic, "select 1 from privacy_mails where sealed is not null") == []
    assert await _rows(clinic, "select 1 from signups") == []
    assert await _rows(clinic, "select 1 from mail_requests where sealed is not null") == []


async def test_a_legal_hold_forbids_the_erasure_and_says_why_but_the_mail_stops(clinic: Clinic) -> None:
    """N-110, S-111: nothing is ordered or blanked while the hold stands; when it ends the erasure follows by itself."""
    clinic.address_key = key_of(ANN)
    await clinic.consent()
    hold_id = await _hold(clinic)
    case_id = await proven(clinic, "erasure")
    case = await show_case(clinic, case_id)
    assert (case["state"], case["held_because"], case["address"]) == ("held", "court_order", ANN)
    assert (await clinic.may_send("transactional")).reason == "optout_business"
    assert await clinic.service.step("release_held") is False
    assert await changes(clinic, "erase") == []
    closing = await clinic.service.http.post(
        f"/v1/privacy-cases/{case_id}/closure",
        json={"outcome": "withdrawn"},
        headers=clinic.client_headers(scopes="privacy"),
    )
    assert (closing.status_code, closing.json()["code"]) == (409, "case_under_way")
    path = f"/v1/legal-holds/{hold_id}/end"
    for status in (200, 404):
        ended = await clinic.service.http.post(path, json={"because": "trial over"}, headers=operator(clinic))
        assert ended.status_code == status
    assert await clinic.service.step("release_held") is True
    assert await clinic.service.step("release_held") is False
    [order] = await changes(clinic, "erase")
    assert (await show_case(clinic, case_id))["state"] == "executing"
    assert (await clinic.may_send("transactional")).reason in ("erased", "optout_business")
    assert [each["ended_because"] for each in (await _holds(clinic))] == ["trial over"]
    assert order["body"]["address_key"] == clinic.address_key


async def _holds(clinic: Clinic) -> list[dict[str, Any]]:
    answer = await clinic.service.http.get("/v1/legal-holds", headers=operator(clinic))
    return list(answer.json()["items"])


@pytest.mark.parametrize(
    ("held_at", "asked_at", "is_held"),
    [("own", "own", True), ("other", "own", False), ("other", "platform", True), ("platform", "own", True)],
)
async def test_a_hold_covers_its_business_and_whatever_would_reach_it(
    clinic: Clinic, held_at: str, asked_at: str, is_held: bool
) -> None:
    """S-111: it blocks the deletion of the held records only; another business's hold is in the way of a platform-wide erasure alone."""
    owners = {"own": str(clinic.subscriber_id), "other": str(uuid4()), "platform": None}
    await _hold(clinic, subscriber_id=owners[held_at])
    by = operator(clinic) if asked_at == "platform" else None
    case_id = await proven(clinic, "erasure", by=by)
    assert ((await show_case(clinic, case_id, by=by))["state"] == "held") is is_held


async def test_a_restored_database_says_the_order_again(clinic: Clinic) -> None:
    """I20, S-136: the backup knows of no erasure; the journal brings the tombstone back, and with it the order for ingest and mailer."""
    clinic.address_key = key_of(ANN)
    await clinic.consent()
    async with copied(clinic.service.database, f"b{uuid4().hex}") as put_back:
        await proven(clinic, "erasure")
        [first] = await changes(clinic, "erase")
        await put_back()
        async with open_deps(load_settings(), clock=clinic.clock) as deps:
            assert deps.door.recovery.standing is not None
            deps.door.watch._quiet_until = 0.0
            again = replace(clinic, service=replace(clinic.service, deps=deps, http=face_of(clinic, deps)), epoch=None)
            [order] = await changes(again, "erase")
            assert Change.model_validate(order).body == Change.model_validate(first).body
            assert await acknowledge(again, "ingest", order) == {"noted": 1, "closed": 0}
            await again.service.http.aclose()


async def test_the_person_s_own_sign_up_ends_the_tombstone_of_that_business(clinic: Clinic) -> None:
    """S-038, N-38: by the mailbox's owner, later, with evidence; nothing else does."""
    await introduce(clinic)
    clinic.address_key = key_of(ANN)
    await proven(clinic, "erasure")
    clinic.clock.move(timedelta(days=1))
    place = f"/join/{clinic.service.deps.links.seal('join', clinic.subscriber_id, clinic.location_id)}"
    await clinic.service.http.post(place, data={"address": ANN, "agree": "yes"})
    [signup] = await _rows(clinic, "select signup_id from signups")
    assert (await clinic.may_send(person_ids=[])).reason == "erased"
    link = clinic.service.deps.links.seal("confirm", clinic.subscriber_id, UUID(str(signup["signup_id"])))
    await clinic.service.http.post(f"/confirm/{link}")
    assert (await clinic.may_send(person_ids=[])).answer == "allowed"
    kinds = [change["body"]["kind"] for change in await changes(clinic, "suppression", "ingest")]
    assert kinds == ["suppress", "lift"]


async def test_an_erasure_that_nobody_carries_out_raises_a_signal(clinic: Clinic) -> None:
    """F5: ingest or mailer is down: after an hour the health answer says so; both tell at the same moment and the case closes once."""
    await proven(clinic, "erasure", by=operator(clinic))
    clinic.clock.move(timedelta(hours=2))
    assert (await clinic.service.http.get("/health/ready")).json()["signals"] == ["erasure_waits"]
    [order] = await changes(clinic, "erase")
    told = await asyncio.gather(*(acknowledge(clinic, name, order) for name in ("ingest", "mailer")))
    assert sorted(each["closed"] for each in told) == [0, 1]


async def test_a_shared_mailbox_erases_nobody_until_a_person_is_named(clinic: Clinic) -> None:
    """N-35, L-125: ingest leaves several people at one address alone; the case waits, a case worker names one, that one is ordered."""
    case_id = await proven(clinic, "erasure")
    [order] = await changes(clinic, "erase")
    await acknowledge(clinic, "mailer", order)
    assert await acknowledge(clinic, "ingest", order, records=0, undecided=2) == {"noted": 1, "closed": 0}
    case = await show_case(clinic, case_id)
    assert (case["state"], case["held_because"], case["address"]) == ("held", "people_not_named", ANN)
    assert await clinic.service.step("release_held") is False
    headers = clinic.client_headers(scopes="privacy") | {"If-Match": str(case["version"])}
    named = await clinic.service.http.patch(
        f"/v1/privacy-cases/{case_id}", json={"consumer_ids": [str(clinic.person_id)]}, headers=headers
    )
    assert named.status_code == 200, named.text
    assert await clinic.service.step("release_held") is True
    [_, second] = await changes(clinic, "erase")
    assert second["body"]["person_id"] == str(clinic.person_id)
    for name in ("ingest", "mailer"):
        closed = await acknowledge(clinic, name, second)
    assert closed == {"noted": 1, "closed": 1}


async def test_a_case_that_was_opened_twice_erases_once(clinic: Clinic) -> None:
    """I6: the ids of the tombstones depend on the case alone."""
    await proven(clinic, "erasure")
    twice = await open_case(clinic, "erasure")
    assert twice.json()["code"] == "case_open_already"
    assert len(await changes(clinic, "erase")) == 1
