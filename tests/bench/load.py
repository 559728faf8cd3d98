"""A practice's consumers as a big upload: bodies made beforehand, sent side by side, reports added up. Row P3 measures what takes them."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from shared.kit.http import AsyncClient, Timeout
from shared.schemas.ingest import BatchReport

FIRST_NAMES = ("Ann", "Ben", "Carla", "Daniel", "Elena", "Felix", "Grace", "Hector", "Iris", "Jonas")
LAST_NAMES = ("Adler", "Baker", "Castillo", "Dang", "Evans", "Fischer", "Gupta", "Hayes", "Ibarra", "Jensen")


@dataclass(frozen=True)
class Load:
    """What one upload of everything came to. records: how many were sent; answered_s: from the first request to the last answer; took_s: until
    whatever else was waited for was there."""

    records: int
    took_s: float
    answered_s: float
    reports: tuple[BatchReport, ...]

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.took_s

    def total(self, name: str) -> int:
        """A count of all reports together."""
        return sum(getattr(report, name) for report in self.reports)


def make_bodies(records: int, size: int, *, version: int = 0) -> list[bytes]:
    """Consumer records as NDJSON bodies; another `version` changes every record and its time."""
    return list(iterate_bodies(records, size, version=version))


def iterate_bodies(records: int, size: int, *, version: int = 0) -> Iterator[bytes]:
    """The same one after the other, for more than memory holds."""
    at = (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=version)).isoformat()
    for first in range(0, records, size):
        yield b"".join(_line(number, version, at) for number in range(first, min(first + size, records)))


VISITS_EVERY, OPTOUTS_EVERY = 5, 100


def make_permitted_bodies(records: int, size: int) -> tuple[list[bytes], int]:
    """Consumers of whom every fifth line is the visit of one, every hundredth an opt-out at the source; and what the ledger must then hold.

    The opted-out have no visit, so that each consent and each opt-out is one entry.
    """
    at, bodies, entries = datetime(2026, 3, 1, tzinfo=UTC).isoformat(), [], 0
    for first in range(0, records, size):
        lines = []
        for number in range(first, min(first + size, records)):
            if number % VISITS_EVERY == VISITS_EVERY - 1:
                lines.append(_visit(number, at))
            elif number % OPTOUTS_EVERY == 1:
                lines.append(_line(number, 0, at, email_ok=False))
            else:
                lines.append(_line(number, 0, at))
                continue
            entries += 1
        bodies.append(b"".join(lines))
    return bodies, entries


def make_visited_bodies(people: int, size: int) -> list[bytes]:
    """Consumers each with a visit behind them, which is one consent in the ledger each."""
    at, bodies = datetime(2026, 3, 1, tzinfo=UTC).isoformat(), []
    for first in range(0, people, size):
        numbers = range(first, min(first + size, people))
        bodies.append(b"".join(_line(number, 0, at) + _visit(number + 1, at) for number in numbers))
    return bodies


def _visit(number: int, at: str) -> bytes:
    record = {"type": "visit", "foreign_id": f"V{number}", "source_updated_at": at, "consumer": f"P{number - 1}"}
    return json.dumps(record | {"completed_at": at, "total_cents": 12900, "currency": "USD"}).encode() + b"\n"


def _line(number: int, version: int, at: str, **more: object) -> bytes:
    record = {
        "type": "consumer",
        "foreign_id": f"P{number}",
        "source_updated_at": at,
        "first_name": FIRST_NAMES[number % 10],
        "last_name": f"{LAST_NAMES[number // 10 % 10]}{version or ''}",
        "email": f"user{number}@bench{number % 50}.example.com",
        "phone": f"+1415555{number % 10000:04d}",
        "birth_on": f"19{50 + number % 50}-{1 + number % 12:02d}-{1 + number % 28:02d}",
        "language": "en",
        "status": "active",
    }
    return json.dumps(record | more).encode() + b"\n"


async def open_connection(url: str, token: str, location_id: UUID) -> UUID:
    """A source for the upload."""
    body = {"location_id": str(location_id), "connector": "canonical", "name": "bench", "interval_minutes": 1440}
    async with AsyncClient(timeout=Timeout(30), trust_env=False) as http:
        answer = await http.post(f"{url}/v1/connections", json=body, headers={"Authorization": f"Bearer {token}"})
        return UUID(answer.raise_for_status().json()["connection_id"])


async def upload(
    url: str,
    token: str,
    connection_id: UUID,
    bodies: Sequence[bytes],
    *,
    at_once: int,
    until: Callable[[], Awaitable[None]] | None = None,
) -> Load:
    """Sends every body as a batch of its own, `at_once` at the same time; the time ends with the last answer, or with `until` after it."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    reports: list[BatchReport] = []
    waiting = iter(bodies)

    async def send(http: AsyncClient) -> None:
        for body in waiting:
            params = {"connection_id": str(connection_id), "batch_id": str(uuid4())}
            answer = await http.post(f"{url}/v1/batches", params=params, content=body, headers=headers)
            reports.append(BatchReport.model_validate_json(answer.raise_for_status().content))

    async with AsyncClient(timeout=Timeout(300), trust_env=False) as http:
        start = time.perf_counter()
        await asyncio.gather(*(send(http) for _ in range(at_once)))
        answered_s = time.perf_counter() - start
        if until is not None:
            await until()
        took_s = time.perf_counter() - start
    return Load(sum(body.count(b"\n") for body in bodies), took_s, answered_s, tuple(reports))
