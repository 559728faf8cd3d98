"""Open Dental, by its REST API or read-only from its MySQL or MariaDB on the practice's network (domain 3.1).

Deleted appointments and guardians leave no trace there, so what was seen before and is not there now is taken for gone (N-44).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self
from zoneinfo import ZoneInfo

import pymysql
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pymysql.converters import encoders
from pymysql.cursors import SSDictCursor

from services.ingest.domain.connector import Connector, Found, Mark, Raw, Reading, SourceFailedError, SourceItem, Web
from services.ingest.domain.open_dental_records import table_of, translate
from services.ingest.domain.source_values import key, text
from services.ingest.domain.vanished import remember, vanished
from shared.schemas.location import ZoneName

_PAGE: Final = 100
_MOST_PAGES: Final = 20_000
_FETCH: Final = 500
_OVERLAP: Final = timedelta(minutes=10)
_START: Final = "1900-01-01 00:00:00"
_FUTURE: Final = timedelta(days=800)
_SQL: Final = {
    "patient": (
        "select PatNum, LName, FName, Preferred, PatStatus, Birthdate, Email, HmPhone, WirelessPhone, Guarantor, Language, PreferContactMethod,"
        " PreferConfirmMethod, PreferRecallMethod, DateTStamp from patient where DateTStamp >= %s order by DateTStamp, PatNum"
    ),
    "appointment": (
        "select a.AptNum, a.PatNum, a.AptStatus, a.Pattern, a.AptDateTime, a.DateTStamp, a.SecDateTEntry, a.DateTimeArrived, a.DateTimeDismissed,"
        " d.ItemName as confirmed from appointment a left join definition d on d.DefNum = a.Confirmed"
        " where a.DateTStamp >= %s order by a.DateTStamp, a.AptNum"
    ),
    "recall": (
        "select r.RecallNum, r.PatNum, r.DateDue, r.RecallInterval, r.IsDisabled, r.DateTStamp, r.RecallTypeNum, r.DisableUntilDate, r.DateScheduled,"
        " t.Description from recall r left join recalltype t on t.RecallTypeNum = r.RecallTypeNum"
        " where r.DateTStamp >= %s order by r.DateTStamp, r.RecallNum"
    ),
    "commoptout": "select CommOptOutNum, PatNum, OptOutEmail from commoptout order by CommOptOutNum",
    "guardian": "select GuardianNum, PatNumChild, PatNumGuardian, IsGuardian from guardian order by GuardianNum",
    "patientlink": (
        "select PatientLinkNum, PatNumFrom, PatNumTo, DateTimeLink from patientlink where LinkType = 1 order by PatientLinkNum"
    ),
    "future": "select AptNum from appointment where AptDateTime >= %s and AptStatus = 1",
}
_UNDATED: Final = ("commoptout", "guardian", "patientlink")
_MYSQL_SAYS: Final = {
    1044: "the user may not use this database",
    1045: "the user or the password is refused",
    1049: "there is no database of this name",
    1142: "the user lacks the right to SELECT from a table it needs",
    1143: "the user lacks the right to SELECT a column it needs",
    1146: "a table of Open Dental is missing: is this its database, and of a version since 2021?",
    2003: "the server cannot be reached",
    2013: "the connection was lost",
}


class OpenDentalSettings(BaseModel):
    """The API's two keys, or the database and a user with SELECT alone."""

    model_config = ConfigDict(extra="forbid")

    via: Literal["api", "mysql"] = Field(default="api", description="the REST API, or the database itself")
    zone: ZoneName = Field(description="zone of the practice: Open Dental writes times without one")
    confirmed_words: list[str] = Field(
        default=["appointment confirmed", "confirmed"],
        description="confirmation statuses that mean confirmed, as the practice calls them",
    )
    url: str = Field(default="https://api.opendental.com/api/v1", description="base URL of the API")
    developer_key: SecretStr = Field(default=SecretStr(""), description="developer key of the API")
    customer_key: SecretStr = Field(default=SecretStr(""), description="the practice's key of the API")
    host: str = Field(default="127.0.0.1", description="host of the database")
    port: int = Field(default=3306, ge=1, le=65535, description="its port")
    database: str = Field(default="opendental", description="its name")
    user: str = Field(default="", description="a user with SELECT on the tables named under reads")
    password: SecretStr = Field(default=SecretStr(""), description="the user's password")
    ca_file: Path | None = Field(default=None, description="CA certificate, for a database that offers TLS")

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        keys = self.developer_key.get_secret_value() and self.customer_key.get_secret_value()
        if self.via == "api" and not keys:
            raise ValueError("the API needs developer_key and customer_key")
        if self.via == "mysql" and not self.user:
            raise ValueError("the database needs a user and a password")
        return self


class _Sight:
    """What a run has seen: marks rows as the practice's words and zone say, and remembers what may vanish."""

    def __init__(self, settings: OpenDentalSettings, reading: Reading) -> None:
        self._settings, self._reading = settings, reading
        self._words = {word.lower() for word in settings.confirmed_words}
        self.guardians: set[str] = set()

    def item(self, table: str, row: Raw) -> SourceItem:
        """Return a row as an item."""
        if table == "appointment":
            row = row | {"is_confirmed": text(row.get("confirmed")).lower() in self._words}
        elif table == "guardian":
            self.guardians.add(key(row.get("GuardianNum")))
        return SourceItem({table: row, "zone": self._settings.zone}, self._reading.now)

    def gone(self, future: set[str]) -> Iterable[SourceItem]:
        """Yield deletions of what the last run saw and this one does not."""
        cursor = self._reading.cursor
        for name, table, column, present in (
            ("future", "appointment", "AptNum", future),
            ("guardians", "guardian", "GuardianNum", self.guardians),
        ):
            for found in vanished(cursor, name, present):
                yield SourceItem(
                    {table: {column: found, "deleted": True}, "zone": self._settings.zone}, self._reading.now
                )

    def mark(self, since: str, future: set[str]) -> Mark:
        """Return where the next run goes on."""
        return Mark({"since": since, "future": remember(future), "guardians": remember(self.guardians)})


async def read(settings: OpenDentalSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield what changed since the last run, refusals and guardians always, and what is gone."""
    found = _by_api(settings, reading) if settings.via == "api" else _by_mysql(settings, reading)
    async for event in found:
        yield event


async def _by_mysql(settings: OpenDentalSettings, reading: Reading) -> AsyncIterator[Found]:
    sight, since = _Sight(settings, reading), reading.cursor.get("since", _START)
    now = reading.now.astimezone(ZoneInfo(settings.zone))
    connection = await _connected(settings)
    try:
        for table in ("patient", *_UNDATED, "appointment", "recall"):
            async for row in _rows(connection, _SQL[table], () if table in _UNDATED else (since,)):
                yield sight.item(table, row)
        rows = [row async for row in _rows(connection, _SQL["future"], (_written(now),))]
    finally:
        connection.close()
    future = {key(row.get("AptNum")) for row in rows}
    past = await _passed(settings, reading, future)
    for item in sight.gone(future | past):
        yield item
    yield sight.mark(_written(now - _OVERLAP), future)


async def _passed(settings: OpenDentalSettings, reading: Reading, future: set[str]) -> set[str]:
    """Return which of the appointments that are no longer ahead are still there: their time has come, or their status changed."""
    missing = [int(found) for found in vanished(reading.cursor, "future", future) if found.isdigit()]
    still: set[str] = set()
    if not missing:
        return still
    connection = await _connected(settings)
    try:
        for start in range(0, len(missing), _FETCH):
            part = missing[start : start + _FETCH]
            sql = f"select AptNum from appointment where AptNum in ({', '.join(['%s'] * len(part))})"  # noqa: S608 - marks only
            still |= {key(row.get("AptNum")) async for row in _rows(connection, sql, tuple(part))}
    finally:
        connection.close()
    return still


async def _connected(settings: OpenDentalSettings) -> Any:
    """Connect, and let the server itself refuse anything but reading."""
    try:
        return await asyncio.to_thread(
            pymysql.connect,
            host=settings.host,
            port=settings.port,
            user=settings.user,
            password=settings.password.get_secret_value(),
            database=settings.database,
            charset="utf8mb4",
            conv=encoders,
            connect_timeout=20,
            read_timeout=300,
            init_command="set session transaction read only",
            ssl_ca=str(settings.ca_file) if settings.ca_file else None,
            ssl_verify_cert=settings.ca_file is not None,
            ssl_verify_identity=settings.ca_file is not None,
        )
    except (pymysql.MySQLError, OSError) as error:
        raise _failed(error) from None


async def _rows(connection: Any, sql: str, values: tuple[Any, ...]) -> AsyncIterator[Raw]:
    """Stream a query's rows, 500 at a time, every value as the text the server sent: year 1 and day 0 are no errors here."""
    cursor = connection.cursor(SSDictCursor)
    try:
        await asyncio.to_thread(cursor.execute, sql, values)
        while rows := await asyncio.to_thread(cursor.fetchmany, _FETCH):
            for row in rows:
                yield {
                    name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                    for name, value in row.items()
                }
    except (pymysql.MySQLError, OSError) as error:
        raise _failed(error) from None
    finally:
        cursor.close()


def _failed(error: Exception) -> SourceFailedError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    return SourceFailedError(
        f"Open Dental's database cannot be read: {_MYSQL_SAYS.get(code, 'an error of MySQL')} ({code})."
    )


async def _by_api(settings: OpenDentalSettings, reading: Reading) -> AsyncIterator[Found]:
    keys = f"{settings.developer_key.get_secret_value()}/{settings.customer_key.get_secret_value()}"

    async def sign(_: Web) -> Mapping[str, str]:
        return {"Authorization": f"ODFHIR {keys}"}

    web = reading.open_web(settings.url, sign=sign)
    sight, since = _Sight(settings, reading), reading.cursor.get("since", _START)
    now = reading.now.astimezone(ZoneInfo(settings.zone))
    async for row in _pages(web, "patients/Simple", {"DateTStamp": since}):
        yield sight.item("patient", row)
    for table in _UNDATED:
        async for row in _queried(web, _SQL[table]):
            yield sight.item(table, row)
    kinds = {key(row.get("RecallTypeNum")): row.get("Description") async for row in _pages(web, "recalltypes", {})}
    async for row in _pages(web, "appointments", {"DateTStamp": since}):
        yield sight.item("appointment", row)
    async for row in _pages(web, "recalls", {}):  # volatile, and the API tells no changes of them alone
        yield sight.item("recall", row | {"Description": kinds.get(key(row.get("RecallTypeNum")))})
    ahead = {"dateStart": now.date().isoformat(), "dateEnd": (now + _FUTURE).date().isoformat()}
    future = {key(row.get("AptNum")) async for row in _pages(web, "appointments", ahead)}
    passed = set()
    for found in vanished(reading.cursor, "future", future):
        answer = await web.ask("GET", f"appointments/{found}", accept=(200, 404))
        passed |= {found} if answer.status == 200 else set()
    for item in sight.gone(future | passed):
        yield item
    yield sight.mark(_written(now - _OVERLAP), future)


async def _pages(web: Web, path: str, params: dict[str, Any]) -> AsyncIterator[Raw]:
    """Yield the rows of a listing, 100 a page, until a page is not full."""
    last: Any = None
    for page in range(_MOST_PAGES):
        answer = await web.get(path, params | {"Offset": page * _PAGE})
        if not isinstance(answer, list):
            raise SourceFailedError(f"Open Dental answered {path} with something that is no list.")
        if page and answer and answer == last:
            raise SourceFailedError(f"Open Dental's pages of {path} do not end.")
        for row in table_of(answer):
            yield row
        if len(answer) < _PAGE:
            return
        last = answer
    raise SourceFailedError(f"Open Dental's pages of {path} do not end.")


async def _queried(web: Web, sql: str) -> AsyncIterator[Raw]:
    """Yield the rows of a query by the API's read-only `ShortQuery`: it has no listing of refusals, and without them nothing may be sent."""
    for page in range(_MOST_PAGES):
        try:
            answer = await web.ask(
                "PUT",
                "queries/ShortQuery",
                params={"Offset": page * _PAGE},
                json={"SqlCommand": sql},
                accept=(200, 201, 404),
            )
        except SourceFailedError as failed:
            raise SourceFailedError(
                f"{failed} Who refused e-mail stands only there: give the key the permission Queries."
            ) from None
        rows = table_of(answer.read_json()) if answer.status != 404 else []
        for row in rows:
            yield row
        if len(rows) < _PAGE:
            return
    raise SourceFailedError("Open Dental's answer to a query does not end.")


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


CONNECTOR: Final = Connector(
    slug="open_dental",
    description="Open Dental, by its REST API or read-only from its MySQL or MariaDB",
    settings=OpenDentalSettings,
    read=read,
    translate=translate,
    needs="API: developer and customer key with ReadAll and Queries; database: a user with SELECT alone on the tables below",
    reads="patient (no SSN, no notes), commoptout, guardian, patientlink, appointment, definition, recall, recalltype",
)
