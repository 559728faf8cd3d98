"""One campaign from due to its last outcome, with what it cost and why it would count for nothing: what the rows about sending share."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from uuid import uuid4

from shared.kit.http import ServiceClient
from tests.bench.campaign import (
    AHEAD,
    Campaign,
    follow_outcomes,
    make_campaign,
    publish_content,
    record_consents,
    record_suppressions,
    submit,
)
from tests.bench.cost import Cost
from tests.bench.figure import Options
from tests.bench.lab import Lab
from tests.bench.programs import run_limit
from tests.bench.sinks import Sink, open_sink

WORKERS, SESSIONS = 2, 40
WARM_UP_SECONDS = 4.0  # a live lease, nothing of the preparation still going on
MEASURED = ("mailer-work", "mailer-follow", "mailer-serve", "optout", "postgres")
Before = Callable[[Lab, Campaign], Awaitable[None]]


class Run:
    """What one campaign took: rates, instants by the business clock, and each part's cost from due to the last outcome."""

    def __init__(self, campaign: Campaign, accepted: float, started_at: datetime) -> None:
        self.campaign, self.accepted, self.started_at = campaign, accepted, started_at
        self.cost: dict[str, Cost] = {}
        self.mailer_memory = 0

    @property
    def rate(self) -> float:
        """Messages a second from due to the last settled outcome."""
        took = (self.campaign.last_at - self.started_at).total_seconds()
        return self.campaign.counts["sent"] / took if took > 0 else 0.0


def measure_limit(options: Options, *, connections: int = 20, late_ms: int = 0) -> dict[str, float]:
    """Messages a second and CPU a message of the bare client."""
    count = options.messages if late_ms else max(options.messages, 50_000)
    with open_sink(options.sink, late_ms=late_ms) as sink:
        return run_limit("bare_smtp", count, connections, 5000, sink.port)


async def send_campaign(lab: Lab, options: Options, *, workers: int = WORKERS, before_due: Before | None = None) -> Run:
    """Starts mailer and optout, brings opt-outs and campaign in, lets it fall due and waits for the last outcome.

    `before_due` is done when everything is in and nothing is due yet.
    """
    await lab.start_mailing(workers=workers, connections=SESSIONS)
    async with lab.caller("ingest", "optout") as optout, lab.caller("scheduler", "mailer") as mailer:
        if options.suppressions:
            options.tell(f"recording {options.suppressions:,} opt-outs")
            await record_suppressions(optout, lab, options.suppressions)
            while await lab.count_rows("mailer", "suppressions") < options.suppressions:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.5)
        campaign, accepted = await bring_in(lab, options, optout, mailer)
        if before_due is not None:
            await before_due(lab, campaign)
        return await send_due(lab, options, mailer, campaign, accepted)


async def bring_in(
    lab: Lab,
    options: Options,
    optout: ServiceClient,
    mailer: ServiceClient,
    *,
    name: str = "user",
    ahead: timedelta = AHEAD,
) -> tuple[Campaign, float]:
    """Puts a campaign with its content and consents into the queue, due `ahead` of the machine's clock; returns messages accepted a second too."""
    await publish_content(mailer, content_id := uuid4())
    campaign = make_campaign(lab, options.messages, content_id, name=name, ahead=ahead)
    options.tell(f"recording {options.messages:,} consents")
    await record_consents(optout, campaign)
    options.tell(f"submitting {options.messages:,} messages")
    return campaign, await submit(mailer, campaign)


async def send_due(
    lab: Lab,
    options: Options,
    mailer: ServiceClient,
    campaign: Campaign,
    accepted: float,
    *,
    ahead: timedelta = AHEAD,
    beside: AbstractAsyncContextManager[None] = contextlib.nullcontext(),  # noqa: B008 - it does nothing
) -> Run:
    """Lets a campaign fall due and waits for its last outcome; `beside` is what goes on meanwhile."""
    await asyncio.sleep(WARM_UP_SECONDS)
    async with beside:
        before = {name: lab.cost(name) for name in MEASURED}
        options.tell("sending")
        run = Run(campaign, accepted, lab.move_clock(ahead))
        start = time.monotonic()
        await follow_outcomes(mailer, campaign)
        options.tell(f"last outcome read after {time.monotonic() - start:.1f} s")
    for name, cost in before.items():
        after = lab.cost(name)
        run.cost[name] = Cost(after.cpu_s - cost.cpu_s, after.memory)
    run.mailer_memory = lab.cost("mailer").memory
    return run


def find_faults(campaign: Campaign, sink: Sink) -> str:
    """Why the figure is void: anything not sent exactly once by the mailer's account and by the sink's."""
    return ", ".join(filter(None, (find_campaign_faults(campaign), find_sink_faults(sink, len(campaign.messages)))))


def find_campaign_faults(campaign: Campaign) -> str:
    """What the mailer's own account says against a campaign."""
    faults = [f"{number} {state}" for state, number in sorted(campaign.counts.items()) if state != "sent"]
    faults += [f"{number} outcomes for one message" for number in set(campaign.reports.values()) if number > 1]
    return ", ".join(faults)


def find_sink_faults(sink: Sink, total: int) -> str:
    """What the sink's account says against so many messages."""
    faults = []
    if sink.messages != total:
        faults.append(f"the sink took {sink.messages:,} of {total:,}")
    if sink.recipients not in (None, total):
        faults.append(f"{sink.recipients:,} distinct recipients of {total:,}")
    return ", ".join(faults)


def describe(run: Run, sink: Sink) -> tuple[tuple[str, str], ...]:
    """Accounts and costs below the row."""
    counts, total = run.campaign.counts, len(run.campaign.messages)
    twice = sum(number > 1 for number in run.campaign.reports.values()) + max(0, sink.messages - total)
    rows = [
        ("sent / uncertain / lost / twice", f"{counts['sent']:,} / {counts['uncertain']} / {counts['open']} / {twice}"),
        ("taken over by the sink", f"{sink.messages:,}"),
        ("accepted over HTTP", f"{run.accepted:,.0f} messages/s"),
    ]
    for name, cost in run.cost.items():
        memory = f"{cost.memory / 2**20:,.0f} MB" if cost.memory else "not running"
        rows.append((f"{name}: CPU a message, memory", f"{cost.cpu_s / total * 1e6:,.0f} us, {memory}"))
    rows.append(("mailer: memory of all its processes", f"{run.mailer_memory / 2**20:,.0f} MB"))
    return tuple(rows)
