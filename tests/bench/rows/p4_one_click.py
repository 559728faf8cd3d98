"""P4: one-click opt-out, idle and while a campaign leaves at full speed, and nobody mailed after the answer.

A live mailer follows the log all the time, so every answer has waited for its send lease. The sink's clock is the machine's, as is the click's.
"""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from shared.schemas.mailer import MessageInput
from tests.bench.campaign import (
    AHEAD,
    Campaign,
    follow_outcomes,
    make_campaign,
    publish_content,
    record_consents,
    submit,
)
from tests.bench.clicks import Clicks, click, click_steadily, make_paths, shuffled
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.sinks import Sink, open_sink

WORKERS, SESSIONS = 2, 40
WARM_UP_SECONDS = 4.0
IDLE_CLICKS, IDLE_PEOPLE = 6000, 64
LOADED_RATE = 300.0  # a second, while the campaign leaves
GOAL_IDLE, GOAL_P99_MS = 1500.0, 100.0
SEED = 20261127


@dataclass(frozen=True)
class Run:
    """Clicks without and with a campaign beside them, and the campaign."""

    idle: Clicks
    loaded: Clicks
    campaign: Campaign
    optout_cpu_us: float


def measure(options: Options) -> Figure:
    """Idle first, then the campaign with clicks aimed at people all over it; void if anybody was mailed after the answer."""
    with open_sink("own") as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(press_and_send(lab, options))
    counts = run.campaign.counts
    p99 = run.loaded.percentile(0.99)
    ratio = min(1.0, run.idle.rate / GOAL_IDLE, GOAL_P99_MS / max(p99, 1e-9))
    return Figure(
        id="P4",
        name="one-click POST, idle",
        value=run.idle.rate,
        unit="answers/s",
        limit=f"{GOAL_IDLE:,.0f}/s idle, p99 {GOAL_P99_MS:.0f} ms at {LOADED_RATE:.0f}/s under full send load; ratio: the worse, at most 1",
        limit_value=GOAL_IDLE,
        ratio=ratio,
        note=f"{IDLE_PEOPLE} people at once; campaign of {len(run.campaign.messages):,} by {WORKERS} mailer processes, seed {SEED}",
        void=find_faults(run, sink),
        details=(
            ("idle: p50, p99, max", describe(run.idle)),
            ("under load: answers, p50, p99, max", f"{len(run.loaded.seconds):,}, {describe(run.loaded)}"),
            ("mailed after the answer", f"{len(find_mailed_late(run.loaded, sink))} of {len(run.loaded.seconds):,}"),
            ("campaign: sent / stopped", f"{counts['sent']:,} / {counts['suppressed']:,}"),
            ("optout: CPU an answer, idle", f"{run.optout_cpu_us:,.0f} us"),
        ),
    )


ROW = Row(
    "P4",
    "one-click opt-out",
    "1,500/s idle; 300/s at p99 100 ms under full send load; nobody mailed after the answer",
    measure,
)


async def press_and_send(lab: Lab, options: Options) -> Run:
    """Everything from nothing to the last outcome."""
    await lab.start_mailing(workers=WORKERS, connections=SESSIONS)
    campaign = make_campaign(lab, options.messages, content_id := uuid4())
    others = make_campaign(lab, IDLE_CLICKS, content_id, name="idle").messages
    async with lab.caller("ingest", "optout") as optout, lab.caller("scheduler", "mailer") as mailer:
        await publish_content(mailer, content_id)
        await record_consents(optout, campaign)
        options.tell(f"submitting {options.messages:,} messages")
        await submit(mailer, campaign)
        await asyncio.sleep(WARM_UP_SECONDS)
        options.tell(f"{IDLE_CLICKS:,} clicks, nothing else going on")
        before = lab.cost("optout").cpu_s
        idle = await click(lab, make_paths(lab, others), people=IDLE_PEOPLE)
        cpu_us = (lab.cost("optout").cpu_s - before) / IDLE_CLICKS * 1e6
        options.tell("sending, and clicking")
        requests = make_paths(lab, aim(campaign))
        lab.move_clock(AHEAD)
        following = asyncio.create_task(follow_outcomes(mailer, campaign))
        loaded = await click_steadily(lab, requests, per_second=LOADED_RATE)
        await following
    return Run(idle, loaded, campaign, cpu_us)


def aim(campaign: Campaign) -> list[MessageInput]:
    """A tenth of the campaign's people, in any order: some were just mailed, some are being mailed, some would be next."""
    return shuffled(campaign.messages, SEED)[: len(campaign.messages) // 10]


def find_mailed_late(clicks: Clicks, sink: Sink) -> list[str]:
    """Who was mailed after the answer."""
    return [address for address, at in clicks.answered_at.items() if sink.taken_at.get(address, 0.0) > at]


def find_faults(run: Run, sink: Sink) -> str:
    """Why the figure is void: mailed after the answer, refused, or messages that have no end."""
    counts = run.campaign.counts
    faults = [f"{len(late)} mailed after the answer" for late in [find_mailed_late(run.loaded, sink)] if late]
    faults += [f"{clicks.refused} clicks refused" for clicks in (run.idle, run.loaded) if clicks.refused]
    faults += [f"{number} {state}" for state, number in sorted(counts.items()) if state not in ("sent", "suppressed")]
    if sink.messages != counts["sent"] or sink.recipients != counts["sent"]:
        faults.append(f"the sink took {sink.messages:,} for {counts['sent']:,} sent")
    return ", ".join(faults)


def describe(clicks: Clicks) -> str:
    """The middle, the hundredth and the slowest answer."""
    return ", ".join(f"{clicks.percentile(share):.1f} ms" for share in (0.5, 0.99, 1.0))
