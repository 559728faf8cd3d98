"""FHIR R4: a folder of NDJSON files, a server's bulk export (HL7 Bulk Data 2, with `_since` and `deleted`), or its search (traps in domain 3.4)."""

import gzip
import json
import re
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal, Self
from uuid import uuid4

import jwt
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from services.ingest.connectors._json_files import json_files, objects_in
from services.ingest.domain.connector import (
    Connector,
    Found,
    Mark,
    Raw,
    Reading,
    SourceFailedError,
    SourceItem,
    Web,
    begun_at,
)
from services.ingest.domain.fhir_records import translate
from services.ingest.domain.source_values import instant, number, table, tables, text

_ORDER: Final = ("Patient", "RelatedPerson", "Appointment", "Encounter", "Consent")
_MOST_PAGES: Final = 20_000
_MOST_LOOKS: Final = 3000
_LOOK_SECONDS: Final = 10.0
_PAGE: Final = 200
_OVERLAP: Final = timedelta(minutes=5)
"""A server's clock and its index may lag: what was changed shortly before the last run is asked for again."""


class FhirSettings(BaseModel):
    """A folder, or a server with its credentials."""

    model_config = ConfigDict(extra="forbid")

    folder: Path | None = Field(default=None, description="folder with the NDJSON files of an export")
    url: str = Field(default="", description="base URL of the FHIR server")
    mode: Literal["bulk", "search"] = Field(default="bulk", description="how the server is read")
    group: str = Field(
        default="", pattern=r"^[A-Za-z0-9.-]{0,64}$", description="id of the Group to export; else all patients"
    )
    token: SecretStr | None = Field(default=None, description="a bearer token, where the server gives a lasting one")
    client_id: str = Field(default="", description="client of SMART Backend Services")
    private_key: SecretStr | None = Field(default=None, description="its private key, PEM, for ES384 or RS384")
    token_url: str = Field(default="", description="the server's token endpoint, on the same host")
    scope: str = Field(default="system/*.read", description="what the token is asked for")
    file_hosts: list[str] = Field(default=[], description="further hosts the export's files may lie on")

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.folder is None) == (not self.url):
            raise ValueError("give a folder or a url")
        if bool(self.client_id) != bool(self.private_key and self.token_url):
            raise ValueError("client_id, private_key and token_url belong together")
        return self


async def read(settings: FhirSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield every resource, patients first. A line that is no JSON, or a file cut off in its last line, is said and not guessed."""
    if settings.folder is not None:
        for item in _folder(settings.folder):
            yield item
        return
    began = monotonic()

    def sign(web: Web) -> Awaitable[Mapping[str, str]]:
        return _sign(
            settings, web, reading.now + timedelta(seconds=monotonic() - began)
        )  # a run may outlast its tokens

    web = reading.open_web(settings.url, sign=sign, other_hosts=tuple(settings.file_hosts))
    found = _export(settings, reading, web) if settings.mode == "bulk" else _search(reading, web)
    async for event in found:
        yield event


async def _sign(settings: FhirSettings, web: Web, now: datetime) -> Mapping[str, str]:
    """Return the Authorization header: a given token, or one of SMART Backend Services (client assertion of RFC 7523, five minutes)."""
    if settings.token is not None:
        return {"Authorization": f"Bearer {settings.token.get_secret_value()}"}
    if settings.private_key is None:
        return {}
    form = {
        "grant_type": "client_credentials",
        "scope": settings.scope,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": _assertion(settings, settings.private_key.get_secret_value(), now),
    }
    answer = await web.ask("POST", settings.token_url, form=form, signed=False)
    token = text(table(answer.read_json()).get("access_token"), 8000)
    if not token:
        raise SourceFailedError("The FHIR server's token endpoint gave no token.")
    return {"Authorization": f"Bearer {token}"}


def _assertion(settings: FhirSettings, pem: str, now: datetime) -> str:
    until = int((now + timedelta(minutes=4)).timestamp())
    claims = {
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": settings.token_url,
        "exp": until,
        "jti": str(uuid4()),
    }
    for algorithm in ("ES384", "RS384"):
        with suppress(ValueError, TypeError, jwt.PyJWTError):
            return jwt.encode(claims, pem, algorithm=algorithm)
    raise SourceFailedError("The private key of the FHIR client is neither P-384 nor RSA in PEM.")


async def _export(settings: FhirSettings, reading: Reading, web: Web) -> AsyncIterator[Found]:
    """Kick off, look until it is ready, fetch the files; `_since` is the last export's transactionTime."""
    since = reading.cursor.get("since", "")
    params = {"_outputFormat": "application/fhir+ndjson", "_type": ",".join(_ORDER)} | (
        {"_since": since} if since else {}
    )
    accept = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
    place = f"Group/{settings.group}" if settings.group else "Patient"
    begun = await web.ask("GET", f"{place}/$export", params=params, headers=accept, accept=(202,))
    location = begun.headers.get("content-location", "")
    manifest = await _manifest(web, location)
    exported_at = instant(manifest.get("transactionTime"))
    if exported_at is None:
        raise SourceFailedError("The FHIR export's manifest has no transactionTime.")
    whole = True
    if tables(manifest.get("error")):
        yield SourceItem(None, exported_at, "export_reported_errors")
    files = sorted(tables(manifest.get("output")), key=lambda file: _rank(text(file.get("type"))))
    for file in (*files, *tables(manifest.get("deleted"))):
        count, expected = 0, number(file.get("count"))
        async for line in web.lines(text(file.get("url"), 4000)):
            if not line.strip():
                continue
            count += 1
            item = _item(line, exported_at)
            whole = whole and item.problem != "file_cut_off"
            yield item
        if expected is not None and count < expected:
            whole = False
            yield SourceItem(None, exported_at, "file_cut_off")
    if whole:
        yield Mark({"since": text(manifest.get("transactionTime"))})
    try:
        await web.ask("DELETE", location, accept=(200, 202, 204, 404, 405, 501))
    except SourceFailedError:
        return  # the server clears its own exports in time


async def _manifest(web: Web, location: str) -> dict[str, Any]:
    for _ in range(_MOST_LOOKS):
        answer = await web.ask("GET", location, headers={"Accept": "application/json"}, accept=(200, 202))
        if answer.status == 200:
            return table(answer.read_json())
        await web.pause(float(number(answer.headers.get("retry-after")) or _LOOK_SECONDS))
    raise SourceFailedError("The FHIR server did not finish its export in time.")


async def _search(reading: Reading, web: Web) -> AsyncIterator[Found]:
    """Page through what changed since the last run. Deleted resources do not appear in a search: a bulk export tells them."""
    since = reading.cursor.get("since", "")
    for kind in _ORDER:
        path = kind
        params: dict[str, Any] | None = {"_count": _PAGE} | ({"_lastUpdated": f"ge{since}"} if since else {})
        seen: set[str] = set()
        while path:
            bundle = await web.get(path, params)
            if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
                raise SourceFailedError(
                    f"The FHIR server answered a search for {kind} with something that is no Bundle."
                )
            for entry in tables(bundle.get("entry")):
                resource = table(entry.get("resource"))
                if resource.get("resourceType") == kind:
                    yield SourceItem(resource, reading.now)
            links = [
                text(link.get("url"), 8000) for link in tables(bundle.get("link")) if link.get("relation") == "next"
            ]
            path, params = (links[0] if links else ""), None
            if path in seen or len(seen) >= _MOST_PAGES:
                raise SourceFailedError(f"The FHIR server's pages of {kind} do not end.")
            seen.add(path)
    yield Mark({"since": (begun_at(reading, web) - _OVERLAP).isoformat()})


def _folder(folder: Path) -> Iterator[SourceItem]:
    """Yield the resources in a folder's NDJSON files, people first, then those in single JSON files."""
    files = sorted(
        (*folder.glob("*.ndjson"), *folder.glob("*.ndjson.gz")), key=lambda file: (_rank(file.name), file.name)
    )
    if not folder.is_dir():
        raise SourceFailedError("The folder of the FHIR export does not exist.")
    exported_at = _exported_at(folder)
    for file in files:
        if file.name.startswith("log."):
            continue
        seen_at = exported_at or datetime.fromtimestamp(file.stat().st_mtime, UTC)
        yield from _lines_of(file, seen_at)
    for file in json_files(folder):
        seen_at = exported_at or datetime.fromtimestamp(file.stat().st_mtime, UTC)
        for raw in objects_in(file):
            yield from _resources(raw, seen_at)


def _resources(raw: Raw | None, seen_at: datetime) -> Iterator[SourceItem]:
    """Yield a document's resource, or those in a Bundle that holds any."""
    if raw is None:
        yield SourceItem(None, seen_at, "line_unreadable")
        return
    inner = (
        [table(entry.get("resource")) for entry in tables(raw.get("entry"))]
        if raw.get("resourceType") == "Bundle"
        else []
    )
    yield from (SourceItem(resource, seen_at) for resource in [row for row in inner if row] or [raw])


def _lines_of(file: Path, seen_at: datetime) -> Iterator[SourceItem]:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as source:
            while line := source.readline(_MOST_LINE_OCTETS):
                if line.strip():
                    yield _item(line, seen_at)
    except (EOFError, gzip.BadGzipFile, OSError):
        yield SourceItem(None, seen_at, "file_cut_off")


_MOST_LINE_OCTETS: Final = 1024**2


def _item(line: bytes, seen_at: datetime) -> SourceItem:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return SourceItem(None, seen_at, "line_unreadable" if line.endswith(b"\n") else "file_cut_off")
    return SourceItem(raw, seen_at) if isinstance(raw, dict) else SourceItem(None, seen_at, "line_unreadable")


def _rank(name: str) -> int:
    return next((rank for rank, kind in enumerate(_ORDER) if name.startswith(kind)), len(_ORDER))


def _exported_at(folder: Path) -> datetime | None:
    """The export's transactionTime, from its manifest or log: it stands in for resources without meta.lastUpdated."""
    for name in ("manifest.json", "log.ndjson"):
        file = folder / name
        written = file.read_text(errors="replace") if file.is_file() else ""
        found = re.search(r'"transactionTime"\s*:\s*"([^"]+)"', written)
        if found and (moment := instant(found[1])):
            return moment
    return None


CONNECTOR: Final = Connector(
    slug="fhir",
    description="FHIR R4, a folder of NDJSON files or a server's bulk export or search",
    settings=FhirSettings,
    read=read,
    translate=translate,
    needs="a folder, or the server's base URL and a token or a SMART Backend Services client with system/*.read",
    reads="Patient, RelatedPerson, Appointment, Encounter, Consent; names, telecom, birth date, language, times and status, nothing clinical",
)
