"""Large uploads go on where they stopped, tell how far they are and what became of every record, and leave room for news (I2, N-80, N-90)."""

import gzip
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.services import Neighbours
from tests.ingest.practice import Practice, consumer, lines, open_practice, visit

CSV = b"foreign_id,source_updated_at,first_name\n"


def _rows(count: int, *, csv: bool) -> bytes:
    if csv:
        return CSV + b"".join(f'P{n},2026-03-01T12:00:00Z,"A\nnn {n}"\n'.encode() for n in range(count))
    return lines(*(consumer(f"P{number}") for number in range(count)))


async def _report(practice: Practice, batch_id: Any) -> dict[str, Any]:
    found = await practice.ingest.http.get(f"/v1/batches/{batch_id}", headers=practice.headers)
    report: dict[str, Any] = found.json()
    return report


@pytest.mark.parametrize("csv", [False, True])
async def test_an_upload_goes_on_at_the_octet_where_it_stood(practice: Practice, csv: bool) -> None:
    """I2: the report says how far it is; the rest alone is sent; every record counts once; the whole body again is the same batch."""
    batch_id, body = uuid4(), _rows(6000, csv=csv)
    params = {"entity": "consumer"} if csv else {}
    headers = {"content-type": "text/csv"} if csv else {}
    packed = headers | {"content-encoding": "gzip"}
    cut = await practice.post(gzip.compress(body)[:-400], batch_id=batch_id, headers=packed, **params)
    assert cut.status_code == 400
    half = await _report(practice, batch_id)
    assert (half["state"], half["received"]) == ("failed", 5000 - csv)
    wrong = await practice.post(body, batch_id=batch_id, headers=headers, from_octet=half["octets"] - 1, **params)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "resume_offset_wrong")
    rest = body[half["octets"] :]
    done = await practice.post(rest, batch_id=batch_id, headers=headers, from_octet=half["octets"], **params)
    report = done.json()
    assert (report["state"], report["received"], report["applied"], report["octets"]) == (
        "applied",
        6000,
        6000,
        len(body),
    )
    again = await practice.post(body, batch_id=batch_id, headers=headers, **params)
    assert (again.status_code, again.json()) == (200, report)


async def test_what_became_of_every_record_can_be_downloaded(practice: Practice) -> None:
    """N-81: line, outcome, field and code; twins in one batch, empty lines and parked records included; no value."""
    await practice.upload(consumer("P1"))
    batch_id = uuid4()
    body = b"\n".join(
        (
            lines(consumer("P1")).strip(),
            b"",
            b'{"type":"consumer"}',
            lines(visit("V1", "P9")).strip(),
            lines(consumer("P2", first_name="Old")).strip(),
            lines(consumer("P2", first_name="New")).strip(),
            *([b""] * 3000),
            lines(consumer("P3")).strip(),
        )
    )
    await practice.post(body, batch_id=batch_id)
    answer = await practice.ingest.http.get(f"/v1/batches/{batch_id}/results", headers=practice.headers)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines() == [
        "line,outcome,field,code",
        "1,unchanged,,",
        "3,rejected,foreign_id,missing",
        "4,parked,,",
        "5,superseded,,",
        "6,applied,,",
        "3007,applied,,",
    ]
    strange = await practice.ingest.http.get(f"/v1/batches/{uuid4()}/results", headers=practice.headers)
    assert strange.status_code == 404


async def test_loads_leave_a_place_for_news(neighbours: Neighbours) -> None:
    """N-90: while loads hold their half, another load is told to come again and a small delta is taken."""
    await neighbours.open("ingest", INGEST_MOST_UPLOADS="2")
    practice = await open_practice(neighbours)
    with practice.ingest.deps.uploads.take(load=True):
        load = await practice.post(lines(consumer()), historic="true")
        assert (load.status_code, load.json()["code"], load.headers["retry-after"] != "") == (503, "busy", True)
        assert (await practice.post(lines(consumer()))).status_code == 200


async def test_a_historic_batch_is_no_news(practice: Practice) -> None:
    """N-36: everything in it is marked, whatever its dates; what comes later is not."""
    await practice.post(lines(consumer(), visit()), historic="true")
    await practice.upload(visit("V2"))
    assert [row["historic"] for row in await practice.facts("visit")] == [True, False]
    assert [row["historic"] for row in await practice.facts("consumer")] == [True]
