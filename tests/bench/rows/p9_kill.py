"""P9: SIGKILL of a mailer worker in mid-campaign: nothing lost, nothing twice, doubts at most the connections it had open, and all sums agree.

Two workers send; at a third of the way one is killed and another started in its place. The sink's ledger is the witness, so it is always our own.
"""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from uuid import uuid4

from services.mailer.settings import Settings
from tests.bench.campaign import (
    AHEAD,
    Campaign,
    follow_outcomes,
    make_campaign,
    publish_content,
    record_consents,
    submit,
)
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.sinks import Sink, open_sink

WORKERS = 2
KILL_AT = 1 / 3  # of the campaign
CONNECTIONS = int(Settings.model_fields["connections"].default)
WARM_UP_SECONDS = 4.0
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Run:
    """A finished campaign: how much had been reported when the worker was killed, and how long until the last outcome after it."""

    campaign: Campaign
    reported_at_kill: int
    seconds_after: float


def measure(options: Options) -> Figure:
    """One campaign, one kill, then the three ledgers: the mailer's outcomes, the sink's messages, the sink's recipients."""
    with open_sink("own") as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(send_with_a_kill(lab, options))
    counts, total = run.campaign.counts, len(run.campaign.messages)
    twice = sink.messages - (sink.recipients or 0)
    return Figure(
        id="P9",
        name=f"SIGKILL of a worker in a campaign of {total:,}",
        value=counts["uncertain"],
        unit="uncertain",
        limit="the connections the killed worker had open",
        limit_value=CONNECTIONS,
        ratio=1.0 if counts["uncertain"] <= CONNECTIONS else CONNECTIONS / counts["uncertain"],
        note=f"killed with {run.reported_at_kill:,} outcomes reported; last outcome {run.seconds_after:.0f} s after the kill",
        void=find_faults(run.campaign, sink),
        details=(
            (
                "sent / uncertain / lost / twice",
                f"{counts['sent']:,} / {counts['uncertain']} / {counts['open']} / {twice}",
            ),
            ("taken over by the sink, distinct recipients", f"{sink.messages:,}, {sink.recipients or 0:,}"),
        ),
    )


ROW = Row(
    "P9", "SIGKILL in mid-campaign", "0 lost, 0 twice, uncertain at most the open connections, sums agree", measure
)


async def send_with_a_kill(lab: Lab, options: Options) -> Run:
    """Submit, let it fall due, kill at a third, start a successor, wait for the last outcome."""
    await lab.start_mailing(workers=0)
    campaign = make_campaign(lab, options.messages, content_id := uuid4())
    async with lab.caller("ingest", "optout") as optout, lab.caller("scheduler", "mailer") as mailer:
        await publish_content(mailer, content_id)
        lab.start("mailer", "work", count=WORKERS)
        options.tell(f"recording {options.messages:,} consents, submitting as many messages")
        await record_consents(optout, campaign)
        await submit(mailer, campaign)
        await asyncio.sleep(WARM_UP_SECONDS)
        lab.move_clock(AHEAD)
        following = asyncio.create_task(follow_outcomes(mailer, campaign))
        try:
            await reach(campaign, int(len(campaign.messages) * KILL_AT))
            reported, killed_at = len(campaign.states), time.monotonic()
            options.tell(f"SIGKILL with {reported:,} outcomes reported")
            os.kill(lab.children["mailer-work1"].pid, signal.SIGKILL)
            await asyncio.to_thread(lab.children["mailer-work1"].wait_for_end, PATIENCE_SECONDS)
            lab.start("mailer", "work")
            await following
        finally:
            following.cancel()
    return Run(campaign, reported, time.monotonic() - killed_at)


async def reach(campaign: Campaign, count: int) -> None:
    """Wait until so many outcomes have been reported; RuntimeError after a minute."""
    until = time.monotonic() + PATIENCE_SECONDS
    while len(campaign.states) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"only {len(campaign.states):,} of {count:,} outcomes came within a minute")
        await asyncio.sleep(0.01)


def find_faults(campaign: Campaign, sink: Sink) -> str:
    """Why the figure is void: a message without an end, sent twice, in a state it cannot have, or sums that do not agree."""
    counts, total = campaign.counts, len(campaign.messages)
    faults = [f"{number} {state}" for state, number in sorted(counts.items()) if state not in ("sent", "uncertain")]
    if sink.recipients is not None and sink.messages != sink.recipients:
        faults.append(f"{sink.messages - sink.recipients} twice at the sink")
    if not counts["sent"] <= sink.messages <= counts["sent"] + counts["uncertain"]:
        faults.append(f"the sink took {sink.messages:,} of {counts['sent']:,} sent and {counts['uncertain']} uncertain")
    if counts["sent"] + counts["uncertain"] != total:
        faults.append(f"{counts['sent'] + counts['uncertain']:,} of {total:,} have an end")
    return ", ".join(faults)
