"""Open Dental, by its REST API or read-only from its MySQL or MariaDB on the practice's network (domain 3.1).

Deleted appointments and guardians leave no trace there, so what was seen before and is not there now is taken for gone (N-44).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from services.ingest.connectors._mysql import FETCH, connect, stream_rows
from services.ingest.domain.connector import (
    Connector,
    Found,
    Mark,
    Raw,
    Reading,
    SourceFailedError,
    SourceItem,
    Web,
    Whole,
)
from services.ingest.domain.open_dental_records import table_of, translate
from services.ingest.domain.source_values import key, text
from services.ingest.domain.vanished import remember, vanished
from shared.schemas.location import ZoneName

_NAME: Final = "Open Dental"
_PAGE: Final = 100
_MOST_PAGES: Final = 20_000
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
        " t.Description from recall r left join recalltype t on t.RecallTypeNum = r.RecallTypeNum order by r.RecallNum"
    ),
    "commoptout": "select CommOptOutNum, PatNum, OptOutEmail from commoptout order by CommOptOutNum",
    "guardian": "select GuardianNum, PatNumChild, PatNumGuardian, IsGuardian from guardian order by GuardianNum",
    "patientlink": (
        "select PatientLinkNum, PatNumFrom, PatNumTo, DateTimeLink from patientlink where LinkType = 1 order by PatientLinkNum"
    ),
    "future": "select AptNum from appointment where AptDateTime >= %s and AptStatus = 1",
    "clock": "select now() as at_server",
}
_UNDATED: Final = ("commoptout", "guardian", "patientlink")
_WHOLE: Final = Whole(frozenset(("recare_due",)))
"""Recalls are recalculated at any time and removed without a trace: all of them are read each time (domain 3.1)."""


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
        clocks = [row async for row in stream_rows(_NAME, connection, _SQL["clock"])]
        for table in ("patient", *_UNDATED, "appointment"):
            async for row in stream_rows(_NAME, connection, _SQL[table], () if table in _UNDATED else (since,)):
                yield sight.item(table, row)
        yield _WHOLE
        async for row in stream_rows(_NAME, connection, _SQL["recall"]):
            yield sight.item("recall", row)
        rows = [row async for row in stream_rows(_NAME, connection, _SQL["future"], (_written(now),))]
    finally:
        connection.close()
    future = {key(row.get("AptNum")) for row in rows}
    past = await _passed(settings, reading, future)
    for item in sight.gone(future | past):
        yield item
    yield sight.mark(_begun(now, clocks), future)


async def _passed(settings: OpenDentalSettings, reading: Reading, future: set[str]) -> set[str]:
    """Return which of the appointments that are no longer ahead are still there: their time has come, or their status changed."""
    missing = [int(found) for found in vanished(reading.cursor, "future", future) if found.isdigit()]
    still: set[str] = set()
    if not missing:
        return still
    connection = await _connected(settings)
    try:
        for start in range(0, len(missing), FETCH):
            part = missing[start : start + FETCH]
            sql = f"select AptNum from appointment where AptNum in ({', '.join(['%s'] * len(part))})"  # noqa: S608 - marks only
            still |= {key(row.get("AptNum")) async for row in stream_rows(_NAME, connection, sql, tuple(part))}
    finally:
        connection.close()
    return still


def _connected(settings: OpenDentalSettings) -> Awaitable[Any]:
    place = settings.model_dump(include={"host", "port", "user", "password", "database", "ca_file"})
    return connect(_NAME, **place)


async def _by_api(settings: OpenDentalSettings, reading: Reading) -> AsyncIterator[Found]:
    keys = f"{settings.developer_key.get_secret_value()}/{settings.customer_key.get_secret_value()}"

    async def sign(_: Web) -> Mapping[str, str]:
        return {"Authorization": f"ODFHIR {keys}"}

    web = reading.open_web(settings.url, sign=sign)
    sight, since = _Sight(settings, reading), reading.cursor.get("since", _START)
    now = reading.now.astimezone(ZoneInfo(settings.zone))
    clocks = [row async for row in _queried(web, _SQL["clock"])]
    async for row in _pages(web, "patients/Simple", {"DateTStamp": since}):
        yield sight.item("patient", row)
    for table in _UNDATED:
        async for row in _queried(web, _SQL[table]):
            yield sight.item(table, row)
    kinds = {key(row.get("RecallTypeNum")): row.get("Description") async for row in _pages(web, "recalltypes", {})}
    async for row in _pages(web, "appointments", {"DateTStamp": since}):
        yield sight.item("appointment", row)
    yield _WHOLE
    async for row in _pages(web, "recalls", {}):
        yield sight.item("recall", row | {"Description": kinds.get(key(row.get("RecallTypeNum")))})
    ahead = {"dateStart": now.date().isoformat(), "dateEnd": (now + _FUTURE).date().isoformat()}
    future = {key(row.get("AptNum")) async for row in _pages(web, "appointments", ahead)}
    passed = set()
    for found in vanished(reading.cursor, "future", future):
        answer = await web.ask("GET", f"appointments/{found}", accept=(200, 404))
        passed |= {found} if answer.status == 200 else set()
    for item in sight.gone(future | passed):
        yield item
    yield sight.mark(_begun(now, clocks), future)


async def _pages(web: Web, path: str, params: dict[str, Any]) -> AsyncIterator[Raw]:
    """Yield the rows of a listing."""

    async def ask(offset: int) -> list[Any]:
        answer = await web.get(path, params | {"Offset": offset})
        if not isinstance(answer, list):
            raise SourceFailedError(f"Open Dental answered {path} with something that is no list.")
        return answer

    async for row in _by_offset(path, ask):
        yield row


async def _queried(web: Web, sql: str) -> AsyncIterator[Raw]:
    """Yield the rows of a query by the API's read-only `ShortQuery`: it has no listing of refusals, and without them nothing may be sent."""

    async def ask(offset: int) -> list[Any]:
        params, command = {"Offset": offset}, {"SqlCommand": sql}
        try:
            answer = await web.ask("PUT", "queries/ShortQuery", params=params, json=command, accept=(200, 201, 404))
        except SourceFailedError as failed:
            raise SourceFailedError(
                f"{failed} Who refused e-mail stands only there: give the key the permission Queries."
            ) from None
        found = answer.read_json() if answer.status != 404 else []
        return found if isinstance(found, list) else []

    async for row in _by_offset("a query", ask):
        yield row


async def _by_offset(what: str, ask: Callable[[int], Awaitable[list[Any]]]) -> AsyncIterator[Raw]:
    """Yield rows, 100 a page, until a page is not full."""
    last: list[Any] = []
    for page in range(_MOST_PAGES):
        answer = await ask(page * _PAGE)
        if answer and answer == last:
            break
        for row in table_of(answer):
            yield row
        if len(answer) < _PAGE:
            return
        last = answer
    raise SourceFailedError(f"Open Dental's pages of {what} do not end.")


def _begun(now: datetime, clocks: list[Raw]) -> str:
    """Return from when on the next run reads, by our clock or the database's, whichever is behind: rows bear the database's time."""
    ours = now.replace(tzinfo=None)
    said = [moment for row in clocks if (moment := _wall(row.get("at_server")))]
    return _written(min([ours, *said]) - _OVERLAP)


def _wall(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text(value)).replace(tzinfo=None)
    except ValueError:
        return None


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
