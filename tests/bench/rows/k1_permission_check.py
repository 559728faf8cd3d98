"""K1: a thousand questions for permission in one call, over HTTP, beside a full ledger: what the mailer asks before every batch.

The look-up and the decisions are timed apart in this process as well, so that the price of HTTP and JSON is seen.
"""

import asyncio
import gc
import random
import statistics
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID, uuid4

from services.optout.actions.check_batch import check_batch
from shared.kit.db import Database
from shared.kit.http import ServiceClient
from shared.schemas.optout import (
    ConsentInput,
    ConsentsInput,
    OptoutInput,
    OptoutsInput,
    PermissionBatch,
    PermissionGroup,
    PermissionVerdicts,
    Recorded,
)
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab

GOAL_MS = 20.0
QUESTIONS = 1000
CALLS = 300
A_CALL = 5000
ONE_OUT_IN = 10


def measure(options: Options) -> Figure:
    """Fill, ask by HTTP, ask within the process."""
    with open_lab(options.tell) as lab:
        by_http, within, wrong = asyncio.run(_ask(lab, options))
    p99 = percentile(by_http, 99)
    return Figure(
        id="K1",
        name=f"permission for {QUESTIONS:,} addresses in one call, {options.records:,} on file",
        value=p99,
        unit="ms p99",
        limit="the goal of 20 ms; ratio: goal by measured",
        limit_value=GOAL_MS,
        ratio=GOAL_MS / p99,
        note=f"{CALLS} calls one after the other over HTTP, one process; median {statistics.median(by_http):.1f} ms",
        void=f"{wrong} answers were wrong" if wrong else "",
        details=(
            (
                "without HTTP and JSON: median, p99",
                f"{statistics.median(within):.1f} ms, {percentile(within, 99):.1f} ms",
            ),
        ),
    )


ROW = Row("K1", "permission check", "1,000 addresses in one call, p99 20 ms on a quiet machine", measure)


def percentile(values: Sequence[float], part: int) -> float:
    """The value that `part` of a hundred do not exceed."""
    return sorted(values)[max(0, -(-len(values) * part // 100) - 1)]


async def _ask(lab: Lab, options: Options) -> tuple[list[float], list[float], int]:
    lab.start("optout", "both")
    await lab.introduce("optout")
    people = [(uuid4(), lab.address_keys.key_of(f"{number}@example.com")) for number in range(options.records)]
    options.tell(f"putting {len(people):,} consents on file, one of {ONE_OUT_IN} opted out")
    async with lab.caller("ingest", "optout") as ingest:
        await _fill(ingest, lab, people)
    gc.freeze()  # or collecting what this row itself holds (70 ms) would be counted as the service's
    drawn = random.Random(1)
    batches = [drawn.sample(range(len(people)), QUESTIONS) for _ in range(CALLS)]
    wrong = 0

    async def timed(ask: Callable[[PermissionGroup], Awaitable[PermissionVerdicts]]) -> list[float]:
        nonlocal wrong
        took = []
        for batch in batches:
            group = _ask_about(lab, [people[number] for number in batch])
            began = perf_counter()
            found = await ask(group)
            took.append((perf_counter() - began) * 1000)
            wanted = ["r" if number % ONE_OUT_IN == 0 else "a" for number in batch]
            wrong += sum(got != want for got, want in zip(found.verdicts, wanted, strict=True))
        return took

    database = Database(lab.stack.databases["optout"].worker, application="bench")
    async with lab.caller("mailer", "optout") as mailer:

        async def by_http(group: PermissionGroup) -> PermissionVerdicts:
            body = PermissionBatch(groups=[group])
            return await mailer.ask("POST", "/v1/permissions/batch", PermissionVerdicts, body=body)

        async def within(group: PermissionGroup) -> PermissionVerdicts:
            return await check_batch(database, groups=[group], now=datetime.now(UTC))

        try:
            return await timed(by_http), await timed(within), wrong
        finally:
            await database.close()
            gc.unfreeze()


async def _fill(ingest: ServiceClient, lab: Lab, people: Sequence[tuple[UUID, str]]) -> None:
    subscriber_id, at = lab.subscriber.subscriber_id, datetime.now(UTC) - timedelta(days=1)
    for first in range(0, len(people), A_CALL):
        consents = [
            ConsentInput(
                consent_id=uuid4(),
                location_id=lab.location.location_id,
                person_id=person_id,
                address_key=key,
                basis="existing_relationship",
                source="ingest",
                evidence="visit:1",
                occurred_at=at,
            )
            for person_id, key in people[first : first + A_CALL]
        ]
        body = ConsentsInput(subscriber_id=subscriber_id, consents=consents)
        await ingest.ask("POST", "/v1/consents", Recorded, body=body)
    out = [key for _, key in people[::ONE_OUT_IN]]
    for first in range(0, len(out), A_CALL):
        optouts = [
            OptoutInput(optout_id=uuid4(), address_key=key, channel="source_flag", evidence="bench:1", occurred_at=at)
            for key in out[first : first + A_CALL]
        ]
        await ingest.ask(
            "POST", "/v1/optouts", Recorded, body=OptoutsInput(subscriber_id=subscriber_id, optouts=optouts)
        )


def _ask_about(lab: Lab, people: Sequence[tuple[UUID, str]]) -> PermissionGroup:
    return PermissionGroup(
        subscriber_id=lab.subscriber.subscriber_id,
        location_id=lab.location.location_id,
        message_class="commercial",
        address_keys=[address_key for _, address_key in people],
        person_ids=[[person_id] for person_id, _ in people],
    )
