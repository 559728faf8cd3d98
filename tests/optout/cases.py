"""The words that tests of privacy cases speak."""

from typing import Any
from uuid import UUID

from shared.schemas.address import canonical_address
from shared.schemas.optout import MailRequestInput
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import ADDRESS_KEYS, TOKEN_KEYS, service_headers
from tests.optout.conftest import Clinic

ANN = "ann@example.com"


def key_of(address: str) -> str:
    """Return the address key."""
    return ADDRESS_KEYS.key_of(canonical_address(address).folded)


async def introduce(clinic: Clinic, **location: Any) -> None:
    """Push the names and the place of the business."""
    owner = clinic.subscriber_id
    await clinic.neighbours.push(
        "optout", "subscriber", str(owner), build_subscriber(subscriber_id=owner, name="Smile")
    )
    place = build_location(owner, location_id=clinic.location_id, **location)
    await clinic.neighbours.push("optout", "location", str(clinic.location_id), place)


def staff(clinic: Clinic, **values: Any) -> dict[str, str]:
    """Return the credential of the front desk."""
    return clinic.client_headers(scopes="privacy", **values)


def operator(clinic: Clinic, **values: Any) -> dict[str, str]:
    """Return the credential of the operator."""
    return clinic.neighbours.client_headers(subscriber_id=None, scopes="operator privacy", **values)


async def open_case(clinic: Clinic, kind: str, *, by: dict[str, str] | None = None, **values: Any) -> Any:
    """Open a case about Ann and return the answer."""
    body = {"kind": kind, "address": ANN} | values
    return await clinic.service.http.post("/v1/privacy-cases", json=body, headers=by or staff(clinic))


async def show_case(clinic: Clinic, case_id: str, *, by: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a case as its worker sees it."""
    answer = await clinic.service.http.get(f"/v1/privacy-cases/{case_id}", headers=by or staff(clinic))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def changes(clinic: Clinic, kind: str, caller: str = "mailer") -> list[dict[str, Any]]:
    """Return what the feed tells of one kind."""
    answer = await clinic.service.http.get("/v1/changes?limit=500", headers=service_headers(caller, "optout"))
    return [change for change in answer.json()["changes"] if change["kind"] == kind]


async def mails(clinic: Clinic) -> list[MailRequestInput]:
    """Return the mails that the mailer is asked to send."""
    asked = [each for each in await changes(clinic, "mail_requested") if each["body"].get("sealed")]
    opened = [TOKEN_KEYS.open_mail(each["body"]["sealed"], UUID(each["key"])) for each in asked]
    return [MailRequestInput.model_validate_json(each) for each in opened]


def link_in(mail: MailRequestInput) -> str:
    """Return the path of the link that a mail carries."""
    links = mail.fields["links"]
    assert isinstance(links, dict)
    return str(links["confirm"]).removeprefix("https://optout.example.com")


async def proven(clinic: Clinic, kind: str, **values: Any) -> str:
    """Open a case, press the button of its link, return its id."""
    answer = await open_case(clinic, kind, **values)
    assert answer.status_code == 201, answer.text
    pressed = await clinic.service.http.post(link_in((await mails(clinic))[-1]))
    assert pressed.status_code == 200, pressed.text
    return str(answer.json()["case_id"])


async def acknowledge(clinic: Clinic, service: str, *orders: dict[str, Any], **counts: int) -> dict[str, int]:
    """Acknowledge orders of the feed as a service does."""
    done = [
        {"entry_id": each["key"], "subscriber_id": each["body"]["subscriber_id"], "records": 3} | counts
        for each in orders
    ]
    return dict(await clinic.call("/v1/erasures/acknowledgements", {"done": done}, service))
