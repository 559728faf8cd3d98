"""Each service reaches its own database by three weak roles and nothing else."""

import asyncio
import contextlib

import asyncpg
import pytest

from deploy.local.cannot_run import CannotRunError
from deploy.local.databases import close_to_others, provision, provision_service
from deploy.local.names import SERVICES, ServiceUrls, all_roles
from deploy.local.postgres import EmbeddedPostgres

PASSWORDS = {role: f"{role}-password" for role in all_roles()}


@pytest.fixture(scope="module")
def urls(server: EmbeddedPostgres) -> dict[str, ServiceUrls]:
    """All five databases, made twice: the second time changes nothing."""
    provision(server.url(), PASSWORDS)
    close_to_others(server.url())
    return provision(server.url(), PASSWORDS)


async def test_a_role_of_one_service_cannot_connect_to_another_database(urls: dict[str, ServiceUrls]) -> None:
    """Architecture 5: five databases, each reached by its own three roles only."""
    for service in SERVICES:
        for other in (*(f"dueback_{name}" for name in SERVICES if name != service), "postgres", "template1"):
            for own in (urls[service].owner, urls[service].api, urls[service].worker):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(own.rpartition("/")[0] + f"/{other}")


async def test_api_and_worker_read_what_they_were_granted_and_make_nothing(urls: dict[str, ServiceUrls]) -> None:
    """Architecture 5: no tables, no temporary tables, no rights beyond grants."""
    owner = await asyncpg.connect(urls["ingest"].owner)
    await owner.execute(
        "create table seen (n int); grant select on seen to dueback_ingest_api; create table hidden (n int)"
    )
    await owner.close()
    api = await asyncpg.connect(urls["ingest"].api)
    try:
        assert await api.fetch("select * from seen") == []
        for forbidden in ("select * from hidden", "create table mine (n int)", "create temp table mine (n int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.execute(forbidden)
    finally:
        await api.close()


async def test_optout_gets_in_when_another_service_has_used_up_the_connections(urls: dict[str, ServiceUrls]) -> None:
    """Reliability 5.4: opting out has a quota of its own in the server that all share."""
    greedy: list[asyncpg.Connection] = []
    try:
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while True:
                greedy.append(await asyncpg.connect(urls["mailer"].worker))
        for url in (urls["optout"].api, urls["optout"].worker):
            await (await asyncpg.connect(url)).close()
        with pytest.raises(asyncpg.TooManyConnectionsError):
            await asyncpg.connect(urls["portal"].api)
    finally:
        await asyncio.gather(*(connection.close() for connection in greedy))


async def test_roles_are_weak_and_bounded_in_time(server: EmbeddedPostgres, urls: dict[str, ServiceUrls]) -> None:
    """Architecture 5: no superuser, no BYPASSRLS; nobody holds a transaction open for ever."""
    connection = await asyncpg.connect(server.url())
    try:
        strong = await connection.fetch(
            "select rolname from pg_roles where rolname like 'dueback%' and"
            " (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)"
        )
        assert strong == []
        assert (
            await connection.fetchval("select count(*) from pg_roles where rolname like 'dueback%' and rolcanlogin")
            == 15
        )
    finally:
        await connection.close()
    for url in (urls["mailer"].api, urls["mailer"].worker):
        role = await asyncpg.connect(url)
        for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert await role.fetchval(f"show {setting}") != "0"
        await role.close()


async def test_an_administrator_without_superuser_rights_is_enough(server: EmbeddedPostgres) -> None:
    """Architecture 8: DATABASE_URL of a managed server; CREATEROLE and CREATEDB suffice, and less is named."""
    connection = await asyncpg.connect(server.url())
    await connection.execute("create role chief login createrole createdb password 'chief-password'")
    await connection.execute("create role guest login password 'guest-password'")
    await connection.execute("grant connect on database postgres to chief, guest")
    await connection.close()

    def as_user(name: str) -> str:
        return f"postgresql://{name}:{name}-password@127.0.0.1:{server.port}/postgres"

    renamed = {role: PASSWORDS[role] for role in all_roles()}
    with pytest.raises(CannotRunError, match="CREATEROLE and CREATEDB"):
        provision_service(as_user("guest"), "portal", renamed, prefix="guests")
    with EmbeddedPostgres(server.folder.parent / "managed", durable=False) as managed:
        admin = await asyncpg.connect(managed.url())
        await admin.execute("create role chief login createrole createdb password 'chief-password'")
        await admin.close()
        made = provision_service(
            f"postgresql://chief:chief-password@127.0.0.1:{managed.port}/postgres", "portal", PASSWORDS
        )
        owner = await asyncpg.connect(made.owner)
        await owner.execute("create table mine (n int)")
        await owner.close()


async def test_a_role_with_too_many_rights_is_refused(server: EmbeddedPostgres, urls: dict[str, ServiceUrls]) -> None:
    """Architecture 5: somebody made our worker a superuser; we say so and do not use it."""
    assert urls
    connection = await asyncpg.connect(server.url())
    await connection.execute("alter role dueback_portal_worker superuser")
    try:
        with pytest.raises(CannotRunError, match="dueback_portal_worker already exists with rights"):
            provision_service(server.url(), "portal", PASSWORDS)
    finally:
        await connection.execute("alter role dueback_portal_worker nosuperuser")
        await connection.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://x", "must look like postgresql://"),
        ("postgresql://a:b@127.0.0.1:port/x", "port in DATABASE_URL"),
        ("postgresql://a:b@127.0.0.1:1/x", "No connection to PostgreSQL at 127.0.0.1:1"),
    ],
)
def test_a_wrong_database_url_is_answered_with_a_sentence(url: str, sentence: str) -> None:
    """Bad input; the password is not repeated."""
    with pytest.raises(CannotRunError, match=sentence) as refused:
        provision(url, PASSWORDS)
    assert ":b@" not in str(refused.value)
