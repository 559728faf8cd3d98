"""Proof: what is on file page by page, why a mail was or was not allowed at an instant, bounces beside it (L-020, L-092, N-114)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.fixtures.builders import build_location
from tests.fixtures.services import ADDRESS_KEYS
from tests.optout.conftest import Clinic

ADDRESS = "Ann.Example@example.com"


def _of_ann(clinic: Clinic) -> Clinic:
    clinic.address_key = ADDRESS_KEYS.key_of(ADDRESS.lower())
    return clinic


async def _ask(clinic: Clinic, path: str, body: Any, **caller: Any) -> Any:
    return await clinic.service.http.post(path, json=body, headers=clinic.client_headers(**caller))


async def _why(clinic: Clinic, at: datetime, **values: Any) -> Any:
    body = {
        "address": ADDRESS,
        "location_id": str(clinic.location_id),
        "person_ids": [str(clinic.person_id)],
        "message_class": "commercial",
        "at": at.isoformat(),
    }
    answer = await _ask(clinic, "/v1/evidence/decisions", body | values)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_why_a_mail_was_allowed_or_not_at_an_instant(clinic: Clinic) -> None:
    """L-020: the state of that moment, the entry it rests on, by address or by the key that a message carries."""
    _of_ann(clinic)
    before = clinic.clock.now()
    clinic.clock.move(timedelta(minutes=1))
    await clinic.consent()
    permitted = clinic.clock.now()
    clinic.clock.move(timedelta(minutes=1))
    await clinic.click()
    stopped = clinic.clock.now()
    clinic.clock.move(timedelta(days=400))
    nothing, yes, no = [await _why(clinic, at) for at in (before, permitted, stopped)]
    assert (nothing["answer"], nothing["reason"], nothing["rests_on"]) == ("no_permission_yet", "no_consent", None)
    assert (yes["answer"], yes["rests_on"]["kind"], yes["rests_on"]["evidence"]) == ("allowed", "consent", "visit:1")
    assert (no["answer"], no["reason"], no["rests_on"]["channel"]) == ("refused", "optout_business", "one_click")
    assert no == await _why(clinic, stopped, address=None, address_key=clinic.address_key)
    assert [row["considered"] for row in (nothing, yes, no)] == [0, 1, 2]


async def test_the_platforms_entries_are_named_and_not_shown(clinic: Clinic) -> None:
    """S37, I4: an opt-out of everything counts; what it says of other businesses stays unseen."""
    _of_ann(clinic)
    await clinic.consent()
    await clinic.service.http.post(
        f"/u/{clinic.another().token(address_key=clinic.address_key)}/choice", data={"choice": "platform"}
    )
    proof = await _why(clinic, clinic.clock.now())
    assert (proof["answer"], proof["reason"], proof["rests_on"]) == ("refused", "optout_platform", None)
    assert proof["entry_id"] is not None


async def test_the_law_of_the_location_and_of_the_consumer_are_named(clinic: Clinic) -> None:
    """L-095: the mailer's question and its proof answer alike."""
    _of_ann(clinic)
    location = build_location(clinic.subscriber_id)
    canadian = location.model_copy(
        update={
            "location_id": clinic.location_id,
            "postal_address": location.postal_address.model_copy(update={"country": "CA"}),
        }
    )
    await clinic.neighbours.push(
        "optout", "location", str(clinic.location_id), canadian, subscriber_id=clinic.subscriber_id
    )
    await clinic.consent(occurred_at=(clinic.clock.now() - timedelta(days=800)).isoformat())
    assert ((await clinic.may_send()).answer, (await clinic.may_send()).reason) == (
        "no_permission_yet",
        "consent_expired",
    )
    assert (await clinic.may_send("transactional")).answer == "allowed"
    proof = await _why(clinic, clinic.clock.now(), jurisdiction="DE")
    assert (proof["answer"], proof["jurisdictions"]) == ("no_permission_yet", ["canada", "express_only"])


async def test_a_way_to_write_that_no_consent_speaks_of_is_denied(clinic: Clinic) -> None:
    """S-021: the gate takes a channel, and an unknown one is denied; a refusal stays one."""
    await clinic.consent()
    answer = await clinic.may_send(channel="text_message")
    assert (answer.answer, answer.reason, answer.entry_id) == ("no_permission_yet", "channel_unknown", None)
    await clinic.click()
    assert (await clinic.may_send(channel="text_message")).answer == "refused"


async def test_evidence_comes_in_pages_and_by_address(clinic: Clinic) -> None:
    """The address stands in a body and in no URL; no page drops or repeats an entry, also when more comes meanwhile."""
    _of_ann(clinic)
    for number in range(5):
        await clinic.consent(evidence=f"visit:{number}")
    body: dict[str, Any] = {"address": ADDRESS, "limit": 2}
    seen: list[str] = []
    while True:
        page = (await _ask(clinic, "/v1/evidence/search", body)).json()
        seen += [entry["evidence"] for entry in page["entries"]]
        if page["next"] is None:
            break
        if len(seen) == 2:
            await clinic.consent(evidence="visit:5")
        body["after"] = page["next"]
    assert seen == [f"visit:{number}" for number in range(6)]
    assert page["address_key"] == clinic.address_key
    foreign = await _ask(clinic, "/v1/evidence/search", {"address": ADDRESS}, subscriber_id=uuid4())
    assert (foreign.status_code, foreign.json()["entries"]) == (200, [])


async def test_what_cannot_be_asked_is_refused_and_not_repeated(clinic: Clinic) -> None:
    """Bad input: a stable code each."""
    question = {"location_id": str(clinic.location_id), "message_class": "commercial", "at": "2026-03-01T12:00:00Z"}
    for body, code in (
        (question, "address_needed"),
        (question | {"address": ADDRESS, "address_key": clinic.address_key}, "address_needed"),
        (question | {"address": "zqz at nowhere"}, "address_not_canonical"),
        (question | {"address": ADDRESS, "at": "2026-03-01T12:00:00"}, "invalid_request"),
    ):
        answer = await _ask(clinic, "/v1/evidence/decisions", body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert "zqz" not in answer.text
    elsewhere = await _ask(clinic, "/v1/evidence/decisions", question | {"address": ADDRESS}, locations=(uuid4(),))
    assert elsewhere.status_code == 404
    cursor = await _ask(clinic, "/v1/evidence/search", {"address": ADDRESS, "after": "WyJ4Il0"})
    assert (cursor.status_code, cursor.json()["code"]) == (400, "cursor_unreadable")


async def test_bounces_and_complaints_stand_in_the_evidence_and_a_complaint_stops_by_its_opt_out(
    clinic: Clinic,
) -> None:
    """I8, N-34: facts of their own; the same bounce reported again is one entry."""
    _of_ann(clinic)
    await clinic.consent()
    bounce = {
        "bounce_id": str(uuid4()),
        "address_key": clinic.address_key,
        "bounce_class": "hard",
        "channel": "smtp_reply",
        "evidence": "message:1",
        "occurred_at": clinic.clock.now().isoformat(),
    }
    body = {"subscriber_id": str(clinic.subscriber_id), "bounces": [bounce]}
    assert await clinic.call("/v1/bounces", body) == {"recorded": 1, "repeated": 0}
    assert await clinic.call("/v1/bounces", body) == {"recorded": 0, "repeated": 1}
    assert (await clinic.may_send()).answer == "allowed"
    complaint = {
        "optout_id": str(uuid4()),
        "address_key": clinic.address_key,
        "channel": "complaint",
        "evidence": "message:1",
        "occurred_at": clinic.clock.now().isoformat(),
    }
    reported = {"subscriber_id": str(clinic.subscriber_id), "optouts": [complaint]}
    assert await clinic.call("/v1/optouts", reported) == {"recorded": 1, "repeated": 0}
    assert (await clinic.may_send()).answer == "refused"
    filed = (await _ask(clinic, "/v1/evidence/search", {"address": ADDRESS})).json()["entries"]
    assert [(entry["kind"], entry["bounce_class"]) for entry in filed] == [
        ("consent", None),
        ("bounce", "hard"),
        ("optout", None),
        ("complaint", None),
    ]


async def test_what_a_person_agreed_to_stands_in_the_chain(clinic: Clinic) -> None:
    """L-092, L-093: scope, wording and policy version of a consent."""
    _of_ann(clinic)
    await clinic.consent(scope="location", wording="Yes, mail me offers of this shop.", policy_version="7")
    [entry] = (await _ask(clinic, "/v1/evidence/search", {"address": ADDRESS})).json()["entries"]
    assert (entry["scope"], entry["policy_version"]) == ("location", "7")
    assert entry["wording"] == "Yes, mail me offers of this shop."
    assert (await clinic.may_send(location_id=str(uuid4()))).answer == "no_permission_yet"
