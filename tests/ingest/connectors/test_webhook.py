"""Pushed records: only genuine ones count, each once; what was missed in an outage is fetched again and ends in the same state (N-84, S73)."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.ingest.connectors.webhook import CONNECTOR, WebhookSettings
from services.ingest.domain.connector import SourceFailedError
from shared.kit.http import Response
from tests.fixtures.vendor import Asked, Reply, open_vendor
from tests.fixtures.webhooks import SECRETS, signed_headers
from tests.ingest.connectors.runs import Runner, records_in, sample_items
from tests.ingest.practice import Practice, at, consumer


async def _secret(practice: Practice, **wanted: bool) -> dict[str, Any]:
    made = await practice.edit_connection("POST", "/webhook-secret", **wanted)
    assert made.status_code == 200, made.text
    answer: dict[str, Any] = made.json()
    return answer


async def _push(
    practice: Practice, given: dict[str, Any], *records: dict[str, Any], seconds: float = 0, **how: Any
) -> Response:
    now = practice.clock.now() + timedelta(seconds=seconds)
    body = json.dumps({"type": "records", "timestamp": at(), "data": {"records": list(records)}}).encode()
    headers = signed_headers(
        body, at=now.timestamp(), secret=how.get("secret", given["secret"]), webhook_id=how.get("webhook_id")
    )
    sent = how.get("body", body)
    return await practice.ingest.http.post(
        given["path"], content=sent, headers=headers | {"content-type": "application/json"}
    )


async def test_a_genuine_push_is_taken_once(practice: Practice) -> None:
    """S73, N-80: the same id again changes nothing and gets the same account; another body under it is refused; refusals reach optout."""
    given = await _secret(practice)
    first = await _push(practice, given, consumer("W1", email_ok=False), {"type": "consumer"}, webhook_id="msg_1")
    assert first.status_code == 200, first.text
    assert (first.json()["applied"], first.json()["rejected"], first.json()["optouts"]) == (1, 1, 1)
    assert len(practice.optout.optouts) == 1
    cursor = (await practice.changes()).cursor
    again = await _push(practice, given, consumer("W1", email_ok=False), {"type": "consumer"}, webhook_id="msg_1")
    assert again.json() == first.json()
    other = await _push(practice, given, consumer("W9"), webhook_id="msg_1")
    assert (other.status_code, other.json()["code"]) == (422, "batch_id_reused")
    assert (await practice.changes(cursor)).changes == []


async def test_nothing_that_is_not_genuine_is_taken(practice: Practice) -> None:
    """S73: a space more, six minutes early or late, another's secret, no secret made, another connection: one and the same answer."""
    never = {"path": f"/v1/webhooks/{practice.subscriber.subscriber_id}/{practice.connection_id}", "secret": SECRETS[0]}
    answers = [await _push(practice, never, consumer())]
    given = await _secret(practice)
    body = json.dumps({"type": "records", "timestamp": at(), "data": {"records": [consumer()]}}).encode()
    answers += [
        await _push(practice, given, consumer(), body=body + b" "),
        await _push(practice, given, consumer(), seconds=-360),
        await _push(practice, given, consumer(), seconds=360),
        await _push(practice, given, consumer(), secret=SECRETS[0]),
        await _push(
            practice, given | {"path": f"/v1/webhooks/{practice.subscriber.subscriber_id}/{uuid4()}"}, consumer()
        ),
        await _push(practice, given | {"path": f"/v1/webhooks/{uuid4()}/{practice.connection_id}"}, consumer()),
        await practice.ingest.http.post(given["path"], content=body, headers={"content-type": "application/json"}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(401, "push_not_genuine")}
    assert await practice.rows("select 1 from consumers") == []
    assert len(await practice.rows("select 1 from row_keys")) == 1


async def test_a_secret_is_replaced_without_a_gap(practice: Practice) -> None:
    """A new secret and the one before are good, an older one is not; none is stored."""
    secrets = [await _secret(practice) for _ in range(3)]
    codes = [(await _push(practice, given, consumer("W1"))).status_code for given in secrets]
    assert codes == [401, 200, 200]
    new = await _secret(practice, keep_previous=False)
    codes = [(await _push(practice, each, consumer("W1"))).status_code for each in (secrets[-1], new)]
    assert codes == [401, 200]
    assert len({given["secret"] for given in secrets}) == 3
    stored = str(await practice.rows("select * from connections"))
    assert not any(given["secret"].removeprefix("whsec_") in stored for given in secrets)


async def test_another_credential_makes_no_secret(practice: Practice) -> None:
    """S1, S2: another subscriber's client finds no such connection."""
    other = practice.neighbours.client_headers(subscriber_id=uuid4(), scopes="ingest") | {"if-match": '"1"'}
    made = await practice.ingest.http.post(
        f"/v1/connections/{practice.connection_id}/webhook-secret", json={}, headers=other
    )
    assert made.status_code == 404


async def test_of_two_who_renew_a_secret_at_once_one_is_told(practice: Practice) -> None:
    """A secret that somebody has just been shown is not ended unseen: 412 on an older version, 428 without one."""
    path = f"/v1/connections/{practice.connection_id}/webhook-secret"
    first = await practice.edit_connection("POST", "/webhook-secret", version=1)
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    second = await practice.edit_connection("POST", "/webhook-secret", version=1, keep_previous=False)
    bare = await practice.ingest.http.post(path, json={}, headers=practice.headers)
    assert [(each.status_code, each.json()["code"]) for each in (second, bare)] == [
        (412, "version_mismatch"),
        (428, "version_needed"),
    ]
    assert (await _push(practice, first.json(), consumer("W1"))).status_code == 200


class _Kept:
    """A source that keeps its events and gives them by two."""

    def __init__(self) -> None:
        self.events = [item.raw for item in sample_items("webhook")]

    def answer(self, asked: Asked) -> Reply:
        """Answer a page after a cursor."""
        assert asked.headers["authorization"] == "Bearer kept-token"
        start = int(asked.params.get("after", "0"))
        return Reply(
            {
                "events": self.events[start : start + 2],
                "next": str(min(start + 2, len(self.events))),
                "more": start + 2 < len(self.events),
            }
        )


async def test_what_an_outage_swallowed_is_fetched_again(practice: Practice, tmp_path: Path) -> None:
    """N-84: some events were pushed, some lost; back-filling from the checkpoint brings the rest and changes nothing that was there."""
    given = await _secret(practice)
    pushed = (sample_items("webhook")[0].raw or {})["data"]["records"]
    stamp = {"source_updated_at": "2026-02-20T10:00:00Z"}
    await _push(practice, given, *(record | stamp for record in pushed))
    async with open_vendor(_Kept().answer) as vendor:
        runner = Runner(
            CONNECTOR, WebhookSettings.model_validate({"url": vendor.url, "token": "kept-token"}), tmp_path, practice
        )
        first = await runner.carry()
        again = await runner.carry()
    assert (first.counts["rejected"], first.counts["unchanged"], first.skipped["other_event"]) == (0, 1, 1)
    assert [asked.params.get("after") for asked in vendor.asked] == [None, "2", "4", "6"]
    assert again.read == 0
    state = json.loads((tmp_path / "state.json").read_text())
    assert state["cursor"] == {"after": "6"}


@pytest.mark.parametrize(
    "answer", [Reply([]), Reply({"events": 5, "next": "x"}), Reply({"events": [{}], "next": "same", "more": True})]
)
async def test_a_source_of_missed_events_may_answer_what_it_likes(answer: Reply, tmp_path: Path) -> None:
    """S62: another shape, or pages without end, end the run with a sentence."""
    async with open_vendor(lambda _: answer) as vendor:
        runner = Runner(CONNECTOR, WebhookSettings.model_validate({"url": vendor.url, "token": "t"}), tmp_path)
        with pytest.raises(SourceFailedError):
            await runner.read()


def test_an_event_is_read_record_by_record() -> None:
    """N-81: what cannot be taken is said, the rest is; the event's time stands in for a record's."""
    records = records_in(CONNECTOR, sample_items("webhook"))
    assert records["visit/V1"].source_updated_at == datetime.fromisoformat("2026-02-21T10:00:00+00:00")
    assert (records["appointment/A1"].op, records["consumer/W1"].email) == ("delete", "wes.new@example.com")
    made = [CONNECTOR.translate(item) for item in sample_items("webhook")]
    assert [translation.skipped for translation in made if translation.skipped] == ["invalid_foreign_id", "other_event"]
