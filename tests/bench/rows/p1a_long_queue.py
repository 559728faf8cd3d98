"""P1A: the campaign of P1 at the head of a queue of a million, against the same with nothing behind it.

What waits behind is due as well, of the same campaign, and as wide as real messages, so that claims, markers and settlements work in tables and
indexes of that size. Nobody can open or send it: only the campaign in front is delivered and counted.
"""

import asyncio

from tests.bench.campaign import Campaign
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.queue_fill import fill_behind
from tests.bench.sending import Run, describe, find_faults, send_campaign
from tests.bench.sinks import open_sink


def measure(options: Options) -> Figure:
    """With an empty queue, then behind it the long one."""
    short, short_faults, _ = _send(options, queued=0)
    long, long_faults, details = _send(options, queued=options.queued)
    return Figure(
        id="P1A",
        name=f"campaign send with {options.queued:,} queued behind it",
        value=long.rate,
        unit="messages/s",
        limit="the same campaign with nothing else queued",
        limit_value=short.rate,
        ratio=long.rate / short.rate,
        note=f"{options.messages:,} messages delivered of each; --queued says how many wait behind",
        void=", ".join(filter(None, (short_faults, long_faults))),
        details=details,
    )


ROW = Row("P1A", "campaign send from a long queue", "as fast as from an empty one", measure)


def _send(options: Options, *, queued: int) -> tuple[Run, str, tuple[tuple[str, str], ...]]:
    async def fill(lab: Lab, campaign: Campaign) -> None:
        if queued:
            options.tell(f"copying {queued:,} messages into the queue")
            await fill_behind(lab, campaign, queued)

    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(send_campaign(lab, options, before_due=fill))
    return run, find_faults(run.campaign, sink), describe(run, sink)
