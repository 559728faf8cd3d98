"""The privacy mailbox: clear wishes are applied at once to who wrote, the rest waits with a due day, and nobody's mail stops somebody else's."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.schemas.address import canonical_address
from tests.fixtures.services import ADDRESS_KEYS, service_headers
from tests.optout.conftest import Clinic

ANN = "ann@example.com"


async def _write(clinic: Clinic, **values: Any) -> Any:
    mail = {
        "mail_id": str(uuid4()),
        "received_at": clinic.clock.now().isoformat(),
        "sender": ANN,
        "header_from": ANN,
        "subject": "",
        "text": "Please unsubscribe me.",
        "attachments": 0,
        "asks": "optout",
    }
    return await clinic.call("/v1/privacy-mails", mail | values)


async def _open_cases(clinic: Clinic) -> list[dict[str, Any]]:
    headers = clinic.neighbours.client_headers(subscriber_id=None, scopes="operator")
    return list((await clinic.service.http.get("/v1/privacy-mails", headers=headers)).json()["items"])


async def _may(clinic: Clinic, address: str) -> str:
    clinic.address_key = ADDRESS_KEYS.key_of(canonical_address(address).folded)
    await clinic.consent()
    return (await clinic.may_send("transactional")).answer


async def test_a_clear_wish_stops_everything_and_leaves_nothing_to_do(clinic: Clinic) -> None:
    """S-033, S-035: platform-wide, every class, on file when the mailer is answered; the same mail again changes nothing."""
    mail_id = str(uuid4())
    for result in ("kept", "repeated"):
        assert (await _write(clinic, mail_id=mail_id, header_from="Ann@Example.COM"))["result"] == result
    assert await _may(clinic, ANN) == "refused"
    [entry] = (await clinic.poll()).entries
    assert (entry.subscriber_id, entry.suppression_class) == (None, "all")
    assert await _open_cases(clinic) == []


@pytest.mark.parametrize(("asks", "days"), [("optout_unclear", 10), ("other", 30)])
async def test_what_is_not_clear_waits_for_a_person_with_a_due_day(clinic: Clinic, asks: str, days: int) -> None:
    """S-033, L-010, L-093: nothing is stopped by a guess; how it was understood and by when it is due stand with it."""
    await _write(clinic, asks=asks)
    assert await _may(clinic, ANN) == "allowed"
    [case] = await _open_cases(clinic)
    assert case["asks"] == asks
    assert datetime.fromisoformat(case["due_at"]) == clinic.clock.now() + timedelta(days=days)


async def test_a_request_about_somebody_else_stops_its_writer_and_nobody_else(clinic: Clinic) -> None:
    """N-35: X wrote about Y: X is out, Y is untouched and gets nothing, a person reads it."""
    await _write(clinic, text="Please unsubscribe bob@example.com", asks="optout_and_more")
    assert await _may(clinic, ANN) == "refused"
    assert await _may(clinic, "bob@example.com") == "allowed"
    assert [case["asks"] for case in await _open_cases(clinic)] == ["optout_and_more"]


@pytest.mark.parametrize(
    "forged",
    [
        {"header_from": "bob@example.com"},
        {"sender": "bob@example.com"},
        {"header_from": ""},
        {"header_from": "not an address", "sender": "not an address"},
    ],
)
async def test_a_mail_in_two_names_stops_neither(clinic: Clinic, forged: dict[str, str]) -> None:
    """S49, N-35: a From that is not where the answer shall go may be a third party's doing; a person decides within ten days."""
    await _write(clinic, **forged)
    assert await _may(clinic, ANN) == "allowed"
    assert await _may(clinic, "bob@example.com") == "allowed"
    [case] = await _open_cases(clinic)
    assert datetime.fromisoformat(case["due_at"]) == clinic.clock.now() + timedelta(days=10)


async def test_nothing_is_ever_answered(clinic: Clinic) -> None:
    """S57: no acknowledgement, so neither a loop nor a mail bomb nor an oracle; the feed asks the mailer for nothing."""
    for asks in ("optout", "optout_and_more", "optout_unclear", "other"):
        await _write(clinic, asks=asks)
    answer = await clinic.service.http.get("/v1/changes", headers=service_headers("mailer", "optout"))
    assert {change["kind"] for change in answer.json()["changes"]} == {"suppression"}
