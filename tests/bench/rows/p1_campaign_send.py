"""P1: delivery of submitted messages through the mailer, everything of architecture 4 switched on, against a bare client.

Accepted over HTTP, permission asked, rendered, pipelined, marked, settled; a run whose ledgers disagree counts for nothing.
"""

import asyncio
import time
from datetime import datetime
from uuid import uuid4

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
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.programs import run_limit
from tests.bench.sinks import Sink, open_sink

WORKERS, SESSIONS = 2, 40
WARM_UP_SECONDS = 4.0  # a live lease, nothing of the preparation still going on
MEASURED = ("mailer-work", "mailer-follow", "mailer-serve", "optout", "postgres")


def measure(options: Options) -> Figure:
    """The bare client before and after (the better one counts), the mailer in between, all to the same kind of sink."""
    first = measure_limit(options)
    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(send_campaign(lab, options))
    limit = max(first, measure_limit(options), key=lambda figures: figures["rate"])
    campaign, counts = run.campaign, run.campaign.counts
    took = (campaign.last_at - run.started_at).total_seconds()
    rate = counts["sent"] / took if took > 0 else 0.0
    return Figure(
        id="P1",
        name=f"campaign send, {options.messages:,} messages",
        value=rate,
        unit="messages/s",
        limit="bare pipelined SMTP client, 20 connections, one process, no database",
        limit_value=limit["rate"],
        ratio=rate / limit["rate"],
        note=f"to {sink.name}; {WORKERS} mailer processes of {SESSIONS} sessions; {options.suppressions:,} opt-outs on file; "
        "from due to last settled outcome",
        void=find_faults(campaign, sink),
        details=(*describe(run, sink), ("bare client: CPU a message", f"{limit['cpu_us']:.0f} us")),
    )


ROW = Row("P1", "campaign send to a local SMTP sink", "1.5 times listmonk's best on the same machine", measure)


class Run:
    """What one campaign took: rates, instants by the business clock, and each part's cost from due to the last outcome."""

    def __init__(self, campaign: Campaign, accepted: float, started_at: datetime) -> None:
        self.campaign, self.accepted, self.started_at = campaign, accepted, started_at
        self.cost: dict[str, Cost] = {}
        self.mailer_memory = 0


def measure_limit(options: Options) -> dict[str, float]:
    """Messages a second and CPU a message of the bare client."""
    with open_sink(options.sink) as sink:
        return run_limit("bare_smtp", max(options.messages, 50_000), 20, 5000, sink.port)


async def send_campaign(lab: Lab, options: Options, *, workers: int = WORKERS) -> Run:
    """Starts mailer and optout, brings opt-outs and campaign in, lets it fall due and waits for the last outcome."""
    await lab.start_mailing(workers=workers, connections=SESSIONS)
    campaign = make_campaign(lab, options.messages, content_id := uuid4())
    async with lab.caller("ingest", "optout") as optout, lab.caller("scheduler", "mailer") as mailer:
        await publish_content(mailer, content_id)
        if options.suppressions:
            options.tell(f"recording {options.suppressions:,} opt-outs")
            await record_suppressions(optout, lab, options.suppressions)
            while await lab.count_rows("mailer", "suppressions") < options.suppressions:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.5)
        options.tell(f"recording {options.messages:,} consents")
        await record_consents(optout, campaign)
        options.tell(f"submitting {options.messages:,} messages")
        accepted = await submit(mailer, campaign)
        await asyncio.sleep(WARM_UP_SECONDS)
        before = {name: lab.cost(name) for name in MEASURED}
        options.tell("sending")
        run = Run(campaign, accepted, lab.move_clock(AHEAD))
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
    counts, total = campaign.counts, len(campaign.messages)
    faults = [f"{number} {state}" for state, number in sorted(counts.items()) if state != "sent"]
    faults += [f"{number} outcomes for one message" for number in set(campaign.reports.values()) if number > 1]
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
