"""SIGKILL of the door at each of its crash points: on file once, answered when asked again, and no lease outlives the answer."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import cast
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.kit.clock import SystemClock
from shared.kit.http import AsyncClient, HttpFailure
from shared.schemas.optout import SuppressionAnswer
from shared.schemas.token import OptoutToken
from tests.fixtures.database import MakeDatabase, ServiceDatabase
from tests.fixtures.services import (
    ADDRESS_KEYS,
    TOKEN_KEYS,
    Neighbours,
    OpenService,
    environment_for,
    service_headers,
)
from tests.journeys.crash_points import find_crash_points
from tests.journeys.mail_house import Nursery, is_alive, open_nursery
from tests.optout.conftest import database_down

WITH_A_DATABASE = ("optout.after_entry_commit", "optout.before_answer", "optout.after_lease:5")
PROVEN = ("optout.before_erasure_commit", "optout.after_proof")
WITHOUT_ONE = ("optout.after_spool", "optout.after_replay")
LEASE_SECONDS = 0.5


@dataclass
class Street:
    """A door that is a process, a follower that asks it for leases all the time, and one consumer who clicks."""

    nursery: Nursery
    folder: Path
    database: ServiceDatabase
    http: AsyncClient
    environment: dict[str, str]
    token: str
    process: int = 0
    after: int = 0
    epoch: UUID | None = None
    blind_until: float = 0.0
    positions: list[int] = field(default_factory=list)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    async def start(self, **crash: str) -> None:
        """Start the door and wait until it is ready."""
        log = self.folder / f"optout-{uuid4()}.log"
        self.process = self.nursery.start("optout", "both", environment=self.environment | crash, log=log)
        async with asyncio.timeout(20):
            while not await self._is_ready():  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.02)

    async def ended(self) -> None:
        """Wait until the door's process is gone."""
        async with asyncio.timeout(20):
            while is_alive(self.process):  # noqa: ASYNC110 - it is not our child
                await asyncio.sleep(0.01)

    async def click(self) -> None:
        """Post the link until it is answered; by then every lease given without the entry must have run out."""
        async with asyncio.timeout(20):
            while True:
                try:
                    if (await self.http.post(f"/u/{self.token}")).status_code == 200:
                        break
                except HttpFailure:
                    await asyncio.sleep(0.02)
        assert self.blind_until <= monotonic(), "somebody may still send"

    async def press(self, path: str) -> None:
        """Post a page's button until it is answered."""
        async with asyncio.timeout(20):
            while True:
                try:
                    if (await self.http.post(path)).status_code == 200:
                        return
                except HttpFailure:
                    await asyncio.sleep(0.02)

    async def follow(self) -> None:
        """Ask for leases as the mailer does, counted from before the question; what was received has taken effect."""
        holder = str(uuid4())
        while True:
            body = {"holder": holder, "epoch": self.epoch and str(self.epoch), "after": self.after, "safe": self.after}
            before = monotonic()
            try:
                answer = await self.http.post(
                    "/v1/suppressions/poll",
                    json=body | {"wait_seconds": 0},
                    headers=service_headers("mailer", "optout"),
                )
            except HttpFailure:
                answer = None
            if answer is not None and answer.status_code == 200:
                self._take(SuppressionAnswer.model_validate_json(answer.content), before)
            await asyncio.sleep(0.02)

    def _take(self, answer: SuppressionAnswer, before: float) -> None:
        self.epoch, self.after = answer.epoch, max(self.after, answer.last)
        self.positions += [entry.position for entry in answer.entries]
        if answer.lease_seconds and not self.positions:
            self.blind_until = before + answer.lease_seconds

    async def on_file(self) -> tuple[int, int]:
        """Return how many entries ledger and log hold."""
        connection = await asyncpg.connect(self.database.superuser)
        try:
            row = await connection.fetchrow(
                "select (select count(*) from ledger), (select count(*) from suppression_log)"
            )
        finally:
            await connection.close()
        assert row is not None
        return row[0], row[1]

    async def _is_ready(self) -> bool:
        try:
            return (await self.http.get("/health/ready")).status_code == 200
        except HttpFailure:
            return False


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Return a place that starts service processes quickly."""
    with open_nursery(tmp_path_factory.mktemp("nursery")) as opened:
        yield opened


@pytest.fixture
async def street(nursery: Nursery, make_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Street]:
    """Return a street whose door is not open yet; the process ends with the test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = make_database("optout")
    own = {"OPTOUT_PORT": str(port), "OPTOUT_LEASE_SECONDS": str(LEASE_SECONDS)}
    link = OptoutToken(
        subscriber_id=uuid4(),
        location_id=uuid4(),
        message_id=uuid4(),
        message_class="commercial",
        address_key=ADDRESS_KEYS.key_of("jane@example.com"),
        hint="j***@e***.com",
    )
    async with AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
        environment = environment_for("optout", database, tmp_path / "state", own)
        opened = Street(nursery, tmp_path, database, http, environment, TOKEN_KEYS.seal(link))
        yield opened
        for task in opened.tasks:
            task.cancel()
        await asyncio.gather(*opened.tasks, return_exceptions=True)
        if opened.process and is_alive(opened.process):
            os.kill(opened.process, signal.SIGKILL)
            await opened.ended()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - the follower is a loop without an event
            await asyncio.sleep(0.01)


def test_the_door_is_killed_at_every_crash_point_it_has() -> None:
    """I12: a new crash point must be added here."""
    killed = {point.partition(":")[0] for point in WITH_A_DATABASE + WITHOUT_ONE + PROVEN}
    assert {name for name in find_crash_points() if name.startswith("optout.")} == killed


@pytest.mark.parametrize("point", WITH_A_DATABASE + WITHOUT_ONE)
async def test_an_opt_out_survives_the_death_of_the_door(street: Street, point: str) -> None:
    """I1, I6, I12, F5: on file exactly once, the repeated POST is answered, no lease without the entry outlives an answer."""
    once = street.folder / "died"
    await street.start(DUEBACK_CRASH=point, DUEBACK_CRASH_ONCE=str(once))
    street.tasks.append(asyncio.create_task(street.follow()))
    await _until(lambda: street.blind_until > 0)
    async with database_down(street.database) if point in WITHOUT_ONE else nullcontext():
        click = asyncio.create_task(street.click())
        street.tasks.append(click)
        if point == "optout.after_replay":
            await click
        elif point == "optout.after_spool":
            await street.ended()
    await street.ended()
    assert once.exists()
    await street.start()
    await click
    await street.click()
    assert await street.on_file() == (1, 1)
    await _until(lambda: bool(street.positions))
    assert street.positions == [1]


@pytest.mark.parametrize("point", PROVEN)
async def test_an_erasure_survives_the_death_of_the_door(street: Street, neighbours: Neighbours, point: str) -> None:
    """I6, I12: one tombstone and one order however often the button is pressed; killed before its commit the journal has it already."""
    neighbours.clock, neighbours.opened["optout"] = SystemClock(), cast("OpenService", street)
    await street.start(DUEBACK_CRASH=point, DUEBACK_CRASH_ONCE=str(street.folder / "died"))
    await neighbours._introduce("optout")
    staff = neighbours.client_headers(subscriber_id=uuid4(), scopes="privacy")
    case = {"kind": "erasure", "address": "ann@example.com"}
    opened = await street.http.post("/v1/privacy-cases", json=case, headers=staff)
    assert opened.status_code == 201, opened.text
    path = f"/v1/privacy-cases/{opened.json()['case_id']}"
    asked = await street.http.get("/v1/changes", headers=service_headers("mailer", "optout"))
    mail = TOKEN_KEYS.open_mail(asked.json()["changes"][0]["body"]["sealed"], UUID(asked.json()["changes"][0]["key"]))
    press = asyncio.create_task(street.press(re.findall(r"/prove/[A-Za-z0-9_-]{66}", mail.decode())[0]))
    street.tasks.append(press)
    await street.ended()
    await street.start()
    await press
    assert (await street.http.get(path, headers=staff)).json()["state"] == "executing"
    assert await street.on_file() == (1, 1)
    told = await street.http.get("/v1/changes", headers=service_headers("ingest", "optout"))
    assert [each["kind"] for each in told.json()["changes"]].count("erase") == 1
