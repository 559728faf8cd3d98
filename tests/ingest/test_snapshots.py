"""What a snapshot does not name is deleted only when it is certainly whole; else a person decides (N-76, N-77, S-122)."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.kit.http import Response
from shared.schemas.ingest import BatchReport
from tests.ingest.practice import Practice, at, consumer, lines, visit

SNAPSHOT_AT = at(60)


def _people(count: int, **values: Any) -> list[dict[str, Any]]:
    return [consumer(f"P{number}", **values) for number in range(count)]


async def _snapshot(practice: Practice, body: bytes, *, batch_id: UUID | None = None, **params: Any) -> BatchReport:
    """Send a snapshot of consumers that agrees with itself, except for what `params` say."""
    announced = {"count": body.count(b"\n"), "sha256": hashlib.sha256(body).hexdigest(), "complete": True}
    asked = {"mode": "snapshot", "entity": "consumer", "source_time": SNAPSHOT_AT, **announced, **params}
    asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
    answer = await practice.post(body, batch_id=batch_id, **{k: v for k, v in asked.items() if v is not None})
    assert answer.status_code == 200, answer.text
    return BatchReport.model_validate_json(answer.content)


async def _gone(practice: Practice) -> int:
    return [row["deleted"] for row in await practice.facts("consumer")].count(True)


async def _decide(practice: Practice, batch_id: UUID, decision: str, scopes: str = "records") -> Response:
    headers = practice.neighbours.client_headers(subscriber_id=practice.subscriber.subscriber_id, scopes=scopes)
    path = f"/v1/snapshots/{batch_id}/decision"
    return await practice.ingest.http.post(path, json={"decision": decision}, headers=headers)


async def test_a_whole_snapshot_deletes_what_it_does_not_name(practice: Practice) -> None:
    """S-122: deletion by absence reaches planning; other entities and what changed after the snapshot's moment stay."""
    await practice.upload(*_people(20), visit("V1", "P1"), consumer("P99", source_updated_at=at(90)))
    report = await _snapshot(practice, lines(*_people(18)))
    assert (report.state, report.unchanged, report.absent) == ("applied", 18, 2)
    assert await _gone(practice) == 2
    assert [row["deleted"] for row in await practice.facts("visit")] == [False]
    assert (await _snapshot(practice, lines(*_people(18)))).absent == 0
    back = await practice.upload(consumer("P19", source_updated_at=at(95)))
    assert (back.applied, await _gone(practice)) == (1, 1)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"complete": False}, "not_complete"),
        ({"count": None}, "count_differs"),
        ({"count": 20}, "count_differs"),
        ({"sha256": "0" * 64}, "checksum_differs"),
        ({"sha256": None}, "checksum_differs"),
    ],
)
async def test_a_snapshot_that_may_be_cut_deletes_nothing(
    practice: Practice, said: dict[str, Any], reason: str
) -> None:
    """N-76: in quarantine with its reason; what it says of its records is taken."""
    await practice.upload(*_people(20))
    changed = _people(19, first_name="Bo", source_updated_at=at(5))
    report = await _snapshot(practice, lines(*changed), **said)
    assert (report.state, report.quarantine, report.absent, report.applied) == ("quarantined", reason, 0, 19)
    assert await _gone(practice) == 0


async def test_an_empty_snapshot_and_one_with_a_tenth_deletes_nothing(practice: Practice) -> None:
    """N-76, N-77: agreeing with itself is not enough when most is missing."""
    await practice.upload(*_people(20))
    assert (await _snapshot(practice, b"")).quarantine == "too_many_absent"
    assert (await _snapshot(practice, lines(*_people(2)))).quarantine == "too_many_absent"
    assert await _gone(practice) == 0


async def test_a_refused_record_is_still_there_at_the_source(practice: Practice) -> None:
    """N-81 with N-76: a record we cannot take is not absent; one without a readable key puts the snapshot into quarantine."""
    await practice.upload(*_people(20))
    bad = b'{"type":"consumer","foreign_id":"P19","source_updated_at":"yesterday"}\n'
    assert (await _snapshot(practice, lines(*_people(19)) + bad)).state == "applied"
    assert await _gone(practice) == 0
    assert (
        await _snapshot(practice, lines(*_people(19)) + b'{"type":"consumer"}\n')
    ).quarantine == "records_without_key"


async def test_a_person_releases_or_rejects_a_snapshot_in_quarantine(practice: Practice) -> None:
    """N-76: listed, decided once, by the front desk's scope and not by the sender's."""
    await practice.upload(*_people(20))
    first, second = uuid4(), uuid4()
    for batch_id in (first, second):
        await _snapshot(practice, lines(*_people(2)), batch_id=batch_id)
    listed = await practice.ingest.http.get("/v1/batches", params={"state": "quarantined"}, headers=practice.headers)
    assert {row["batch_id"] for row in listed.json()["items"]} == {str(first), str(second)}
    assert (await _decide(practice, first, "reject", scopes="ingest")).status_code == 403
    rejected = await _decide(practice, first, "reject")
    assert (rejected.json()["state"], await _gone(practice)) == ("rejected", 0)
    released = await _decide(practice, second, "release")
    assert (released.json()["state"], released.json()["absent"], await _gone(practice)) == ("applied", 18, 18)
    again = await _decide(practice, second, "reject")
    assert (again.status_code, again.json()["code"]) == (409, "batch_not_quarantined")
    assert (await _decide(practice, uuid4(), "release")).json()["code"] == "batch_unknown"
    assert not await practice.rows("select 1 from snapshot_rows")


async def test_every_kind_can_be_a_snapshot_but_merges_and_rests(practice: Practice) -> None:
    """S-122: absent visits go, too; a snapshot without its entity, of merges or from the middle is refused."""
    await practice.upload(consumer(), *(visit(f"V{number}") for number in range(10)))
    report = await _snapshot(practice, lines(*(visit(f"V{number}") for number in range(9))), entity="visit")
    assert (report.absent, [row["deleted"] for row in await practice.facts("visit")].count(True)) == (1, 1)
    for params, code in (
        ({"mode": "snapshot"}, "entity_needed"),
        ({"mode": "snapshot", "entity": "merge"}, "snapshot_not_possible"),
        ({"mode": "snapshot", "entity": "visit", "from_octet": 5}, "snapshot_not_possible"),
    ):
        refused = await practice.post(b"", **params)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
