"""Access: everything held about who has proven that a mailbox is theirs, from all five services, and nothing of anybody else."""

import re
from typing import Any

import pytest

from tests.fixtures.services import Neighbours, service_headers
from tests.ingest.practice import Practice, appointment, consumer, open_practice, visit
from tests.optout.cases import open_case, proven
from tests.optout.conftest import Clinic

ANN = "ann@example.com"


async def _town(neighbours: Neighbours) -> tuple[Practice, Clinic]:
    for name in ("optout", "mailer", "scheduler", "portal"):
        await neighbours.open(name)
    practice = await open_practice(neighbours)
    optout = neighbours.opened["optout"]
    optout.deps.door.watch._quiet_until = 0.0
    owner, place = practice.subscriber.subscriber_id, practice.location.location_id
    return practice, Clinic(optout, neighbours, neighbours.clock, owner, place)  # type: ignore[arg-type]


async def _report(clinic: Clinic, case_id: str, path: str = "", **caller: Any) -> Any:
    given: dict[str, Any] = {"subscriber_id": clinic.subscriber_id, "scopes": "privacy"}
    headers = clinic.neighbours.client_headers(**(given | caller))
    return await clinic.neighbours.opened["portal"].http.post(
        f"/v1/access-reports{path}", json={"case_id": case_id}, headers=headers
    )


def _kinds(report: dict[str, Any]) -> dict[str, set[str]]:
    return {each["service"]: {holding["kind"] for holding in each["holdings"]} for each in report["services"]}


async def test_a_report_holds_what_all_services_hold_of_the_person_and_nobody_else(neighbours: Neighbours) -> None:
    """S-061, N-114, GDPR art. 15: record, provenance, history, touches, mail, permission, the request itself; the case says who had it made."""
    practice, clinic = await _town(neighbours)
    await practice.upload(
        consumer("P1", email=ANN, phone="+1 213 555 0101", birth_on="1980-02-03"),
        appointment("A1", "P1", provider="Dr <Quill>"),
        visit("V1", "P1"),
        consumer("P2", first_name="Bob", email="bob@example.com"),
    )
    await practice.ingest.step("outbox")
    await neighbours.opened["scheduler"].step("follow_ingest")
    case_id = await proven(clinic, "access", note="asked at the counter")
    answer = await _report(clinic, case_id)
    assert answer.status_code == 200, answer.text
    kinds = _kinds(answer.json())
    assert kinds["ingest"] >= {"consumer", "appointment", "visit", "permission_told"}
    assert kinds["scheduler"] >= {"planning_facts", "planned_appointment"}
    assert kinds["optout"] >= {"permission", "privacy_case"}
    for told in ("Lee", "+1 213 555 0101", "1980-02-03", "Front office", "Dr <Quill>", "asked at the counter"):
        assert told in answer.text
    assert "Bob" not in answer.text
    page = await _report(clinic, case_id, "/page")
    assert page.headers["content-type"].startswith("text/html")
    assert "Dr &lt;Quill&gt;" in page.text
    assert not re.findall(r"<script|https?://|src=|@import|url\(", page.text)
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    shown = await clinic.service.http.get(
        f"/v1/privacy-cases/{case_id}", headers=clinic.client_headers(scopes="privacy")
    )
    assert [event["action"] for event in shown.json()["history"]][-2:] == ["report_made", "report_made"]


async def test_nothing_is_shown_before_the_proof_or_to_another_business(neighbours: Neighbours) -> None:
    """S1, S2: an unproven case, an erasure case, a foreign and an unknown one."""
    practice, clinic = await _town(neighbours)
    await practice.upload(consumer("P1", email=ANN))
    unproven = (await open_case(clinic, "access")).json()["case_id"]
    other = clinic.another()
    foreign = await proven(other, "access", address="zoe@example.com")
    codes = [(await _report(clinic, each)).json()["code"] for each in (unproven, foreign)]
    assert codes == ["case_not_proven", "case_unknown"]
    weak = await _report(clinic, unproven, scopes="records")
    assert weak.status_code == 403


async def test_who_shares_a_mailbox_is_not_shown_to_each_other(neighbours: Neighbours) -> None:
    """L-102, L-123: several people at one address: the case must name whom it is about, and only that one is shown."""
    practice, clinic = await _town(neighbours)
    await practice.upload(consumer("P1", email=ANN), consumer("P2", first_name="Cy", email=ANN))
    by_name = {}
    for name in ("P1", "P2"):
        query = {"connection_id": str(practice.connection_id), "foreign_id": name}
        desk = neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="records")
        found = await practice.ingest.http.get("/v1/consumers", params=query, headers=desk)
        by_name[name] = found.json()["items"][0]["consumer_id"]
    case_id = await proven(clinic, "access")
    refused = await _report(clinic, case_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "people_not_named")
    shown = await clinic.service.http.get(
        f"/v1/privacy-cases/{case_id}", headers=clinic.client_headers(scopes="privacy")
    )
    headers = clinic.client_headers(scopes="privacy") | {"If-Match": str(shown.json()["version"])}
    await clinic.service.http.patch(
        f"/v1/privacy-cases/{case_id}", json={"consumer_ids": [by_name["P2"]]}, headers=headers
    )
    answer = await _report(clinic, case_id)
    assert answer.status_code == 200, answer.text
    assert '"Cy"' in answer.text
    assert by_name["P1"] not in answer.text


async def test_a_service_that_is_silent_makes_no_report(neighbours: Neighbours) -> None:
    """F5: half a report would be a lie; it is asked for again."""
    _, clinic = await _town(neighbours)
    case_id = await proven(clinic, "access")
    del neighbours.opened["mailer"]
    answer = await _report(clinic, case_id)
    assert (answer.status_code, answer.json()["code"]) == (503, "service_silent")


@pytest.mark.parametrize("service", ["ingest", "scheduler", "mailer", "optout"])
async def test_only_portal_asks_for_personal_data(neighbours: Neighbours, service: str) -> None:
    """S1, S-056: no client and no other service may."""
    opened = await neighbours.open(service)
    body = {"address": ANN, "address_keys": ["1." + "A" * 22]}
    client = neighbours.client_headers(subscriber_id=None, scopes="operator privacy records optouts content")
    stranger = service_headers("ingest" if service != "ingest" else "mailer", service)
    for headers in (client, stranger):
        assert (await opened.http.post("/v1/personal-data", json=body, headers=headers)).status_code == 403
