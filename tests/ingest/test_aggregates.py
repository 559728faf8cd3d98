"""Aggregates through the database: counted under a role that reads no name, once a quarter, off unless turned on."""

import asyncio
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.ingest.settings import Settings
from services.ingest.store.aggregates import ROLE, count_people, lower_role
from shared.kit.clock import ManualClock
from shared.schemas.location import LocationFacts
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import Neighbours, OpenService, service_headers
from tests.house.test_data_inventory import listed

_PEOPLE = 30


async def fill(neighbours: Neighbours, ingest: OpenService, businesses: int, *, willing: bool = True) -> list[UUID]:
    """Push live dental businesses in one region, each with people, straight into the tables; every seventh is a minor."""
    owners = []
    connection = await asyncpg.connect(ingest.database.superuser)
    try:
        for _ in range(businesses):
            subscriber = build_subscriber()
            location = build_location(subscriber.subscriber_id, in_aggregates=willing)
            owners.append(subscriber.subscriber_id)
            await neighbours.push(
                "ingest",
                "location",
                str(location.location_id),
                location,
                subscriber_id=subscriber.subscriber_id,
            )
            await connection.execute(
                "insert into consumers (subscriber_id, id, connection_id, location_id, source_updated_at, content_hash, historic, deleted, "
                "status, language, minor_until) select $1, gen_random_uuid(), $2, $3, now(), '', false, false, 'active', 'en', "
                "case when n % 7 = 0 then date '2040-01-01' end from generate_series(1, $4) n",
                *(subscriber.subscriber_id, uuid4(), location.location_id, _PEOPLE),
            )
    finally:
        await connection.close()
    return owners


async def shown(neighbours: Neighbours, ingest: OpenService) -> Any:
    """Return what the operator is shown."""
    operator = neighbours.client_headers(subscriber_id=None, scopes="operator")
    return await ingest.http.get("/v1/aggregates", headers=operator)


async def test_a_quarter_is_counted_once_and_stays(neighbours: Neighbours) -> None:
    """S-100, S-101, S-103: whole, rounded, without those who opted out; asked again it is the same until the next quarter."""
    ingest = await neighbours.open("ingest")
    owners = await fill(neighbours, ingest, 6)
    connection = await asyncpg.connect(ingest.database.superuser)
    await connection.execute(
        "insert into source_optouts (subscriber_id, optout_id, person_id, location_id, batch_id, occurred_at) "
        "select subscriber_id, gen_random_uuid(), id, location_id, gen_random_uuid(), now() from consumers where subscriber_id = $1",
        owners[0],
    )
    await ingest.step("aggregates")
    first = (await shown(neighbours, ingest)).json()
    figures = {(cell["dimension"], cell["band"]): cell["consumers"] for cell in first["cells"]}
    assert figures[("total", "total")] == 5 * _PEOPLE // 20 * 20
    assert first["contributing_subscribers"] == 5
    assert {cell["region"] for cell in first["cells"]} == {"US-CA"}
    assert ("age_group", "minor") in figures
    await connection.execute("delete from source_optouts")
    await ingest.step("aggregates")
    assert (await shown(neighbours, ingest)).json() == first
    cast("ManualClock", neighbours.clock).move(timedelta(days=95))
    await ingest.step("aggregates")
    later = (await shown(neighbours, ingest)).json()
    assert later["quarter_on"] > first["quarter_on"]
    assert {cell["consumers"] for cell in later["cells"] if cell["dimension"] == "total"} == {6 * _PEOPLE}
    await connection.close()


async def test_the_counting_role_reads_no_personal_column(neighbours: Neighbours) -> None:
    """S-102: grants, column by column, against the data inventory; what it may read is coarse and in clear."""
    ingest = await neighbours.open("ingest")
    connection = await asyncpg.connect(ingest.database.superuser)
    try:
        rows = await connection.fetch(
            "select table_name, column_name, has_column_privilege($1, quote_ident(table_name), column_name, 'select') as readable "
            "from information_schema.columns where table_schema = 'public'",
            ROLE,
        )
        readable = {f"ingest.{row['table_name']}.{row['column_name']}" for row in rows if row["readable"]}
        assert "ingest.consumers.language" in readable
        forms = {name: listed()[name]["form"] for name in readable if name in listed()}
        assert set(forms.values()) == {"clear"}
        assert set(forms) == {
            *("ingest.consumers.minor_until", "ingest.consumers.language", "ingest.consumers.status"),
        }
        assert not await connection.fetchval(
            "select rolcanlogin or rolbypassrls or rolsuper from pg_roles where rolname = $1", ROLE
        )
        tables = await connection.fetch(
            "select column_name from information_schema.columns where table_name like 'aggregate%'"
        )
        assert {row["column_name"] for row in tables} == {
            *("quarter_on", "made_at", "subscribers", "region", "vertical", "dimension", "band", "consumers"),
        }
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "query",
    [
        "select personal from consumers",
        "select address_key from consumers",
        "select * from consumers",
        "select term from search_terms",
        "select body from directory",
        "select sealed from row_keys",
        "update consumers set status = 'held'",
    ],
)
async def test_the_job_is_refused_a_name_by_the_database_itself(neighbours: Neighbours, query: str) -> None:
    """S-102: in the worker's own transaction, after it took the role."""
    ingest = await neighbours.open("ingest")
    async with ingest.deps.worker_db.transaction() as connection:
        await lower_role(connection)
        today = neighbours.clock.now().date()
        assert await count_people(connection, subscriber_id=uuid4(), today=today) == []
        with pytest.raises(Exception, match="permission denied"):
            await connection.exec_driver_sql(query)


async def test_off_by_default_nothing_is_counted_and_nothing_shown(neighbours: Neighbours) -> None:
    """S-103: the flag's default, and what it does."""
    assert Settings.model_fields["aggregates"].default is False
    ingest = await neighbours.open("ingest", INGEST_AGGREGATES="false")
    await fill(neighbours, ingest, 6)
    assert await ingest.step("aggregates") is False
    refused = await shown(neighbours, ingest)
    assert (refused.status_code, refused.json()["code"]) == (403, "aggregates_off")
    connection = await asyncpg.connect(ingest.database.superuser)
    assert await connection.fetchval("select count(*) from aggregate_releases") == 0
    await connection.close()


async def test_only_people_of_locations_that_switched_it_on_are_counted(neighbours: Neighbours) -> None:
    """S-061, S-103: off by default per location; five who are willing make a figure, four and thirty who are not make none; switched off, the use
    stops with the next quarter.
    """
    assert LocationFacts.model_fields["in_aggregates"].default is False
    ingest = await neighbours.open("ingest")
    await fill(neighbours, ingest, 30, willing=False)
    owners = await fill(neighbours, ingest, 5)
    await ingest.step("aggregates")
    first = (await shown(neighbours, ingest)).json()
    assert first["contributing_subscribers"] == 5
    totals = [cell["consumers"] for cell in first["cells"] if cell["dimension"] == "total"]
    assert totals == [5 * _PEOPLE // 20 * 20]
    connection = await asyncpg.connect(ingest.database.superuser)
    [row] = await connection.fetch(
        "select id, body from directory where kind = 'location' and subscriber_id = $1", owners[0]
    )
    await connection.close()
    changed = LocationFacts.model_validate_json(row["body"]).model_copy(update={"in_aggregates": False})
    await neighbours.push("ingest", "location", row["id"], changed, subscriber_id=owners[0], version=2)
    cast("ManualClock", neighbours.clock).move(timedelta(days=95))
    await ingest.step("aggregates")
    later = (await shown(neighbours, ingest)).json()
    assert (later["contributing_subscribers"], later["cells"]) == (4, [])


async def test_two_workers_release_one_quarter_once(neighbours: Neighbours) -> None:
    """S-101: the first stands, or two counts of the same quarter could be subtracted."""
    ingest = await neighbours.open("ingest")
    await fill(neighbours, ingest, 6)
    done = await asyncio.gather(*(ingest.step("aggregates") for _ in range(3)))
    assert sum(done) == 1
    other = await ingest.http.get("/v1/aggregates", headers=service_headers("scheduler", "ingest"))
    assert other.status_code == 403
