"""P1B: the campaign of P1 to a relay that answers every command 50 ms late, against a bare client with as many connections to the same.

A relay across a country is as far away. What is measured is that a message costs one round trip and no more, however many are under way.
"""

import asyncio

from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import open_lab
from tests.bench.sending import SESSIONS, WORKERS, describe, find_faults, measure_limit, send_campaign
from tests.bench.sinks import open_sink

LATE_MS = 50


def measure(options: Options) -> Figure:
    """The bare client, then the mailer."""
    connections = WORKERS * SESSIONS
    limit = measure_limit(options, connections=connections, late_ms=LATE_MS)
    with open_sink(late_ms=LATE_MS) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        run = asyncio.run(send_campaign(lab, options))
    return Figure(
        id="P1B",
        name=f"campaign send to a relay {LATE_MS} ms away",
        value=run.rate,
        unit="messages/s",
        limit=f"bare pipelined SMTP client, {connections} connections to the same sink",
        limit_value=limit["rate"],
        ratio=run.rate / limit["rate"],
        note=f"one round trip a message would be {connections * 1000 / LATE_MS:,.0f}/s; {WORKERS} mailer processes of {SESSIONS} sessions",
        void=find_faults(run.campaign, sink),
        details=describe(run, sink),
    )


ROW = Row("P1B", "campaign send to a slow relay", "one round trip a message", measure)
