"""Whatever the order, the duplicates and the cuts, one state comes out (I7, N-78)."""

import json
import os
import random
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.store.child_kinds import CHILDREN
from tests.ingest.practice import Practice, appointment, at, consumer, lines, visit

PEOPLE, VERSIONS = 4, 6
RUNS = int(os.environ.get("DUEBACK_ORDER_RUNS", "3"))
"""Large permutations to try; 200 before a release."""
_BY_ARRIVAL = ("id", "connection_id", "content_hash", "version", "first_seen_at")
"""What is keyed by connection, counts what arrived, or says when."""


def _versions() -> list[dict[str, Any]]:
    """Four people in six versions each, with their visits and bookings: deaths, deletions, opt-outs, guardians, moves."""
    found: list[dict[str, Any]] = []
    for person in range(PEOPLE):
        name = f"P{person}"
        for version in range(VERSIONS):
            when = at(10 * version + person)
            found.append(
                consumer(
                    name,
                    first_name=f"Version{version}",
                    email=f"{name}.{version // 2}@example.com",
                    source_updated_at=when,
                    status="deceased" if (person, version) == (3, 5) else "active",
                    birth_on="2015-05-05" if person == 1 else None,
                    guardian="P0" if version > 2 and person == 1 else "",
                    email_ok=False if (person, version) == (2, 1) else None,
                )
            )
            found.append(visit(f"V{person}", name, source_updated_at=when, total_cents=100 * (version % 2)))
            booked = appointment(f"A{person}", f"P{(person + version) % (PEOPLE + 1)}", source_updated_at=when)
            gone = {"type": "appointment", "foreign_id": f"A{person}", "op": "delete", "source_updated_at": when}
            found.append(gone if version == 2 + person else booked)
    gone = {"type": "consumer", "foreign_id": "P2", "op": "delete", "source_updated_at": at(35)}
    return [*found, gone]


async def _state_of(practice: Practice, connection_id: str) -> list[str]:
    """Everything that is stored of one connection, decrypted, with ids turned back into the source's own."""
    keys = await practice.ingest.deps.row_keys.of(practice.ingest.deps.api_db, practice.subscriber.subscriber_id)
    names: dict[UUID | None, str] = {None: ""}
    rows: list[tuple[str, dict[str, Any]]] = []
    for table in ("consumers", *(child.table for child in CHILDREN.values())):
        for row in await practice.rows(f"select * from {table} where connection_id = $1", UUID(connection_id)):
            values = dict(row)
            sealed, place = values.pop("personal"), f"{table}.personal:".encode() + values["id"].bytes
            values["open"] = keys.cipher.decrypt(sealed, place).decode() if sealed else ""
            if values["open"]:
                names[values["id"]] = values["open"].split("\x1f")[0]
            rows.append((table, values))
    state = []
    for table, values in rows:
        clear = {key: value for key, value in values.items() if key not in _BY_ARRIVAL}
        for key in ("guardian_id", "consumer_id", "vehicle_id", "into_id", "merged_into"):
            if key in clear:
                clear[key] = names.get(clear[key], "unknown")
        state.append(table + json.dumps(clear, default=str, sort_keys=True))
    optouts = await practice.rows(
        "select o.address_key, o.occurred_at::text from source_optouts o join consumers c on c.id = o.person_id where c.connection_id = $1",
        UUID(connection_id),
    )
    return sorted(state) + sorted(str(tuple(row)) for row in optouts)


async def _play(practice: Practice, records: list[dict[str, Any]], cuts: list[int]) -> list[str]:
    wanted = {"location_id": str(practice.location.location_id), "connector": "fhir", "name": "Again"}
    made = await practice.ingest.http.post("/v1/connections", json=wanted, headers=practice.headers)
    connection_id = made.json()["connection_id"]
    bounds = [0, *sorted(cuts), len(records)]
    for first, last in pairwise(bounds):
        body = b"".join(json.dumps(record).encode() + b"\n" for record in records[first:last])
        answer = await practice.post(body, connection_id=connection_id)
        report = answer.json()
        assert report["rejected"] == 0
        done = sum(report[name] for name in ("applied", "unchanged", "superseded", "parked"))
        assert report["received"] == done
    return await _state_of(practice, connection_id)


async def test_one_state_comes_out_of_every_order_and_every_cut(practice: Practice) -> None:
    """I7, S-125: permutations with a third of duplicates, split anywhere, end like the source's own order."""
    versions = _versions()
    expected = await _play(practice, sorted(versions, key=lambda record: record["source_updated_at"]), [])
    assert len(expected) == 3 * PEOPLE + 1
    orders: list[tuple[list[int], list[int]]] = []

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(
        st.permutations(range(len(versions))),
        st.lists(st.integers(0, len(versions) - 1), max_size=len(versions) // 3),
        st.lists(st.integers(0, len(versions)), max_size=4),
    )
    def collect(order: list[int], twice: list[int], cuts: list[int]) -> None:
        orders.append(([*order, *twice], cuts))

    collect()
    for order, cuts in orders:
        assert await _play(practice, [versions[number] for number in order], cuts) == expected


def _many_versions(people: int, versions: int) -> list[dict[str, Any]]:
    """People in many versions, each with a recare due, a vehicle, a reading, declined work and, for some, a merge that is undone or not."""
    found: list[dict[str, Any]] = []
    for person in range(people):
        name = f"P{person}"
        for version in range(versions):
            when = at(10 * version + person / 10)
            base = {"source_updated_at": when}
            found.append(
                consumer(name, first_name=f"Version{version}", email=f"{name}.{version // 7}@example.com", **base)
            )
            if person % 5 == 0:
                due = {
                    "type": "recare_due",
                    "foreign_id": f"R{person}",
                    "consumer": name,
                    "due_on": "2026-09-01",
                    **base,
                }
                found.append(due | {"interval_days": 100 + version})
                car = {"type": "vehicle", "foreign_id": f"C{person}", "consumer": name, "plate": f"P {version}", **base}
                read = {
                    "type": "odometer_reading",
                    "foreign_id": f"O{person}",
                    "vehicle": f"C{person}",
                    "read_at": when,
                    **base,
                }
                work = {
                    "type": "service_line",
                    "foreign_id": f"S{person}",
                    "consumer": name,
                    "vehicle": f"C{person}",
                    **base,
                }
                found += [
                    car,
                    read | {"distance": 1000 * version},
                    work | {"state": "declined" if version % 2 else "done"},
                ]
        if person % 10 == 0:
            merge = {"type": "merge", "foreign_id": f"M{person}", "consumer": name, "into": f"P{person + 1}"}
            found.append(merge | {"source_updated_at": at(500)})
            if person % 20 == 0:
                found.append(merge | {"op": "delete", "source_updated_at": at(600)})
    return found


async def test_large_permutations_with_duplicates_end_in_one_state(practice: Practice) -> None:
    """I7: 50 people in 20 versions, with what hangs on them, shuffled, a tenth sent twice, cut into batches anywhere."""
    versions = _many_versions(50, 20)
    expected = await _play(practice, sorted(versions, key=lambda record: record["source_updated_at"]), [])
    merged = [row for row in expected if row.startswith("consumers") and '"merged_into": "P' in row]
    assert len(merged) == 2
    for run in range(RUNS):
        chance = random.Random(run)
        shuffled = [*versions, *chance.sample(versions, len(versions) // 10)]
        chance.shuffle(shuffled)
        cuts = chance.sample(range(len(shuffled)), 3)
        assert await _play(practice, shuffled, cuts) == expected, f"run {run}"


async def test_of_one_instant_the_later_sequence_stays(practice: Practice) -> None:
    """N-79: where the source's clock says the same, the batch's sequence decides, whatever arrives last."""
    for sequence, name in ((7, "Later"), (6, "Earlier")):
        await practice.post(lines(consumer(first_name=name)), sequence=sequence)
    (person,) = await practice.facts("consumer")
    assert (await practice.recipients(person["consumer_id"])).recipients[0].first_name == "Later"
