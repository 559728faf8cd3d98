"""How well a source keeps us up to date: late, silent, drifting, holding back; told to the subscriber and, without names, to the operator."""

from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

from shared.kit.clock import ManualClock
from shared.schemas.sync_health import Alarm, SourceHealth
from tests.ingest.practice import Practice, appointment, at, consumer, lines, visit


async def health_of(practice: Practice) -> SourceHealth:
    """Return what the subscriber is shown."""
    answer = await practice.ingest.http.get("/v1/source-health", headers=practice.headers)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    one = await practice.ingest.http.get(f"/v1/connections/{practice.connection_id}/health", headers=practice.headers)
    assert one.json() == found
    return SourceHealth.model_validate(found)


async def alarms_of(practice: Practice) -> list[Alarm]:
    """Return the alarms alone."""
    return (await health_of(practice)).alarms


def wait(practice: Practice, **span: float) -> None:
    """Let business time pass; the credential is renewed as a client would."""
    cast("ManualClock", practice.clock).move(timedelta(**span))
    owner = practice.subscriber.subscriber_id
    practice.headers = practice.neighbours.client_headers(subscriber_id=owner, scopes="ingest records")


async def test_a_source_is_never_then_fresh_then_late(practice: Practice) -> None:
    """S-121: two intervals without a success raise the alarm, also when nothing ever came."""
    assert (await health_of(practice)).freshness == "never"
    wait(practice, minutes=121)
    assert (await health_of(practice)).alarms == ["source_late"]
    await practice.upload(consumer())
    fresh = await health_of(practice)
    assert (fresh.freshness, fresh.lag_minutes, fresh.alarms) == ("fresh", 0, [])
    wait(practice, minutes=120)
    assert (await health_of(practice)).freshness == "fresh"
    wait(practice, minutes=1)
    late = await health_of(practice)
    assert (late.freshness, late.lag_minutes, late.alarms) == ("late", 121, ["source_late"])


async def test_rows_are_counted_by_outcome_and_what_waits_is_shown(practice: Practice) -> None:
    """I2, N-87: the last seven days; a booking without its person, a person on hold."""
    await practice.upload(consumer(), visit(), consumer("P2", first_name="DECEASED"), {"type": "visit"})
    await practice.upload(consumer(), appointment("A9", "nobody"))
    found = await health_of(practice)
    assert (found.rows.received, found.rows.applied, found.rows.unchanged) == (6, 3, 1)
    assert (found.rows.parked, found.rows.rejected, found.rows.superseded) == (1, 1, 0)
    assert (found.held.parked, found.held.people, found.held.quarantined) == (1, 1, 0)
    assert found.alarms == ["records_parked"], "the booking is older than a day at the source"
    await practice.upload(consumer("nobody"))
    assert (await health_of(practice)).held.parked == 0
    wait(practice, days=8)
    await practice.upload(consumer("P3"))
    assert (await health_of(practice)).rows.received == 1


async def test_an_optout_that_is_not_on_file_and_a_quarantined_snapshot_alarm(practice: Practice) -> None:
    """S-037, N-77: both wait for somebody, and both end."""
    practice.optout.silent = True
    await practice.upload(consumer("P1", email_ok=False), consumer("P2"))
    waits = await health_of(practice)
    assert (waits.held.optouts, waits.held.people, waits.alarms) == (1, 1, ["optouts_waiting"])
    practice.optout.silent = False
    await practice.ingest.step("source_optouts")
    assert await alarms_of(practice) == []
    answer = await practice.post(b"", mode="snapshot", entity="consumer")
    assert answer.json()["state"] == "quarantined"
    assert await alarms_of(practice) == ["batch_quarantined"]


async def test_a_snapshot_much_smaller_than_usual_alarms(practice: Practice) -> None:
    """N-76: half the usual size and yet complete, so that nothing else objects."""

    async def snapshot(people: int, day: int) -> None:
        wait(practice, days=1)
        records = [consumer(f"P{number}", source_updated_at=at(day)) for number in range(people)]
        answer = await practice.post(
            lines(*records), mode="snapshot", entity="consumer", complete="true", count=str(people)
        )
        assert answer.status_code == 200, answer.text
        batch = answer.json()
        if batch["state"] == "quarantined":
            path = f"/v1/snapshots/{batch['batch_id']}/decision"
            decided = await practice.ingest.http.post(path, headers=practice.headers, json={"decision": "release"})
            assert decided.status_code == 200, decided.text

    for day, people in enumerate((40, 41, 40, 42)):
        await snapshot(people, day)
    assert await alarms_of(practice) == []
    await snapshot(21, 5)
    found = await health_of(practice)
    assert [(drift.latest, drift.usual, drift.changed_percent) for drift in found.row_drift] == [(21, 40, -48)]
    assert found.alarms == ["rows_dropped"]


async def test_a_column_that_comes_empty_is_named_for_a_week(practice: Practice) -> None:
    """S-121: an e-mail column that the vendor renamed looks like 60 people without an address; a small batch proves nothing."""

    async def upload(day: int, number: int, **values: Any) -> None:
        await practice.upload(*(consumer(f"P{place}", source_updated_at=at(day), **values) for place in range(number)))

    await upload(0, 60)
    await upload(1, 49, email="")
    assert (await health_of(practice)).column_drift == []
    await upload(2, 60, email="", phone="555-0100")
    found = await health_of(practice)
    assert [(drift.entity, drift.gone, drift.added) for drift in found.column_drift] == [
        ("consumer", ["email"], ["phone"])
    ]
    assert found.alarms == ["columns_gone"]
    wait(practice, days=8)
    await practice.upload(consumer("P99"))
    assert await alarms_of(practice) == []
    await upload(3, 60)
    assert (await health_of(practice)).column_drift[0].added == ["email"]


async def test_a_source_that_answers_and_tells_nothing_is_silent(practice: Practice) -> None:
    """N-84: empty deltas are successes; after three days without a record somebody should look."""
    for day in range(4):
        await practice.upload(consumer(f"P{day}"))
        wait(practice, days=1)
    await practice.upload()
    wait(practice, days=1)
    await practice.upload()
    assert await alarms_of(practice) == []
    wait(practice, days=1, minutes=1)
    await practice.upload()
    assert await alarms_of(practice) == ["source_silent"]


async def test_a_batch_that_failed_or_was_mostly_refused_alarms(practice: Practice) -> None:
    """I2, N-81: of the newest batch alone."""
    await practice.upload(*(consumer(f"P{number}", status="unheard") for number in range(12)))
    assert await alarms_of(practice) == ["many_rejected"]
    broken = await practice.post(b"\x1f\x8b broken", headers={"content-encoding": "gzip"})
    assert broken.status_code == 400
    assert await alarms_of(practice) == ["batch_failed"]
    await practice.upload(consumer())
    assert await alarms_of(practice) == []


async def test_the_operator_sees_ids_and_the_health_answer_says_slugs(practice: Practice) -> None:
    """S-121, S5: over all subscribers, without a name of anybody; the health answer never waits for the look it starts."""
    wait(practice, minutes=121)
    operator = practice.neighbours.client_headers(subscriber_id=None, scopes="operator")
    answer = await practice.ingest.http.get("/v1/source-health/all", headers=operator)
    assert answer.json() == {
        "sources": 1,
        "late_sources": 1,
        "quarantined_batches": 0,
        "waiting_optouts": 0,
        "late": [
            {
                "subscriber_id": str(practice.subscriber.subscriber_id),
                "connection_id": str(practice.connection_id),
                "connector": "fhir",
                "interval_minutes": 60,
                "last_success_at": None,
            }
        ],
    }
    assert (await practice.ingest.http.get("/v1/source-health/all", headers=practice.headers)).status_code == 403
    live = await practice.ingest.http.get("/health/live")
    await practice.ingest.deps.watch.close()
    assert (live.json()["signals"], practice.ingest.deps.watch.signals()) == ([], ["sources_late"])


async def test_a_stranger_sees_no_source(practice: Practice) -> None:
    """S2, I4: another subscriber's credential, and one of another location."""
    owner = practice.subscriber.subscriber_id
    stranger = practice.neighbours.client_headers(subscriber_id=uuid4(), scopes="ingest")
    elsewhere = practice.neighbours.client_headers(subscriber_id=owner, scopes="ingest", locations=(uuid4(),))
    for headers in (stranger, elsewhere):
        path = f"/v1/connections/{practice.connection_id}/health"
        assert (await practice.ingest.http.get(path, headers=headers)).status_code == 404
        assert (await practice.ingest.http.get("/v1/source-health", headers=headers)).json()["items"] == []
