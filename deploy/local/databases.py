"""Make the five databases and their fifteen login roles, because each service may reach its own data and nothing else."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.cannot_run import CannotRunError
from deploy.local.names import AGGREGATES, PARTS, SERVICES, ServiceUrls, role_name
from deploy.local.scram import scram_verifier

__all__ = ["ServiceUrls", "close_to_others", "provision", "provision_service", "service_urls"]

ONE_AT_A_TIME = 0x64756562  # "dueb": advisory lock of everybody who makes roles and databases
CONNECT_S = 15.0
NEVER_SHED = "optout"
"""Opting out goes on when everything else has taken what there is (reliability 5.4)."""

# In milliseconds. The API answers people; a worker plans a million consumers in one statement; the owner only migrates.
TIMEOUTS = {
    "api": {
        "statement_timeout": 30_000,
        "lock_timeout": 5_000,
        "idle_in_transaction_session_timeout": 30_000,
    },
    "worker": {
        "statement_timeout": 300_000,
        "lock_timeout": 15_000,
        "idle_in_transaction_session_timeout": 60_000,
    },
    "owner": {
        "statement_timeout": 3_600_000,
        "lock_timeout": 120_000,
        "idle_in_transaction_session_timeout": 600_000,
    },
}


def provision(admin_url: str, passwords: Mapping[str, str], prefix: str = "dueback") -> dict[str, ServiceUrls]:
    """Databases `<prefix>_<service>` and roles for all services in the server behind `admin_url`; safe to repeat.

    `passwords` maps the role names of `names.all_roles` to passwords. `prefix` moves the databases only. The user in
    `admin_url` needs to be superuser, or CREATEROLE with CREATEDB. Blocks; may be called with a running event loop.
    Raises `CannotRunError`.
    """
    return {service: provision_service(admin_url, service, passwords, prefix) for service in SERVICES}


def provision_service(
    admin_url: str, service: str, passwords: Mapping[str, str], prefix: str = "dueback"
) -> ServiceUrls:
    """The same for one service, for operators who give each its own server. Raises `CannotRunError`."""
    urls = service_urls(admin_url, service, passwords, prefix)
    _blocking(_provision(_plain(admin_url), service, f"{prefix}_{service}", passwords, urls.owner))
    return urls


def service_urls(admin_url: str, service: str, passwords: Mapping[str, str], prefix: str = "dueback") -> ServiceUrls:
    """The URLs that `provision_service` makes valid, without touching the server."""
    admin = _plain(admin_url)
    roles = [role_name(service, part) for part in PARTS]
    return ServiceUrls(*(_url_for(admin, role, passwords[role], f"{prefix}_{service}") for role in roles))


def close_to_others(admin_url: str) -> None:
    """In a server that is ours alone: nobody but the superuser connects to the databases PostgreSQL itself made."""

    async def close() -> None:
        connection = await _connect(_plain(admin_url))
        try:
            await connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE postgres FROM PUBLIC")
            await connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE template1 FROM PUBLIC")
        finally:
            await connection.close()

    _blocking(close())


async def _provision(admin: str, service: str, database: str, passwords: Mapping[str, str], owner_url: str) -> None:
    connection = await _connect(admin)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ONE_AT_A_TIME)
        for part in PARTS:
            await _make_role(connection, part, role_name(service, part), passwords[role_name(service, part)])
        if service == NEVER_SHED:
            await _reserve_connections(connection, service)
        if service == "ingest":
            await _make_counting_role(connection, role_name(service, "worker"))
        await _make_database(connection, service, database)
    except asyncpg.InsufficientPrivilegeError as error:
        raise CannotRunError(
            f"The user in DATABASE_URL may not prepare {database} ({error}): give it CREATEROLE and CREATEDB."
        ) from None
    except asyncpg.DiskFullError:
        raise CannotRunError("The disk of PostgreSQL is full: make room and start again.") from None
    except asyncpg.PostgresError as error:
        raise CannotRunError(f"PostgreSQL could not prepare {database}: {str(error).splitlines()[0]}.") from None
    finally:
        await connection.close()
    as_owner = await _connect(owner_url)
    try:
        users = [
            role_name(service, "api"),
            role_name(service, "worker"),
            *([AGGREGATES] if service == "ingest" else []),
        ]
        await as_owner.execute(
            f"REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {', '.join(users)}"
        )
    finally:
        await as_owner.close()


async def _make_role(connection: asyncpg.Connection, part: str, role: str, password: str) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f'CREATE ROLE "{role}" LOGIN')
    flag_rows = await connection.fetch(
        "SELECT rolsuper OR rolbypassrls OR rolreplication AS strong, rolcreatedb OR rolcreaterole AS makes"
        " FROM pg_roles WHERE rolname = $1",
        role,
    )
    if flag_rows[0]["strong"] or flag_rows[0]["makes"]:
        raise CannotRunError(
            f"The role {role} already exists with rights it must not have: "
            f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEDB NOCREATEROLE."
        )
    await connection.execute(f"ALTER ROLE \"{role}\" LOGIN PASSWORD '{scram_verifier(password)}'")
    for name, milliseconds in TIMEOUTS[part].items():
        await connection.execute(f'ALTER ROLE "{role}" SET {name} = {milliseconds}')
    await connection.execute(f"ALTER ROLE \"{role}\" SET timezone = 'UTC'")
    await connection.execute(f'ALTER ROLE "{role}" SET jit = off')


async def _reserve_connections(connection: asyncpg.Connection, service: str) -> None:
    """Let a service in where all others have used up the server's connections: it may use those of `reserved_connections`.

    PostgreSQL 16 and newer, and only a superuser may grant it; elsewhere the operator does.
    """
    if connection.get_server_version().major >= 16 and await connection.fetchval(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ):
        roles = ", ".join(f'"{role_name(service, part)}"' for part in ("api", "worker"))
        await connection.execute(f"GRANT pg_use_reserved_connections TO {roles}")


async def _make_counting_role(connection: asyncpg.Connection, worker: str) -> None:
    """A role without a login, which the worker may take; what it may read stands in ingest's migrations."""
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", AGGREGATES):
        await connection.execute(f'CREATE ROLE "{AGGREGATES}" NOLOGIN')
    if not await connection.fetchval("SELECT pg_has_role($1, $2, 'MEMBER')", worker, AGGREGATES):
        await connection.execute(f'GRANT "{AGGREGATES}" TO "{worker}"')


async def _make_database(connection: asyncpg.Connection, service: str, database: str) -> None:
    owner = role_name(service, "owner")
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
        if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            await connection.execute(f'GRANT "{owner}" TO CURRENT_USER')  # else we may not make a database for it
        await _create_database(connection, owner, database)
    roles = ", ".join(f'"{role_name(service, part)}"' for part in PARTS)
    await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO {roles}')


async def _create_database(connection: asyncpg.Connection, owner: str, database: str) -> None:
    """Sorted by PostgreSQL's own C.UTF-8 where it has one (17), else by the system's, else by bytes."""
    make = f'CREATE DATABASE "{database}" OWNER "{owner}" TEMPLATE template0 ENCODING \'UTF8\''
    if connection.get_server_version().major >= 17:
        await connection.execute(f"{make} LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")
        return
    try:
        await connection.execute(f"{make} LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
    except asyncpg.WrongObjectTypeError:
        await connection.execute(f"{make} LC_COLLATE 'C' LC_CTYPE 'C'")


async def _connect(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=CONNECT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        where = urlsplit(url)
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CannotRunError(
            f"No connection to PostgreSQL at {where.hostname}:{where.port or 5432}: {reason}. Check DATABASE_URL."
        ) from None


def _plain(url: str) -> str:
    """The URL in the form asyncpg reads. Raises `CannotRunError` for anything that is no PostgreSQL URL."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgresql", "postgres"):
        raise CannotRunError("DATABASE_URL must look like postgresql://user:password@host:5432/postgres.")
    try:
        _port = urlsplit(f"postgresql://{rest}").port
    except ValueError:
        raise CannotRunError("The port in DATABASE_URL is not a number.") from None
    return f"postgresql://{rest}"


def _url_for(admin: str, user: str, password: str, database: str) -> str:
    parts = urlsplit(admin)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password, safe='')}@{host}", path=f"/{database}"))


def _blocking(work: Coroutine[object, object, None]) -> None:
    """Run to its end in a thread of its own, because the caller may have an event loop already."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        executor.submit(asyncio.run, work).result()
