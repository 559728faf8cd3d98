"""P1: delivery of submitted messages through the mailer, everything of architecture 4 switched on, against a bare client.

Accepted over HTTP, permission asked, rendered, pipelined, marked, settled; a run whose ledgers disagree counts for nothing.
"""

import asyncio

from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import open_lab
from tests.bench.sending import SESSIONS, WORKERS, describe, find_faults, measure_limit, send_campaign
from tests.bench.sinks import open_sink


def measure(options: Options) -> Figure:
    """The bare client before and after (the better one counts), the mailer in between, all to the same kind of sink."""
    first = measure_limit(options)
    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(send_campaign(lab, options))
    limit = max(first, measure_limit(options), key=lambda figures: figures["rate"])
    return Figure(
        id="P1",
        name=f"campaign send, {options.messages:,} messages",
        value=run.rate,
        unit="messages/s",
        limit="bare pipelined SMTP client, 20 connections, one process, no database",
        limit_value=limit["rate"],
        ratio=run.rate / limit["rate"],
        note=f"to {sink.name}; {WORKERS} mailer processes of {SESSIONS} sessions; {options.suppressions:,} opt-outs on file; "
        "from due to last settled outcome",
        void=find_faults(run.campaign, sink),
        details=(*describe(run, sink), ("bare client: CPU a message", f"{limit['cpu_us']:.0f} us")),
    )


ROW = Row("P1", "campaign send to a local SMTP sink", "1.5 times listmonk's best on the same machine", measure)
