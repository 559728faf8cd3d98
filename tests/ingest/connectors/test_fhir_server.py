"""A FHIR server: bulk export with `_since` and deletions, search page by page, SMART Backend Services, and servers that cut off or lead elsewhere."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.ingest.connectors import fhir
from services.ingest.connectors.fhir import CONNECTOR, FhirSettings
from services.ingest.domain.connector import Mark, SourceFailedError
from tests.fixtures.vendor import Asked, Reply, open_vendor
from tests.ingest.connectors.runs import SEEN, Runner, items_of, records_in

EXPORTED = "2026-02-28T10:00:00.000Z"


@cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def _pem() -> str:
    format_, no_password = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return _key().private_bytes(serialization.Encoding.PEM, format_, no_password).decode()


@dataclass
class Server:
    """An export of two files and one of deletions, ready at the third look; a search of two pages."""

    url: str = ""
    looks: int = 0
    since: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    next_link: str = ""

    def __post_init__(self) -> None:
        people = [
            {"resourceType": "Patient", "id": f"p{n}", "telecom": [{"system": "email", "value": f"p{n}@example.com"}]}
            for n in (1, 2)
        ]
        visit = {"resourceType": "Encounter", "id": "e1", "status": "finished", "subject": {"reference": "Patient/p1"}}
        deletions = ("Patient/p9", "https://fhir.example.com/r4/RelatedPerson/r1", "Group/g1")
        entries = [{"request": {"method": "DELETE", "url": url}} for url in deletions]
        gone = {"resourceType": "Bundle", "entry": entries}
        self.files = {
            "patients": b"".join(json.dumps(row).encode() + b"\n" for row in people),
            "visits": json.dumps(visit | {"period": {"end": "2026-02-20T10:00:00Z"}}).encode(),
            "gone": json.dumps(gone).encode() + b"\n",
        }
        self.outputs = [
            {"type": "Encounter", "url": "/files/visits"},
            {"type": "Patient", "url": "/files/patients", "count": 2},
        ]

    def answer(self, asked: Asked) -> Reply:
        """Answer as Bulk Data 2 and R4 say."""
        if asked.path == "/token":
            claims = parse_qs(asked.body.decode())
            jwt.decode(
                claims["client_assertion"][0],
                _key().public_key(),
                ["ES384"],
                audience=f"{self.url}/token",
                options={"verify_exp": False},
            )
            return Reply({"access_token": "smart", "expires_in": 300})
        assert asked.headers["authorization"] == "Bearer smart"
        if asked.path.endswith("$export"):
            assert asked.headers["prefer"] == "respond-async"
            self.since.append(asked.params.get("_since", ""))
            return Reply(b"", 202, {"Content-Location": f"{self.url}/status/1"})
        if asked.path == "/status/1":
            self.looks += 1
            if asked.method == "DELETE" or self.looks < 3:
                return Reply(b"", 202, {"Retry-After": "5"})
            full = [row | {"url": row["url"] if "://" in row["url"] else self.url + row["url"]} for row in self.outputs]
            deleted = [{"type": "Bundle", "url": f"{self.url}/files/gone"}]
            return Reply(
                {"transactionTime": EXPORTED, "request": "x", "output": full, "deleted": deleted, "error": self.errors}
            )
        if asked.path.startswith("/files/"):
            return Reply(self.files[asked.path.removeprefix("/files/")])
        return self._search(asked)

    def _search(self, asked: Asked) -> Reply:
        kind = asked.path.strip("/")
        self.since.append(asked.params.get("_lastUpdated", ""))
        first = "page" not in asked.params
        row = {"resourceType": kind, "id": f"{kind.lower()}{1 if first else 2}"}
        links = (
            [{"relation": "next", "url": self.next_link or f"{self.url}/{kind}?page=2"}]
            if first and kind == "Patient"
            else []
        )
        return Reply(
            {
                "resourceType": "Bundle",
                "link": links,
                "entry": [{"resource": row}, {"resource": {"resourceType": "OperationOutcome"}}],
            }
        )


def _runner(server: Server, folder: Path, **more: Any) -> Runner:
    keys = {"client_id": "me", "private_key": _pem(), "token_url": f"{server.url}/token"}
    return Runner(CONNECTOR, FhirSettings.model_validate(keys | {"url": server.url} | more), folder)


async def test_an_export_is_fetched_people_first_and_goes_on_from_its_time(tmp_path: Path) -> None:
    """Domain 3.4: kick-off, polling as often as asked, files, deletions; `_since` of the next is this one's transactionTime."""
    server = Server()
    async with open_vendor(server.answer) as vendor:
        server.url = vendor.url
        runner = _runner(server, tmp_path)
        found = await runner.read()
        mark = found[-1]
        assert isinstance(mark, Mark)
        await runner.read(dict(mark.cursor))
    records = records_in(CONNECTOR, items_of(found))
    assert list(records) == [
        *("consumer/p1", "consumer/p2", "visit/e1", "consumer/p9"),
        *("consumer/RelatedPerson/r1", "relation/RelatedPerson/r1/guardian"),
    ]
    assert records["relation/RelatedPerson/r1/guardian"].op == "delete"
    assert (records["consumer/p9"].op, records["consumer/p1"].source_updated_at.isoformat()) == (
        "delete",
        "2026-02-28T10:00:00+00:00",
    )
    assert server.since == ["", EXPORTED]
    assert 5.0 in runner.waits


async def test_a_run_that_outlasts_its_token_signs_with_the_time_it_is_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Domain 3.4, RFC 7523: an assertion is good for minutes; one signed with the time the run began would be refused an hour later."""
    server, untils, ticks = Server(), list[int](), iter(range(0, 10**6, 3600))
    monkeypatch.setattr(fhir, "monotonic", lambda: float(next(ticks)))

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            assertion = parse_qs(asked.body.decode())["client_assertion"][0]
            untils.append(jwt.decode(assertion, options={"verify_signature": False})["exp"])
        return server.answer(asked)

    async with open_vendor(answer) as vendor:
        server.url = vendor.url
        vendor.trouble.extend([Reply({"access_token": "old"}), Reply({}, 401)])
        await _runner(server, tmp_path).read()
    assert [until - int(SEEN.timestamp()) for until in untils] == [2 * 3600 + 240]


async def test_an_export_that_is_not_whole_does_not_move_the_cursor(tmp_path: Path) -> None:
    """Domain 3.4, N-76: a file cut off in its last line, fewer lines than announced: the next run asks from the same time again."""
    server = Server()
    server.errors = [{"type": "OperationOutcome", "url": "x"}]
    async with open_vendor(server.answer) as vendor:
        server.url = vendor.url
        server.files["patients"] = server.files["patients"][:-10]
        found = await _runner(server, tmp_path).read()
        assert [item.problem for item in items_of(found) if item.problem] == ["export_reported_errors", "file_cut_off"]
        assert not any(isinstance(event, Mark) for event in found)
        server.files["patients"] = server.files["patients"].split(b"\n")[0] + b"\n"
        found = await _runner(server, tmp_path).read()
        assert [item.problem for item in items_of(found) if item.problem] == ["export_reported_errors", "file_cut_off"]
        server.files["patients"] = b"x" * 3_000_000 + b"\n" + b'{"resourceType": "Patient", "id": "p1"}\n'
        found = await _runner(server, tmp_path).read()
    assert [item.problem for item in items_of(found)][:3] == ["export_reported_errors", "line_unreadable", ""]


@pytest.mark.parametrize(
    "url", ["https://evil.example.com/p.ndjson", "http://127.0.0.1:1/p.ndjson", "file:///etc/passwd"]
)
async def test_files_elsewhere_are_not_fetched_unless_they_were_named(url: str, tmp_path: Path) -> None:
    """S67: a manifest that points to another server, this machine's other ports or its files."""
    server = Server()
    server.outputs = [{"type": "Patient", "url": url}]
    async with open_vendor(server.answer) as vendor:
        server.url = vendor.url
        with pytest.raises(SourceFailedError, match="another server"):
            await _runner(server, tmp_path).read()


async def test_a_search_follows_its_pages(tmp_path: Path) -> None:
    """Domain 3.4: next links of the same server, other resources left out, changes since the last run."""
    server = Server()
    async with open_vendor(server.answer) as vendor:
        server.url = vendor.url
        runner = _runner(server, tmp_path, mode="search")
        found = await runner.read()
        records = records_in(CONNECTOR, items_of(found))
        assert {"consumer/patient1", "consumer/patient2"} <= set(records)
        mark = found[-1]
        assert isinstance(mark, Mark)
        server.since.clear()
        await runner.read(dict(mark.cursor))
        assert {since for since in server.since if since} == {f"ge{(SEEN - timedelta(minutes=5)).isoformat()}"}
        server.next_link = f"{vendor.url}/Patient?page=2&again"
        for link, said in (
            (f"{vendor.url}/Patient", "do not end"),
            ("https://evil.example.com/Patient", "another server"),
        ):
            server.next_link = link
            with pytest.raises(SourceFailedError, match=said):
                await runner.read()


async def test_a_server_that_gives_no_token_or_a_key_that_is_none(tmp_path: Path) -> None:
    """The sentence names what is wrong and holds no key."""
    server = Server()
    async with open_vendor(lambda _: Reply({})) as vendor:
        server.url = vendor.url
        with pytest.raises(SourceFailedError, match="gave no token"):
            await _runner(server, tmp_path).read()
        with pytest.raises(SourceFailedError, match="neither P-384 nor RSA"):
            await _runner(server, tmp_path, private_key="-----BEGIN nothing").read()
