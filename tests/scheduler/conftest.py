"""Fixtures of the scheduler's tests: one database for all of them, emptied in between, because fifty clones cost more than the tests."""

from collections.abc import Iterator

import asyncpg
import pytest

from shared.kit.clock import ManualClock
from tests.fixtures.database import MakeDatabase, ServiceDatabase, _as_superuser, _clone, blocking
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

_EMPTY = """
do $$ begin
    execute (select 'truncate ' || string_agg(format('%I', tablename), ', ') from pg_tables
             where schemaname = 'public' and tablename not in ('alembic_version', 'service_state'));
    update service_state set on_hold = false;
end $$
"""


async def _empty(database: ServiceDatabase) -> None:
    connection = await asyncpg.connect(database.superuser)
    try:
        await connection.execute(_EMPTY)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def kept_database() -> Iterator[ServiceDatabase]:
    """Return the scheduler's database of this run."""
    database = blocking(_clone("scheduler"))
    yield database
    blocking(_as_superuser(f"drop database if exists {database.name} with (force)"))


@pytest.fixture
def make_database(kept_database: ServiceDatabase) -> Iterator[MakeDatabase]:
    """Return the kept database, empty again for each test."""

    def make(service: str) -> ServiceDatabase:
        assert service == "scheduler", "the neighbours here are fakes at the HTTP border"
        return kept_database

    yield make
    blocking(_empty(kept_database))


@pytest.fixture
async def practice(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice with reminder and thanks switched on. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    made = await open_practice(clock, neighbours)
    for kind in ("appointment_reminder", "visit_thanks"):
        assert (await made.switch_on(kind)).status_code == 201
    return made


@pytest.fixture
async def asking(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice that asks to confirm appointments two weeks and three days before, and sends nothing else."""
    made = await open_practice(clock, neighbours)
    assert (await made.switch_on("appointment_confirm_request")).status_code == 201
    return made
