"""Every service's database is what its tables say, and row-level security is real."""

import importlib
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.migrations.run import config_of
from tests.fixtures.database import MakeDatabase
from tests.house.sources import SERVICES

_NOBODYS = {
    *(
        "changes",
        "feed_marks",
        "feed_readers",
        "cursors",
        "outbox",
        "directory",
        "idempotency",
        "leases",
        "service_state",
    ),
    "alembic_version",
}
"""Plumbing that belongs to no subscriber (kit/tables.py)."""

_NAMED: dict[str, set[str]] = {
    "ingest": {"staging_0", "staging_1", "staging_2", "staging_3", "aggregate_releases", "aggregate_cells"},
    "scheduler": {"published_contents", "open_days"},
    "mailer": {
        *("contents", "claims", "follower_state", "suppressions", "stops", "cancellations"),
        *("routes", "route_shares", "paces"),
    },
    "optout": {
        "suppression_log",
        "suppression_head",
        "lease_holders",
        "privacy_mails",
        "door_tries",
        "journal_checkpoints",
    },
    "portal": {"signing_keys", "full_pushes", "operators"},
}
"""The named list of architecture 5: tables whose key does not start with a subscriber, each with a reason in its service's tables.py."""


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_and_migrations_agree(service: str, make_database: MakeDatabase) -> None:
    """Architecture 6: no drift from the tables."""
    database = make_database(service)
    metadata = importlib.import_module(f"services.{service}.store.tables").metadata
    engine = create_async_engine(
        database.superuser.replace("postgresql://", "postgresql+asyncpg://"), poolclass=NullPool
    )

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        return [
            difference
            for difference in compare_metadata(context, metadata)
            if not (
                isinstance(difference, tuple)
                and difference[0] == "remove_table"
                and difference[1].name == "alembic_version"
            )
        ]

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
def test_a_chain_has_one_head_and_numbered_files(service: str) -> None:
    """Architecture 6: 0001_<verb>_<noun>.py, one chain per service."""
    scripts = ScriptDirectory.from_config(config_of(service))
    assert len(scripts.get_heads()) == 1
    for number, revision in enumerate(reversed(list(scripts.walk_revisions())), start=1):
        assert revision.path.rpartition("/")[2].startswith(f"{number:04d}_")


@pytest.mark.parametrize("service", SERVICES)
async def test_row_level_security_is_forced_and_keys_start_with_the_subscriber(
    service: str, make_database: MakeDatabase
) -> None:
    """S3, S7, I4: enabled and forced on every table of a subscriber, policies read and write, keys lead with subscriber_id."""
    connection = await asyncpg.connect(make_database(service).superuser)
    try:
        tables = await connection.fetch(
            "select c.oid, c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')"
        )
        free = _NOBODYS | _NAMED[service]
        assert [row["name"] for row in tables if not row["forced"] and row["name"] not in free] == []
        keys = await connection.fetch(
            "select c.relname as table, i.indexrelid::regclass::text as key, (select attname from pg_attribute a where a.attrelid = c.oid "
            "and a.attnum = i.indkey[0]) as first from pg_index i join pg_class c on c.oid = i.indrelid "
            "join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and i.indisunique"
        )
        assert [row["key"] for row in keys if row["first"] != "subscriber_id" and row["table"] not in free] == []
        policies = await connection.fetch("select tablename, qual, with_check, cmd from pg_policies")
        assert [
            row["tablename"]
            for row in policies
            if row["cmd"] == "ALL" and (row["qual"] is None or row["with_check"] is None)
        ] == []
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_roles_own_nothing_and_a_stranger_sees_nothing(service: str, make_database: MakeDatabase) -> None:
    """S4, S91: no context, no rows; neither role can change the schema."""
    database = make_database(service)
    connection = await asyncpg.connect(database.api)
    try:
        names = await connection.fetch("select tablename from pg_policies where policyname = tablename || '_api'")
        for row in names:
            if await connection.fetchval("select has_table_privilege($1, 'select')", row["tablename"]):
                assert await connection.fetchval(f"select count(*) from {row['tablename']}") == 0
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("create table intruder (id int)")
    finally:
        await connection.close()
