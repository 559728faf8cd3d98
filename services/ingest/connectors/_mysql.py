"""Reads a practice's MySQL or MariaDB, and cannot write it, for connectors of databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pymysql
from pydantic import SecretStr
from pymysql.converters import encoders
from pymysql.cursors import SSDictCursor

from services.ingest.domain.connector import Raw, SourceFailedError

FETCH: Final = 500
_SAYS: Final = {
    1044: "the user may not use this database",
    1045: "the user or the password is refused",
    1049: "there is no database of this name",
    1142: "the user lacks the right to SELECT from a table it needs",
    1143: "the user lacks the right to SELECT a column it needs",
    1146: "a table of {name} is missing: is this its database, and of a version since 2021?",
    2003: "the server cannot be reached",
    2013: "the connection was lost",
}


async def connect(
    name: str, *, host: str, port: int, user: str, password: SecretStr, database: str, ca_file: Path | None
) -> Any:
    """Connect to the database of the system called `name`, and let the server itself refuse anything but reading. Raises SourceFailedError."""
    try:
        return await asyncio.to_thread(
            pymysql.connect,
            host=host,
            port=port,
            user=user,
            password=password.get_secret_value(),
            database=database,
            charset="utf8mb4",
            conv=encoders,
            connect_timeout=20,
            read_timeout=300,
            init_command="set session transaction read only",
            ssl_ca=str(ca_file) if ca_file else None,
            ssl_verify_cert=ca_file is not None,
            ssl_verify_identity=ca_file is not None,
        )
    except (pymysql.MySQLError, OSError) as error:
        raise _failed(name, error) from None


async def stream_rows(name: str, connection: Any, sql: str, values: tuple[Any, ...] = ()) -> AsyncIterator[Raw]:
    """Stream a query's rows, 500 at a time, every value as the text the server sent: year 1 and day 0 are no errors here."""
    cursor = connection.cursor(SSDictCursor)
    try:
        await asyncio.to_thread(cursor.execute, sql, values)
        while rows := await asyncio.to_thread(cursor.fetchmany, FETCH):
            for row in rows:
                yield {
                    column: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                    for column, value in row.items()
                }
    except (pymysql.MySQLError, OSError) as error:
        raise _failed(name, error) from None
    finally:
        cursor.close()


def _failed(name: str, error: Exception) -> SourceFailedError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    said = _SAYS.get(code, "an error of MySQL").format(name=name)
    return SourceFailedError(f"{name}'s database cannot be read: {said} ({code}).")
