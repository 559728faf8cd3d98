"""S52: the sending rate of one business while another saves and previews a costly template, against the rate without, in one run.

Equal campaigns one after the other, the queue filled with all of them beforehand; beside every other one the template is saved and previewed without
a pause. Medians, because whatever else the machine does comes and goes.
"""

import asyncio
import contextlib
import statistics
from collections.abc import Sequence

from tests.bench.campaign import AHEAD
from tests.bench.costly import Author, costly_author
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.sending import SESSIONS, WORKERS, Run, bring_in, find_campaign_faults, find_sink_faults, send_due
from tests.bench.sinks import open_sink

_BESIDE = (False, True, False, True, False)


def measure(options: Options) -> Figure:
    """Without and with in turn."""
    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        runs, author = asyncio.run(_send(lab, options))
    rates = {
        beside: [run.rate for run, is_so in zip(runs, _BESIDE, strict=True) if is_so is beside]
        for beside in (False, True)
    }
    quiet, beside = (statistics.median(rates[each]) for each in (False, True))
    faults = [find_campaign_faults(run.campaign) for run in runs]
    faults += [find_sink_faults(sink, len(runs) * options.messages)]
    faults += ["no template was stopped for its cost"] * (author.stopped == 0)
    return Figure(
        id="S52",
        name="campaign send beside a costly template",
        value=beside,
        unit="messages/s",
        limit="the median of the same campaign before and after each, without the template",
        limit_value=quiet,
        ratio=beside / quiet,
        note=f"goal ratio 0.9; {options.messages:,} messages each time; saved or previewed {author.tries} times, "
        f"turned away {author.turned_away} times, stopped {author.stopped} times",
        void=", ".join(filter(None, faults)),
        details=(
            ("without", ", ".join(f"{rate:,.0f}" for rate in rates[False]) + " messages/s"),
            ("beside the template", ", ".join(f"{rate:,.0f}" for rate in rates[True]) + " messages/s"),
            ("CPU of the templates, of all that sends", f"{author.cpu_s:.1f} s, {_sending_cpu(runs):.1f} s"),
        ),
    )


ROW = Row("S52", "a neighbour's sending beside a costly template", "falls by less than 10 %", measure)


async def _send(lab: Lab, options: Options) -> tuple[Sequence[Run], Author]:
    await lab.start_mailing(workers=WORKERS, connections=SESSIONS)
    author = Author()
    async with lab.caller("ingest", "optout") as optout, lab.caller("scheduler", "mailer") as mailer:
        waiting = [
            await bring_in(lab, options, optout, mailer, name=f"s{number}user", ahead=number * AHEAD)
            for number in range(1, len(_BESIDE) + 1)
        ]
        runs = []
        for number, (campaign, accepted) in enumerate(waiting, start=1):
            beside = costly_author(lab, author) if _BESIDE[number - 1] else contextlib.nullcontext()
            runs.append(await send_due(lab, options, mailer, campaign, accepted, ahead=number * AHEAD, beside=beside))
    return runs, author


def _sending_cpu(runs: Sequence[Run]) -> float:
    """CPU seconds of mailer, optout and PostgreSQL while the template was beside them."""
    return sum(cost.cpu_s for run, beside in zip(runs, _BESIDE, strict=True) if beside for cost in run.cost.values())
