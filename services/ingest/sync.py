"""The agent: carries what a connector reads to ingest, from the practice's own computer, and needs no inbound port.

Batch ids follow from their content, so a run that broke off, or is started twice, is harmless. Credentials come from options or, better, the
environment (DUEBACK_CLIENT_SECRET), and are never printed.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from services.ingest import connectors
from services.ingest.domain.connector import UNREADABLE, Connector
from services.ingest.domain.read_record import AnyRecord
from shared.kit.http import AsyncClient, HttpFailure, Response
from shared.kit.plugins import find_plugins
from shared.schemas.ingest import BatchReport

BATCH_RECORDS: Final = 5000
_TRIES: Final = 8
_LONGEST_PAUSE_SECONDS: Final = 20.0


class SyncFailedError(Exception):
    """The run cannot go on; the text is one sentence for a person and holds no credential."""


@dataclass
class Summary:
    """What a run read, skipped and sent."""

    read: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)

    def add(self, report: BatchReport) -> None:
        """Add a batch's report."""
        for name in ("received", "applied", "unchanged", "superseded", "parked", "rejected", "optouts"):
            self.counts[name] += getattr(report, name)
        self.dropped.update(report.dropped_fields)
        self.flagged.update(report.flagged_addresses)
        self.rejected.update(f"{row.field}:{row.code}" for row in report.rejections)

    def text(self) -> str:
        """Return it as lines for a terminal."""
        rows = [f"read {self.read}; " + ", ".join(f"{name} {count}" for name, count in self.counts.items())]
        for title in ("skipped", "unreadable", "rejected", "dropped", "flagged"):
            found: Counter[str] = getattr(self, title)
            if found:
                rows.append(f"{title}: " + ", ".join(f"{name} {count}" for name, count in found.most_common()))
        return "\n".join(rows)


def pack_batches(connector: Connector, settings: Any, summary: Summary) -> Iterator[bytes]:
    """Yield NDJSON bodies of at most 5,000 records, counting what is skipped and why."""
    records: list[AnyRecord] = []
    for item in connector.read(settings):
        summary.read += 1
        if item.raw is None:
            summary.unreadable[item.problem] += 1
            continue
        translation = connector.translate(item)
        if translation.skipped:
            summary.skipped[translation.skipped] += 1
        records += translation.records
        while len(records) >= BATCH_RECORDS:
            yield _body(records[:BATCH_RECORDS])
            del records[:BATCH_RECORDS]
    if records:
        yield _body(records)


def _body(records: Sequence[AnyRecord]) -> bytes:
    rows = (record.model_dump(mode="json", exclude_defaults=True) | {"type": record.type} for record in records)
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def batch_id_of(connection_id: UUID, body: bytes) -> UUID:
    """Return the id of a batch with this content (UUIDv8): the same content is the same batch."""
    digest = hashlib.sha256(connection_id.bytes + body).digest()
    return UUID(int=int.from_bytes(digest[:16], "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)


@dataclass
class Carrier:
    """Sends batches with a token of portal's, renewing it when it runs out, and trying again while the other side is busy or silent."""

    http: AsyncClient
    url: str
    token_url: str
    client_id: str
    client_secret: str
    connection_id: UUID
    _token: str = ""

    async def send(self, body: bytes) -> BatchReport:
        """Send one batch and return its report. Raises SyncFailedError."""
        params = {"connection_id": str(self.connection_id), "batch_id": str(batch_id_of(self.connection_id, body))}
        # Level 1 and no time stamp: half a practice's upstream is saved by the cheapest setting, and a repeat is the same body to the octet.
        packed = gzip.compress(body, compresslevel=1, mtime=0)
        last = "no answer"
        for attempt in range(_TRIES):
            try:
                if not self._token:
                    await self._fetch_token()
                answer = await self.http.post(
                    f"{self.url}/v1/batches",
                    params=params,
                    content=packed,
                    headers={
                        "Authorization": f"Bearer {self._token}",
                        "Content-Type": "application/x-ndjson",
                        "Content-Encoding": "gzip",
                    },
                )
            except (HttpFailure, OSError) as failure:
                last = type(failure).__name__
            else:
                if answer.status_code == 200:
                    return BatchReport.model_validate_json(answer.content)
                last = f"{answer.status_code} {_code(answer)}"
                if answer.status_code == 401:
                    self._token = ""
                elif answer.status_code < 500 and answer.status_code not in (408, 409, 429):
                    raise SyncFailedError(f"Ingest refused the batch: {last}.")
            await asyncio.sleep(random.uniform(0.2, min(_LONGEST_PAUSE_SECONDS, 0.5 * 2**attempt)))  # noqa: S311 - jitter
        raise SyncFailedError(
            f"Ingest did not take the batch after {_TRIES} tries: {last}. Run the same command again."
        )

    async def _fetch_token(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        answer = await self.http.post(self.token_url, data=form)
        if answer.status_code >= 500 or answer.status_code == 429:
            raise OSError("the token endpoint is busy")
        if answer.status_code != 200:
            raise SyncFailedError(f"The token endpoint refused the client: {answer.status_code} {_code(answer)}.")
        self._token = str(answer.json()["access_token"])


def _code(answer: Response) -> str:
    try:
        return str(answer.json().get("code") or answer.json().get("error", ""))
    except (ValueError, AttributeError):
        return ""


async def carry(connector: Connector, settings: Any, carrier: Carrier) -> Summary:
    """Send everything and return what became of it; progress goes to stderr."""
    summary = Summary()
    for body in pack_batches(connector, settings, summary):
        summary.add(await carrier.send(body))
        print(f"  {summary.counts['received']} records sent", file=sys.stderr, flush=True)  # noqa: T201
    return summary


def _parser(found: dict[str, Connector]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dueback sync", description="Carry a practice system's data to ingest.")
    parser.add_argument(
        "connector", choices=sorted(found), help="; ".join(f"{c.slug}: {c.description}" for c in found.values())
    )
    parser.add_argument("folder", type=Path, help="where the source's files lie")
    parser.add_argument("--url", required=True, help="base URL of ingest")
    parser.add_argument("--token-url", help="portal's token endpoint; by default /v1/token at --url's host")
    parser.add_argument("--connection", type=UUID, required=True, help="id of the connection")
    parser.add_argument("--client-id", default=os.environ.get("DUEBACK_CLIENT_ID"), help="else DUEBACK_CLIENT_ID")
    parser.add_argument(
        "--client-secret", default=os.environ.get("DUEBACK_CLIENT_SECRET"), help="else DUEBACK_CLIENT_SECRET"
    )
    return parser


def main(argv: list[str]) -> int:
    """Run the agent once. 0: everything was carried; 1: something could not be read or sent; 2: wrong words."""
    found: dict[str, Connector] = find_plugins(connectors, "CONNECTOR")
    try:
        asked = _parser(found).parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if not asked.folder.is_dir() or not asked.client_id or not asked.client_secret:
        missing = "a folder that exists" if not asked.folder.is_dir() else "a client id and its secret"
        print(f"sync needs {missing}.", file=sys.stderr)  # noqa: T201
        return 2
    try:
        summary = asyncio.run(_run(found[asked.connector], asked))
    except SyncFailedError as failed:
        print(str(failed), file=sys.stderr)  # noqa: T201
        return 1
    print(summary.text())  # noqa: T201
    return 1 if any(summary.unreadable[problem] for problem in UNREADABLE) else 0


async def _run(connector: Connector, asked: argparse.Namespace) -> Summary:
    url = asked.url.rstrip("/")
    async with AsyncClient(timeout=120, trust_env=False) as http:
        carrier = Carrier(
            http, url, asked.token_url or f"{url}/v1/token", asked.client_id, asked.client_secret, asked.connection
        )
        return await carry(connector, connector.settings(folder=asked.folder), carrier)
