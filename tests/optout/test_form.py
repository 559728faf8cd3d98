"""The form for an address that we may never have seen: out at once, no oracle, limited by network, honest when nothing could be stored."""

import asyncio
import base64
import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.optout.domain.limits import FORM_LIMITS
from shared.kit.clock import ManualClock
from shared.schemas.address import AddressKeys, canonical_address
from tests.fixtures.services import ADDRESS_KEYS, Neighbours
from tests.optout.conftest import Clinic, database_down, undo_link, without_undo

HOSTILE = [
    "", " ", "ann", "ann@", "@example.com", "ann@example", "ann@@example.com", "a@b@example.com", "ann@example.com, bob@example.com",
    "ann@example.com\r\nBcc: bob@example.com", "ann\x00@example.com", "ann\u2028@example.com", "\u202eann@example.com", '"a b"@example.com',
    "ann@localhost", "ann@[127.0.0.1]", "<ann@example.com>", "ann@exa_mple.com", "a" * 65 + "@example.com", "ann@" + "e" * 300 + ".com", "💥",
]  # fmt: skip


async def _type(clinic: Clinic, address: str, **request: Any) -> Any:
    return await clinic.service.http.post("/stop", data={"address": address}, **request)


def _known_by(clinic: Clinic, address: str) -> None:
    clinic.address_key = ADDRESS_KEYS.key_of(canonical_address(address).folded)


async def test_an_address_is_out_of_everything_at_once_seen_or_not(clinic: Clinic) -> None:
    """S-030, S-035: recorded for an address never heard of; every business, every class; upper case and spaces are the same mailbox (N-11)."""
    address = f"{uuid4()}@example.com"
    _known_by(clinic, address)
    await clinic.consent()
    assert (await clinic.may_send()).answer == "allowed"
    answer = await _type(clinic, f"  {address.upper()} ")
    assert answer.status_code == 200
    assert not {"location", "set-cookie"} & set(answer.headers)
    for message_class in ("commercial", "transactional"):
        assert (await clinic.may_send(message_class)).reason == "optout_platform"
    assert (await clinic.may_send(subscriber_id=str(uuid4()))).answer == "refused"


async def test_nobody_learns_whether_an_address_is_known(clinic: Clinic) -> None:
    """S37: known, out already, never seen: one answer but for the undo link, and the address is not on the page."""
    known, unknown = f"{uuid4()}@example.com", f"{uuid4()}@example.org"
    _known_by(clinic, known)
    await clinic.consent()
    answers = [await _type(clinic, address) for address in (known, known, unknown)]
    assert {(answer.status_code, without_undo(answer)) for answer in answers} == {(200, without_undo(answers[0]))}
    assert known not in answers[0].text


async def test_who_typed_a_wrong_address_can_take_it_back(clinic: Clinic) -> None:
    """L-015: for an hour; an opt-out that had stood before stays."""
    address = f"{uuid4()}@example.com"
    _known_by(clinic, address)
    await clinic.consent()
    await clinic.service.http.post(undo_link(await _type(clinic, address)))
    assert (await clinic.may_send()).answer == "allowed"


@pytest.mark.parametrize("address", HOSTILE)
async def test_what_is_no_address_is_told_so_and_never_repeated(clinic: Clinic, address: str) -> None:
    """S47, S45: a sentence and 422, the field marked for a screen reader; nothing stored, nothing echoed."""
    answer = await _type(clinic, address)
    assert answer.status_code == 422
    assert 'aria-invalid="true" aria-describedby="address-wrong"' in answer.text
    assert answer.content == (await _type(clinic, "another")).content
    assert (await clinic.poll()).entries == []


async def test_a_form_that_is_none_is_asked_again(clinic: Clinic) -> None:
    """S35: JSON, files and query parameters are not the form."""
    for spoiled in (
        {},
        {"json": {"address": "ann@example.com"}},
        {"files": {"address": ("a.txt", b"ann@example.com")}},
        {"params": {"address": "ann@example.com"}},
    ):
        answer = await clinic.service.http.post("/stop", **spoiled)
        assert (answer.status_code, "address-wrong" in answer.text) == (422, True)
    assert (await clinic.poll()).entries == []


async def test_looking_at_the_form_changes_nothing(clinic: Clinic) -> None:
    """S31, S45: GET shows it under the strict policy; HEAD and OPTIONS do nothing; an address in the address bar is not read."""
    page = await clinic.service.http.get("/stop?address=ann@example.com", headers={"accept-language": "es"})
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "ann@" not in page.text
    assert "Detener todos los correos" in page.text
    for method in ("HEAD", "OPTIONS"):
        assert (await clinic.service.http.request(method, "/stop")).status_code == 405
    assert (await clinic.poll()).entries == []


async def test_a_network_that_types_hundreds_has_to_wait_and_is_told_the_other_way(clinic: Clinic) -> None:
    """S42: counted over all processes in the database, as a keyed hash; the next hour it may again."""
    [limit] = FORM_LIMITS
    answers = [await _type(clinic, "ann@example.com") for _ in range(limit.most)]
    assert {answer.status_code for answer in answers} == {200}
    refused = await _type(clinic, "bob@example.com")
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    assert "mailto:privacy@example.com" in refused.text
    assert len((await clinic.poll()).entries) == 1
    connection = await asyncpg.connect(clinic.service.database.superuser)
    stored = str(await connection.fetch("select * from door_tries"))
    await connection.close()
    assert "127.0.0.1" not in stored
    clinic.clock.move(limit.span)
    assert (await _type(clinic, "bob@example.com")).status_code == 200
    await clinic.service.step("forget_signups")


async def test_forged_forwarding_headers_are_not_believed(clinic: Clinic) -> None:
    """S30: without a trusted proxy the connection's own address counts."""
    [limit] = FORM_LIMITS
    forged = [
        await _type(clinic, "ann@example.com", headers={"x-forwarded-for": f"10.0.0.{n}"}) for n in range(limit.most)
    ]
    assert {answer.status_code for answer in forged} == {200}
    assert (await _type(clinic, "ann@example.com", headers={"x-forwarded-for": "10.9.9.9"})).status_code == 429


async def test_without_a_database_the_address_is_spooled_and_applied_later(clinic: Clinic) -> None:
    """F5, N-40: no fake success, no lost wish."""
    address = f"{uuid4()}@example.com"
    _known_by(clinic, address)
    await clinic.consent()
    async with database_down(clinic.service.database):
        assert (await _type(clinic, address)).status_code == 200
    while (await clinic.may_send()).answer != "refused":
        await clinic.service.step("replay_spool")
        await asyncio.sleep(0.02)


async def test_an_address_is_out_under_every_address_key(neighbours: Neighbours, clock: ManualClock) -> None:
    """Architecture 4: no suppression key is ever retired; who was imported before a new key is stopped by the form and by mail all the same."""
    keys = {"1": b"1" * 32, "2": b"2" * 32}
    shown = json.dumps({name: base64.b64encode(key).decode() for name, key in keys.items()})
    service = await neighbours.open("optout", OPTOUT_LEASE_SECONDS="0.4", DUEBACK_ADDRESS_KEYS=shown)
    service.deps.door.watch._quiet_until = 0.0
    places = [
        Clinic(service, neighbours, clock, address_key=AddressKeys(keys).key_of(f"{name}@example.com", "1"))
        for name in ("ann", "bob")
    ]
    for place in places:
        await place.consent()
        assert (await place.may_send()).answer == "allowed"
    await _type(places[0], "ann@example.com")
    mail = {
        "mail_id": str(uuid4()),
        "received_at": clock.now().isoformat(),
        "subject": "",
        "text": "Please unsubscribe me.",
        "sender": "bob@example.com",
        "header_from": "bob@example.com",
        "attachments": 0,
        "asks": "optout",
    }
    await places[1].call("/v1/privacy-mails", mail)
    for place in places:
        assert (await place.may_send()).reason == "optout_platform"
