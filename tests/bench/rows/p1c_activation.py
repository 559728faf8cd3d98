"""P1C: from switching a newsletter on to the last outcome on file in the scheduler, against the mailer's own delivery of as many messages (P1).

Ingest, scheduler, mailer and optout as they run, everybody's permission from a visit that ingest has told optout of. What counts is the planning
after the switch, and everything after the hour it was set for; the wait for that hour, in which the mailer compiles the content, is passed over by
moving the clock.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from shared.kit.http import AsyncClient, Timeout
from shared.schemas.scheduler import CampaignInput
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.load import make_visited_bodies, open_connection, upload
from tests.bench.sending import SESSIONS, WORKERS, find_faults, find_sink_faults, send_campaign
from tests.bench.sinks import open_sink

STALL_SECONDS = 60.0
_SERVICES = ("optout", "ingest", "mailer", "scheduler")
_BATCH, _AT_ONCE = 5000, 2
_OPEN, _SENDS = 9, 10
"""Local hours: when the campaign is switched on, and when its mail leaves."""


@dataclass(frozen=True)
class Activation:
    """Seconds from the switch until every touch was planned, and from the hour until the last end; touches by their state."""

    planned_s: float
    sent_s: float
    states: Counter[str]

    @property
    def rate(self) -> float:
        """People mailed a second of both together."""
        return self.states["sent"] / (self.planned_s + self.sent_s)


def measure(options: Options) -> Figure:
    """The mailer alone, then all of it."""
    with open_sink(options.sink) as alone, open_lab(options.tell, smtp_port=alone.port) as lab:
        bare = asyncio.run(send_campaign(lab, options))
    with open_sink(options.sink) as sink, open_lab(options.tell, smtp_port=sink.port) as lab:
        done = asyncio.run(_activate(lab, options))
    faults = [f"mailer alone: {faults}" for faults in (find_faults(bare.campaign, alone),) if faults]
    faults += [f"{number} touches {state}" for state, number in sorted(done.states.items()) if state != "sent"]
    faults.append(find_sink_faults(sink, options.messages))
    return Figure(
        id="P1C",
        name=f"newsletter to {options.messages:,} people, switch to last outcome",
        value=done.rate,
        unit="people/s",
        limit="the mailer's delivery of as many submitted messages",
        limit_value=bare.rate,
        ratio=done.rate / bare.rate,
        note=f"{WORKERS} mailer processes of {SESSIONS} sessions, one scheduler, ingest and optout each; the wait for the hour left out",
        void=", ".join(filter(None, faults)),
        details=(
            ("from the switch until all are planned", f"{done.planned_s:.1f} s"),
            ("from the hour until the last outcome", f"{done.sent_s:.1f} s"),
        ),
    )


ROW = Row("P1C", "campaign from activation to last outcome", "better than listmonk's best", measure)


async def _activate(lab: Lab, options: Options) -> Activation:
    opens = _next_weekday(datetime.now(UTC), ZoneInfo(lab.location.zone))
    lab.move_clock(opens - datetime.now(UTC))
    lab.start("optout", "both")
    lab.start("ingest", "both")
    lab.start("mailer", "serve", *["work"] * WORKERS, extra={"MAILER_CONNECTIONS": str(SESSIONS)})
    lab.start("scheduler", "both")
    for service in _SERVICES:
        await lab.introduce(service)
    await _bring_people(lab, options)
    scheduler = await lab.connect("scheduler")
    try:
        await _until(
            scheduler, "select not exists (select from replans) and (select count(*) from visits) = $1", options
        )
        options.tell("switching the newsletter on")
        began = time.perf_counter()
        await _switch_on(lab, opens)
        await _until(scheduler, "select count(*) = $1 from touches where state = 'planned'", options)
        planned_s = time.perf_counter() - began
        await _until(scheduler, "select exists (select from published_contents)", options)
        options.tell(f"planned after {planned_s:.1f} s; the hour comes")
        began = time.perf_counter()
        lab.move_clock(opens + timedelta(hours=_SENDS - _OPEN, seconds=1) - datetime.now(UTC))
        states = await _wait_for_ends(scheduler, options.messages)
        return Activation(planned_s, time.perf_counter() - began, states)
    finally:
        await scheduler.close()


def _next_weekday(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the opening of the next Tuesday to Thursday: no closed day moves its mail."""
    day = now.astimezone(zone).replace(hour=_OPEN, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() not in (1, 2, 3):
        day += timedelta(days=1)
    return day


async def _bring_people(lab: Lab, options: Options) -> None:
    """Upload everybody with a visit, and wait until their permission is on file."""
    url, token = lab.stack.urls["ingest"], lab.token("ingest")
    connection_id = await open_connection(url, token, lab.location.location_id)
    options.tell(f"uploading {options.messages:,} people with a visit each")
    await upload(url, token, connection_id, make_visited_bodies(options.messages, _BATCH), at_once=_AT_ONCE)
    await lab.wait_for_rows("optout", "ledger", options.messages, seconds=300)


async def _switch_on(lab: Lab, opens: datetime) -> None:
    words = {"headline": "News of the practice", "text": "We have longer hours on Tuesdays now."}
    settings = {"send_on": opens.date().isoformat(), "words": words}
    body = CampaignInput(location_id=lab.location.location_id, type="newsletter", settings=settings)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {lab.token('campaigns')}"}
    async with AsyncClient(timeout=Timeout(30), trust_env=False) as http:
        url = f"{lab.stack.urls['scheduler']}/v1/campaigns"
        answer = await http.post(url, json=body.model_dump(mode="json"), headers=headers)
        answer.raise_for_status()


async def _until(connection: asyncpg.Connection, question: str, options: Options) -> None:
    """Return when the answer is yes. Raises TimeoutError."""
    values = [options.messages] * question.count("$1")
    async with asyncio.timeout(300):
        while not await connection.fetchval(question, *values):  # noqa: ASYNC110 - other processes go on
            await asyncio.sleep(0.1)


async def _wait_for_ends(connection: asyncpg.Connection, people: int) -> Counter[str]:
    """Return the touches by state once none is open, or nothing has moved for a minute."""
    seen: Counter[str] = Counter()
    moved = time.monotonic()
    while time.monotonic() - moved < STALL_SECONDS:
        rows = await connection.fetch("select state, count(*) as number from touches group by state")
        found = Counter({row["state"]: row["number"] for row in rows})
        moved = time.monotonic() if found != seen else moved
        seen = found
        if sum(found.values()) == people and not found.keys() & {"planned", "held", "dispatched"}:
            break
        await asyncio.sleep(0.1)
    return seen
