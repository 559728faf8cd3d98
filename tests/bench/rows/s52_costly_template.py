"""S52: the sending rate of one business while another saves and previews a costly template, against the rate without, in one run.

Three equal campaigns one after the other; beside the one in the middle the template is saved and previewed without a pause.
"""

import asyncio
import contextlib
from collections.abc import Sequence

from tests.bench.campaign import AHEAD
from tests.bench.costly import Author, costly_author
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.sending import SESSIONS, WORKERS, Run, bring_in, find_campaign_faults, find_sink_faults, send_due
from tests.bench.sinks import open_sink

_BESIDE = (False, True, False)


def measure(options: Options) -> Figure:
    """Without, with, without."""
    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        runs, author = asyncio.run(_send(lab, options))
    before, beside, after = (run.rate for run in runs)
    quiet = (before + after) / 2
    faults = [find_campaign_faults(run.campaign) for run in runs]
    faults += [find_sink_faults(sink, len(runs) * options.messages)]
    faults += ["no template was stopped for its cost"] * (author.stopped == 0)
    return Figure(
        id="S52",
        name="campaign send beside a costly template",
        value=beside,
        unit="messages/s",
        limit="the mean of the same campaign before and after, without the template",
        limit_value=quiet,
        ratio=beside / quiet,
        note=f"goal ratio 0.9; {options.messages:,} messages each time; saved or previewed {author.tries} times, stopped {author.stopped} times",
        void=", ".join(filter(None, faults)),
        details=(("before, after", f"{before:,.0f} messages/s, {after:,.0f} messages/s"),),
    )


ROW = Row("S52", "a neighbour's sending beside a costly template", "falls by less than 10 %", measure)


async def _send(lab: Lab, options: Options) -> tuple[Sequence[Run], Author]:
    await lab.start_mailing(workers=WORKERS, connections=SESSIONS)
    runs, author = [], Author()
    async with lab.caller("ingest", "optout") as optout, lab.caller("scheduler", "mailer") as mailer:
        for number, is_beside in enumerate(_BESIDE, start=1):
            ahead = number * AHEAD
            campaign, accepted = await bring_in(lab, options, optout, mailer, name=f"s{number}user", ahead=ahead)
            async with contextlib.AsyncExitStack() as stack:
                if is_beside:
                    author = await stack.enter_async_context(costly_author(lab))
                runs.append(await send_due(lab, options, mailer, campaign, accepted, ahead=ahead))
    return runs, author
