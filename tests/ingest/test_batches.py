"""A batch is accounted for to the last record, whatever is in it and however often it comes (I2, I6, S-125, N-80, N-81)."""

import asyncio
import gzip
import resource
from collections.abc import AsyncIterator
from uuid import uuid4

from shared.kit.ids import new_id
from shared.schemas.ingest import BatchReport
from tests.ingest.practice import Practice, appointment, at, consumer, lines, visit


def _adds_up(report: BatchReport) -> bool:
    done = report.applied + report.unchanged + report.superseded + report.parked + report.rejected
    return report.received == done


def _people(count: int, **values: object) -> bytes:
    return lines(*(consumer(f"P{number}", **values) for number in range(count)))


async def test_records_are_applied_and_the_report_adds_up(practice: Practice) -> None:
    """I2: every record is accounted for; the report can be read again."""
    batch_id = new_id()
    report = await practice.upload(consumer(), appointment(), visit(), batch_id=batch_id)
    assert (report.received, report.applied, report.state) == (3, 3, "applied")
    again = await practice.ingest.http.get(f"/v1/batches/{batch_id}", headers=practice.headers)
    assert BatchReport.model_validate_json(again.content) == report


async def test_the_same_batch_twice_has_one_effect_and_one_answer(practice: Practice) -> None:
    """N-80, S-125: a repeat is answered with the first report and changes nothing."""
    batch_id, body = new_id(), lines(consumer(), visit())
    first = await practice.post(body, batch_id=batch_id)
    cursor = (await practice.changes()).cursor
    second = await practice.post(body, batch_id=batch_id)
    assert (second.status_code, second.content) == (200, first.content)
    assert (await practice.changes(cursor)).changes == []


async def test_another_body_under_the_same_id_is_refused(practice: Practice) -> None:
    """N-80: 422 batch_id_reused, also for another connection."""
    batch_id = new_id()
    await practice.post(lines(consumer()), batch_id=batch_id)
    other = await practice.post(lines(consumer("P2")), batch_id=batch_id)
    assert (other.status_code, other.json()["code"]) == (422, "batch_id_reused")
    assert len(await practice.facts("consumer")) == 1


async def test_a_running_twin_waits_and_gets_the_same_answer(practice: Practice) -> None:
    """N-80: while the first is still being read the twin waits; both are answered alike, with one effect."""
    batch_id, body = new_id(), lines(consumer())
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:20]
        started.set()
        await go_on.wait()
        yield body[20:]

    query = {"connection_id": str(practice.connection_id), "batch_id": str(batch_id)}
    headers = practice.headers | {"content-type": "application/x-ndjson"}
    first = asyncio.create_task(
        practice.ingest.http.post("/v1/batches", params=query, content=slowly(), headers=headers)
    )
    await started.wait()
    for _ in range(100):
        if await practice.rows("select 1 from batches where batch_id = $1", batch_id):
            break
        await asyncio.sleep(0.02)
    second = asyncio.create_task(practice.post(body, batch_id=batch_id))
    await asyncio.sleep(0.3)
    assert not second.done()
    go_on.set()
    answer, twin = await asyncio.gather(first, second)
    assert answer.json()["applied"] == 1
    assert (twin.status_code, twin.json()) == (200, answer.json())
    assert (await practice.post(body, batch_id=batch_id)).json() == answer.json()


async def test_a_cut_off_gzip_keeps_whole_chunks_and_a_repeat_goes_on_after_them(practice: Practice) -> None:
    """S61, I2: 400, state failed; the repeat counts every record once."""
    batch_id = new_id()
    packed = gzip.compress(_people(6000), mtime=0)
    answer = await practice.post(packed[:-2000], batch_id=batch_id, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, "body_unreadable")
    left = await practice.ingest.http.get(f"/v1/batches/{batch_id}", headers=practice.headers)
    half = BatchReport.model_validate_json(left.content)
    assert (half.state, half.received, half.applied) == ("failed", 5000, 5000)
    other = await practice.post(_people(6000, first_name="Bo"), batch_id=batch_id)
    assert other.json()["code"] == "batch_id_reused"
    again = await practice.post(packed, batch_id=batch_id, headers={"content-encoding": "gzip"})
    report = BatchReport.model_validate_json(again.content)
    assert (report.state, report.received, report.applied, report.unchanged) == ("applied", 6000, 6000, 0)


async def test_an_abandoned_batch_is_taken_over_and_the_first_owner_can_do_nothing_more(practice: Practice) -> None:
    """I2: the claim runs by the database's clock; a stalled owner is fenced by its claim id."""
    batch_id, body = new_id(), lines(consumer())
    started, go_on = asyncio.Event(), asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield body
        started.set()
        await go_on.wait()

    query = {"connection_id": str(practice.connection_id), "batch_id": str(batch_id)}
    headers = practice.headers | {"content-type": "application/x-ndjson"}
    first = asyncio.create_task(
        practice.ingest.http.post("/v1/batches", params=query, content=stalled(), headers=headers)
    )
    await started.wait()
    for _ in range(100):
        if await practice.rows("update batches set claimed_until = '2000-01-01' returning 1"):
            break
        await asyncio.sleep(0.02)
    second = await practice.post(body, batch_id=batch_id)
    assert (second.status_code, second.json()["applied"]) == (200, 1)
    go_on.set()
    late = await first
    assert (late.status_code, late.json()["code"]) == (409, "batch_running")
    assert (await practice.post(body, batch_id=batch_id)).json() == second.json()


async def test_half_a_batch_may_be_invalid(practice: Practice) -> None:
    """N-81: valid rows are applied; each other one is named by line, field and code, without its value."""
    bad = [
        b'{"type":"consumer","foreign_id":"X1"',
        b'{"type":"spaceship","foreign_id":"X2","source_updated_at":"2026-03-01T12:00:00Z"}',
        b'{"type":"consumer","source_updated_at":"2026-03-01T12:00:00Z"}',
        b'{"type":"consumer","foreign_id":"X3","source_updated_at":"2026-03-01T12:00:00"}',
        b'{"type":"visit","foreign_id":"X4","source_updated_at":"2026-03-01T12:00:00Z","completed_at":null}',
    ]
    good = [lines(consumer(f"P{number}")).strip() for number in range(5)]
    body = b"\n".join(line for pair in zip(good, bad, strict=True) for line in pair)
    report = BatchReport.model_validate_json((await practice.post(body)).content)
    assert (report.applied, report.rejected) == (5, 5)
    assert _adds_up(report)
    assert [(row.line, row.field, row.code) for row in report.rejections] == [
        (2, "", "json_invalid"),
        (4, "type", "type_unknown"),
        (6, "foreign_id", "missing"),
        (8, "source_updated_at", "timezone_aware"),
        (10, "completed_at", "missing"),
    ]


async def test_of_many_rejections_the_first_thousand_are_listed_and_all_are_counted(practice: Practice) -> None:
    """I2: counted always; also over several chunks."""
    report = BatchReport.model_validate_json((await practice.post(b"{}\n" * 6000 + lines(consumer()))).content)
    assert (report.rejected, len(report.rejections), report.applied) == (6000, 1000, 1)
    assert report.rejections[-1].line == 1000


async def test_a_line_of_100_mb_costs_one_record_and_no_memory(practice: Practice) -> None:
    """S62: bounded memory, a reason for the record, the rest applied."""

    async def endless() -> AsyncIterator[bytes]:
        yield lines(consumer("P1"))
        for _ in range(1600):
            yield b"x" * 65536
        yield b"\n" + lines(consumer("P2"))

    query = {"connection_id": str(practice.connection_id), "batch_id": str(uuid4())}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    headers = practice.headers | {"content-type": "application/x-ndjson"}
    answer = await practice.ingest.http.post("/v1/batches", params=query, content=endless(), headers=headers)
    report = BatchReport.model_validate_json(answer.content)
    assert (report.applied, [(row.line, row.code) for row in report.rejections]) == (2, [(2, "line_too_long")])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


async def test_a_gzip_bomb_is_refused_before_it_unpacks(practice: Practice) -> None:
    """S61: over the ratio 413."""
    bomb = gzip.compress(b"\n" * (64 * 1024 * 1024))
    answer = await practice.post(bomb, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_an_unchanged_snapshot_changes_nothing_and_stays_out_of_the_feed(practice: Practice) -> None:
    """Architecture 5: keyed content hash; a newer time stamp alone is no news, yet it keeps an older version out."""
    await practice.upload(consumer(), visit(), appointment())
    cursor = (await practice.changes()).cursor
    later = at(10)
    report = await practice.upload(
        consumer(source_updated_at=later), visit(source_updated_at=later), appointment(source_updated_at=later)
    )
    assert (report.unchanged, report.applied) == (3, 0)
    assert {row.kind for row in (await practice.changes(cursor)).changes} == {"connection"}
    between = await practice.upload(consumer(first_name="Old", source_updated_at=at(5)))
    assert between.superseded == 1


async def test_an_empty_batch_is_a_sign_of_life(practice: Practice) -> None:
    """S-121, S-126: nothing changed at the source, and its data is fresh."""
    report = await practice.upload()
    assert (report.state, report.received) == ("applied", 0)
    answer = await practice.ingest.http.get(f"/v1/connections/{practice.connection_id}", headers=practice.headers)
    assert answer.json()["last_success_at"] == practice.clock.now().isoformat().replace("+00:00", "Z")
    fresh = [row["last_success_at"] for row in await practice.facts("connection")]
    assert fresh[-1] == practice.clock.now().isoformat().replace("+00:00", "Z")


async def test_several_versions_in_one_batch_leave_the_newest(practice: Practice) -> None:
    """N-78: within a batch too; at the same instant the later line wins."""
    report = await practice.upload(
        consumer(first_name="Third", source_updated_at=at(3)),
        consumer(first_name="First", source_updated_at=at(1)),
        consumer(first_name="Fourth", source_updated_at=at(3)),
    )
    assert (report.applied, report.superseded) == (1, 2)
    facts = await practice.facts("consumer")
    assert (await practice.recipients(facts[0]["consumer_id"])).recipients[0].first_name == "Fourth"


async def test_a_time_far_in_the_future_does_not_lock_a_record(practice: Practice) -> None:
    """N-79: it is taken as now, so that the source's next update still counts."""
    await practice.upload(consumer(source_updated_at="2039-01-01T00:00:00Z"))
    report = await practice.upload(consumer(first_name="Bo", source_updated_at=at(60 * 24 * 2)))
    assert report.applied == 1
