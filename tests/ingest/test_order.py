"""Whatever the order, the duplicates and the cuts, one state comes out (I7, N-78)."""

import json
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.practice import Practice, appointment, at, consumer, visit

PEOPLE, VERSIONS = 4, 6


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
    for table in ("consumers", "appointments", "visits"):
        for row in await practice.rows(f"select * from {table} where connection_id = $1", UUID(connection_id)):
            values = dict(row)
            sealed, place = values.pop("personal"), f"{table}.personal:".encode() + values["id"].bytes
            values["open"] = keys.cipher.decrypt(sealed, place).decode() if sealed else ""
            if values["open"]:
                names[values["id"]] = values["open"].split("\x1f")[0]
            rows.append((table, values))
    state = []
    for table, values in rows:
        clear = {key: value for key, value in values.items() if key not in ("id", "connection_id", "content_hash")}
        for key in ("guardian_id", "consumer_id"):
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
