"""P8: growth: a claim takes as long with 5,000,000 messages queued as with 10,000, and a second mailer process adds what the cores allow.

Claims are the product's own function on the product's own table, by the worker's role; the campaigns are those of P1, with one worker and with two.
"""

import asyncio
import os
import statistics
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from services.mailer.actions.show_queue import show_queue
from services.mailer.store.claiming import claim_messages
from shared.kit.db import Database
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.queue_fill import fill_queue
from tests.bench.sending import Run, find_faults, send_campaign
from tests.bench.sinks import open_sink

FEW, MANY = 10_000, 5_000_000
BATCH = 500  # messages a claim, as a worker claims them
CLAIMS = 9
MOST_MESSAGES = 10_000  # of each campaign: two of them and the filling are to end in three minutes


def measure(options: Options, *, many: int = MANY) -> Figure:
    """Claims at both sizes in one database, then the two campaigns."""
    with open_lab(options.tell) as lab:
        few_ms, many_ms, queue_ms, filled_s = asyncio.run(time_claims(lab, options, many))
    runs = {workers: send(options, workers) for workers in (1, 2)}
    rates = {workers: run.rate for workers, (run, _) in runs.items()}
    return Figure(
        id="P8",
        name=f"a claim of {BATCH} from {many:,} queued",
        value=many_ms,
        unit="ms",
        limit=f"the same claim from {FEW:,} queued; ratio: limit by measured, 1 is flat",
        limit_value=few_ms,
        ratio=few_ms / many_ms,
        note=f"median of {CLAIMS}; filled in {filled_s:.0f} s; two mailer processes {rates[2] / rates[1]:.2f} times one on {os.cpu_count()} cores",
        void=", ".join(f"{workers} processes: {faults}" for workers, (_, faults) in runs.items() if faults),
        details=(
            (f"queue state by API with {many:,} queued", f"{queue_ms:.0f} ms"),
            *(
                (f"{workers} mailer process{'es' * (workers > 1)}", f"{rate:,.0f} messages/s")
                for workers, rate in rates.items()
            ),
        ),
    )


ROW = Row(
    "P8",
    "growth",
    "claim time flat from 10,000 to 5,000,000 queued; two mailer processes 1.8 times one where cores allow",
    measure,
)


async def time_claims(lab: Lab, options: Options, many: int) -> tuple[float, float, float, float]:
    """Milliseconds of a claim at both sizes and of counting the queue at the larger one, and the seconds of the filling."""
    urls = lab.stack.databases["mailer"]
    admin = urlsplit(lab.stack.admin_url)._replace(path=urlsplit(urls.owner).path).geturl()
    connection = await asyncpg.connect(admin)
    worker = Database(urls.worker, application="bench")
    ids = {"subscriber_id": lab.subscriber.subscriber_id, "location_id": lab.location.location_id}
    try:
        await fill_queue(connection, first=1, last=FEW, **ids)
        few_ms = await time_claim(worker)
        options.tell(f"filling the queue up to {many:,}")
        began = time.monotonic()
        await fill_queue(connection, first=FEW + 1, last=many, **ids)
        filled_s = time.monotonic() - began
        return few_ms, await time_claim(worker), await time_count(worker), filled_s
    finally:
        await worker.close()
        await connection.close()


async def time_count(worker: Database) -> float:
    """The median of some answers to how the queue of all stands, in milliseconds."""
    took = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        async with worker.transaction() as connection:
            await show_queue(connection, subscriber_id=None, now=datetime.now(UTC))
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


async def time_claim(worker: Database) -> float:
    """The median of some claims in milliseconds, commit included; the first, which fills caches, does not count."""
    took = []
    async with worker.raw() as connection:
        for _ in range(CLAIMS + 1):
            began = time.perf_counter()
            claimed = await claim_messages(
                connection, worker_id=uuid4(), claim_id=uuid4(), limit=BATCH, now=datetime.now(UTC)
            )
            took.append((time.perf_counter() - began) * 1000)
            if len(claimed) != BATCH:
                raise RuntimeError(f"a claim brought {len(claimed)} of {BATCH} messages")
    return statistics.median(took[1:])


def send(options: Options, workers: int) -> tuple[Run, str]:
    """One campaign with so many workers, and why it would count for nothing."""
    options.tell(f"campaign with {workers} mailer process{'es' * (workers > 1)}")
    smaller = Options(options.tell, messages=min(options.messages, MOST_MESSAGES), sink=options.sink)
    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(send_campaign(lab, smaller, workers=workers))
    return run, find_faults(run.campaign, sink)
