"""Privacy cases: opened by staff, operator and mail, proven by the mailbox they are about, answered in time, with a history for good."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.optout.domain.limits import CASE_LIMITS, MAILBOX_LIMITS, PROOF_LIMITS
from tests.fixtures.services import service_headers
from tests.optout.cases import ANN, introduce, link_in, mails, open_case, operator, proven, show_case, staff
from tests.optout.conftest import Clinic


async def _write(clinic: Clinic, **values: Any) -> Any:
    mail = {
        "mail_id": str(uuid4()),
        "received_at": clinic.clock.now().isoformat(),
        "sender": ANN,
        "header_from": ANN,
        "subject": "my data",
        "text": "What do you know about me?",
        "attachments": 0,
        "asks": "other",
    }
    return await clinic.call("/v1/privacy-mails", mail | values)


async def _cases(clinic: Clinic, by: dict[str, str]) -> list[dict[str, Any]]:
    answer = await clinic.service.http.get("/v1/privacy-cases", headers=by)
    return list(answer.json()["items"])


async def _patch(clinic: Clinic, case: dict[str, Any], by: dict[str, str], **change: Any) -> Any:
    headers = by | {"If-Match": f'"{case["version"]}"'}
    return await clinic.service.http.patch(f"/v1/privacy-cases/{case['case_id']}", json=change, headers=headers)


async def test_a_request_at_the_front_desk_is_proven_by_the_mailbox_it_is_about(clinic: Clinic) -> None:
    """S-055, S-061: the mail goes to the address in question, names the request and nothing that anybody wrote; one press proves it."""
    await introduce(clinic)
    opened = await open_case(clinic, "access", location_id=str(clinic.location_id), language="es", note="Anrufen <b>")
    assert opened.status_code == 201, opened.text
    [mail] = await mails(clinic)
    assert (mail.origin, mail.content, mail.address, mail.language) == ("privacy_case", "privacy_proof", ANN, "es")
    assert "Smile" in str(mail.fields)
    assert "Anrufen" not in str(mail.fields)
    assert (await show_case(clinic, opened.json()["case_id"]))["state"] == "awaiting_proof"
    page = await clinic.service.http.get(link_in(mail), headers={"accept-language": "en"})
    assert "what Smile and Dueback hold about you" in page.text
    assert (await clinic.service.http.post(link_in(mail))).status_code == 200
    case = await show_case(clinic, opened.json()["case_id"])
    assert (case["state"], case["address"], case["note"], case["law"]) == ("proven", ANN, "Anrufen <b>", "hipaa")
    assert [event["action"] for event in case["history"]] == ["opened", "proof_requested", "proven"]


async def test_looking_proves_nothing_and_a_link_works_once_and_for_a_week(clinic: Clinic) -> None:
    """S31, S36: scanners fetch by every method; a second press, an old link, a link that a newer mail replaced and none of ours look alike."""
    case_id = (await open_case(clinic, "access")).json()["case_id"]
    path = f"/v1/privacy-cases/{case_id}/proof-mail"
    assert (await clinic.service.http.post(path, json={"language": "en"}, headers=staff(clinic))).status_code == 200
    replaced, newest = map(link_in, await mails(clinic))
    for link in (replaced, newest):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            assert (await clinic.service.http.request(method, link)).status_code in (200, 405)
    answers = [await clinic.service.http.post(replaced)]
    assert (await show_case(clinic, case_id))["state"] == "awaiting_proof"
    answers += await asyncio.gather(*(clinic.service.http.post(newest) for _ in range(5)))
    case = await show_case(clinic, case_id)
    assert [event["action"] for event in case["history"]].count("proven") == 1
    late_id = (await open_case(clinic, "access", address="bob@example.com")).json()["case_id"]
    late = link_in((await mails(clinic))[-1])
    clinic.clock.move(timedelta(days=7, seconds=1))
    answers += [await clinic.service.http.post(each) for each in (late, f"/prove/{'A' * 66}", "/prove/x")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert (await show_case(clinic, late_id))["state"] == "awaiting_proof"


async def test_a_case_is_its_business_s_own(clinic: Clinic) -> None:
    """S1, S2, S11: another business and a client of another location know nothing of it; the operator opens one for a business and reads its own."""
    await introduce(clinic)
    case_id = (await open_case(clinic, "complaint", location_id=str(clinic.location_id))).json()["case_id"]
    path = f"/v1/privacy-cases/{case_id}"
    for stranger in (staff(clinic.another()), staff(clinic, locations=(uuid4(),)), operator(clinic)):
        assert (await clinic.service.http.get(path, headers=stranger)).status_code == 404
        assert await _cases(clinic, stranger) == []
    foreign = await open_case(clinic, "access", subscriber_id=str(uuid4()))
    elsewhere = await open_case(clinic, "access", by=staff(clinic, locations=(uuid4(),)))
    unknown = await open_case(clinic, "access", location_id=str(uuid4()))
    assert [answer.status_code for answer in (foreign, elsewhere, unknown)] == [404, 404, 404]
    handed_on = await open_case(clinic, "correction", by=operator(clinic), subscriber_id=str(clinic.subscriber_id))
    assert handed_on.json()["channel"] == "operator"
    assert [case["kind"] for case in await _cases(clinic, staff(clinic))] == ["complaint", "correction"]
    assert all("address" not in case and "note" not in case for case in await _cases(clinic, staff(clinic)))


async def test_an_unclear_mail_becomes_one_case_about_its_writer(clinic: Clinic) -> None:
    """S-033, S-141, N-35: a person says what it is, the time runs from the mail; another mail joins it; two names make a case without address."""
    mail_id = str(uuid4())
    for _ in range(2):
        await _write(clinic, mail_id=mail_id)
    await _write(clinic, subject="again")
    clinic.clock.move(timedelta(seconds=1))
    await _write(clinic, header_from="bob@example.com")
    about_ann, nameless = [
        await show_case(clinic, each["case_id"], by=operator(clinic)) for each in await _cases(clinic, operator(clinic))
    ]
    assert (about_ann["kind"], about_ann["address"], about_ann["privacy_mail_id"]) == ("unclear", ANN, mail_id)
    assert [event["action"] for event in about_ann["history"]] == ["mail_received", "mail_received"]
    assert nameless["address"] is None
    assert await mails(clinic) == []
    clinic.clock.move(timedelta(days=3))
    decided = await _patch(clinic, about_ann, operator(clinic), kind="access", owner="dpo")
    assert decided.status_code == 200, decided.text
    due_at = datetime.fromisoformat(decided.json()["due_at"])
    assert due_at - datetime.fromisoformat(about_ann["opened_at"]) <= timedelta(days=30)
    refused = await _patch(clinic, about_ann, operator(clinic), kind="erasure")
    assert (refused.status_code, refused.json()["code"]) == (412, "version_mismatch")
    again = await _patch(clinic, decided.json(), operator(clinic), kind="erasure")
    assert (again.status_code, again.json()["code"]) == (409, "kind_decided")
    named = (await _patch(clinic, nameless, operator(clinic), kind="erasure")).json()
    asked = await clinic.service.http.post(
        f"/v1/privacy-cases/{named['case_id']}/proof-mail", json={"language": "en"}, headers=operator(clinic)
    )
    assert (asked.status_code, asked.json()["code"]) == (409, "case_without_address")


async def test_a_closed_case_takes_its_mail_off_the_list_and_stays_closed(clinic: Clinic) -> None:
    """S-141: outcome, who and when; nothing more can be done with it."""
    await _write(clinic)
    [listed] = await _cases(clinic, operator(clinic))
    path = f"/v1/privacy-cases/{listed['case_id']}"
    by = operator(clinic)
    closed = await clinic.service.http.post(f"{path}/closure", json={"outcome": "answered", "remark": "ok"}, headers=by)
    assert (closed.json()["state"], closed.json()["outcome"]) == ("closed", "answered")
    assert closed.json()["history"][-1]["detail"] == "answered: ok"
    left = await clinic.service.http.get("/v1/privacy-mails", headers=by)
    assert left.json()["items"] == []
    again = await clinic.service.http.post(f"{path}/closure", json={"outcome": "refused"}, headers=by)
    proof = await clinic.service.http.post(f"{path}/proof-mail", json={"language": "en"}, headers=by)
    assert {answer.json()["code"] for answer in (again, proof)} == {"case_closed"}


async def test_time_is_extended_once_and_what_is_late_raises_a_signal(clinic: Clinic) -> None:
    """L-093, L-094, S-141: by what the law allows, with a reason; an overdue case stands in the health answer."""
    await introduce(clinic, vertical="auto")
    opened = await open_case(clinic, "correction", location_id=str(clinic.location_id))
    case = await show_case(clinic, opened.json()["case_id"])
    assert case["law"] == "us_states"
    longer = (await _patch(clinic, case, staff(clinic), extend_because="two shops' records")).json()
    assert datetime.fromisoformat(longer["due_at"]) - datetime.fromisoformat(case["due_at"]) == timedelta(days=45)
    refused = await _patch(clinic, longer, staff(clinic), extend_because="still more")
    assert (refused.status_code, refused.json()["code"]) == (409, "extended_already")
    clinic.clock.move(timedelta(days=91))
    assert (await show_case(clinic, case["case_id"]))["is_overdue"] is True
    assert (await clinic.service.http.get("/health/live")).json()["signals"] == ["privacy_case_overdue"]


async def test_machines_open_few_cases_and_fill_no_mailbox(clinic: Clinic) -> None:
    """S42: three proofs a day to an address over all businesses, one open case a kind and address, a bounded number a day and by mail."""
    [most_proofs] = [limit.most for limit in PROOF_LIMITS]
    for clinics in [clinic.another() for _ in range(most_proofs)]:
        assert (await open_case(clinics, "access")).status_code == 201
    over = await open_case(clinic, "erasure")
    assert (over.status_code, over.json()["code"]) == (429, "cases_too_many")
    assert len(await mails(clinic)) == most_proofs
    assert (await open_case(clinic, "complaint")).status_code == 201
    twice = await open_case(clinic, "complaint")
    assert (twice.status_code, twice.json()["code"]) == (409, "case_open_already")
    [a_day] = [limit.most for limit in CASE_LIMITS]
    await _count_up(clinic, f"case:subscriber:%:{clinic.subscriber_id}", a_day)
    assert (await open_case(clinic, "correction", address="cy@example.com")).status_code == 429
    await _write(clinic, sender="dee@example.com", header_from="dee@example.com")
    by_mail = max(limit.most for limit in MAILBOX_LIMITS)
    await _count_up(clinic, "mailbox:subscriber:%", by_mail)
    await _write(clinic, sender="eve@example.com", header_from="eve@example.com")
    assert len(await _cases(clinic, operator(clinic))) == 1
    kept = await clinic.service.http.get("/v1/privacy-mails", headers=operator(clinic))
    assert len(kept.json()["items"]) == 2


async def _count_up(clinic: Clinic, window: str, tries: int) -> None:
    """Put a counter at its limit, as hundreds of requests would."""
    connection = await asyncpg.connect(clinic.service.database.superuser)
    assert (
        await connection.execute("update door_tries set tries = $2 where window_name like $1", window, tries)
        == "UPDATE 1"
    )
    await connection.close()


async def test_nothing_personal_of_a_case_lies_open_and_its_history_cannot_be_altered(clinic: Clinic) -> None:
    """S-131, S79: address and note are sealed; the service's roles may append to the history and no more."""
    case_id = await proven(clinic, "access", note="Ann Lee, born 1980")
    superuser = await asyncpg.connect(clinic.service.database.superuser)
    for table in ("privacy_cases", "case_events", "mail_requests", "idempotency", "changes"):
        text = await superuser.fetchval(f"select string_agg(t::text, ' ') from {table} t")
        assert "ann@" not in (text or "")
        assert "Lee" not in (text or "")
    await superuser.close()
    for url in (clinic.service.database.api, clinic.service.database.worker):
        role = await asyncpg.connect(url)
        await role.execute("select set_config('dueback.subscriber_id', $1, false)", str(clinic.subscriber_id))
        for statement in ("update case_events set actor = 'x'", "delete from case_events"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await role.execute(statement)
        await role.close()
    assert (await show_case(clinic, case_id))["history"]


async def test_a_repeat_of_a_request_opens_one_case(clinic: Clinic) -> None:
    """S71: an Idempotency-Key answers a repeat alike."""
    by = staff(clinic) | {"Idempotency-Key": "k1"}
    first, again = [await open_case(clinic, "access", by=by) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == f"/v1/privacy-cases/{first.json()['case_id']}"
    assert len(await mails(clinic)) == 1


async def test_only_their_services_ask_for_mail_and_acknowledge(clinic: Clinic) -> None:
    """S1: a front desk cannot acknowledge an erasure, nor can the scheduler."""
    body = {"done": [{"entry_id": str(uuid4()), "subscriber_id": None, "records": 1}]}
    for headers in (staff(clinic), operator(clinic), service_headers("scheduler", "optout")):
        answer = await clinic.service.http.post("/v1/erasures/acknowledgements", json=body, headers=headers)
        assert answer.status_code == 403
