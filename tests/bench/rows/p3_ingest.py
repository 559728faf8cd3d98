"""P3: ingest over HTTP, validated, encrypted, upserted, durable, answered, against encrypt + COPY + merge and nothing else.

The first load counts until its consents and opt-outs stand in the permission ledger too. A load whose reports do not account for every record, or
whose permissions are not all in the ledger, counts for nothing.
"""

import asyncio
import contextlib

from tests.bench.cost import Cost
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.load import Load, make_bodies, make_permitted_bodies, open_connection, upload
from tests.bench.programs import run_limit

AT_ONCE = 3
BATCH = 10_000
MEASURED = ("ingest", "optout", "postgres")


def measure(options: Options) -> Figure:
    """The bare merge before and after (the better one counts) on the same server, the service in between."""
    size = min(BATCH, max(1000, options.records // (2 * AT_ONCE)))
    with open_lab(options.tell) as lab:
        first = measure_limit(lab, options)
        loads, costs, missing = asyncio.run(load_consumers(lab, options, size))
        second = measure_limit(lab, options)
    limit, update_limit = (max(first[name], second[name]) for name in ("rate", "update_rate"))
    fresh, changed, same = loads
    return Figure(
        id="P3",
        name=f"ingest over HTTP until in the ledger, {options.records:,} records",
        value=fresh.rate,
        unit="records/s",
        limit="bare encrypt + COPY + merge, one connection, no HTTP, no validation, no feed",
        limit_value=limit,
        ratio=fresh.rate / limit,
        note=f"NDJSON in batches of {size:,}, {AT_ONCE} at once, every fifth a visit, one ingest process, fsync on; goal ratio 0.5",
        void=find_faults(fresh, changed, same)
        + (f", {missing} consents and opt-outs not in the ledger" if missing else ""),
        details=(
            (
                "answered",
                f"{fresh.records / fresh.answered_s:,.0f} records/s; in the ledger {fresh.took_s - fresh.answered_s:.1f} s after the last answer",
            ),
            ("all changed", f"{changed.rate:,.0f} records/s (bare merge over itself: {update_limit:,.0f})"),
            ("all unchanged", f"{same.rate:,.0f} records/s"),
            *(
                (f"{name}: CPU a record of the first load, memory", describe_cost(cost, fresh.records))
                for name, cost in costs.items()
            ),
            ("bare merge: CPU a record without PostgreSQL", f"{min(first['cpu_us'], second['cpu_us']):.0f} us"),
        ),
    )


ROW = Row("P3", "ingest over HTTP", "15,000 records/s and half of the bare merge", measure)


def measure_limit(lab: Lab, options: Options) -> dict[str, float]:
    """Rows a second of the bare merge: first load, and over itself; its CPU a row."""
    with lab.scratch_database() as url:
        return run_limit("bare_merge", options.records, environment={"DATABASE_URL": url})


async def load_consumers(lab: Lab, options: Options, size: int) -> tuple[tuple[Load, Load, Load], dict[str, Cost], int]:
    """Everything new until in the ledger, everything changed, everything unchanged; and how many entries the ledger lacks after the first."""
    lab.start("optout", "both")
    lab.start("ingest", "both")
    for service in ("optout", "ingest"):
        await lab.introduce(service)
    url, token = lab.stack.urls["ingest"], lab.token("ingest")
    connection_id = await open_connection(url, token, lab.location.location_id)
    bodies, entries = make_permitted_bodies(options.records, size)
    newer = make_bodies(options.records, size, version=1)

    async def settled() -> None:
        with contextlib.suppress(TimeoutError):
            await lab.wait_for_rows("optout", "ledger", entries, seconds=120)

    before = {name: lab.cost(name) for name in MEASURED}
    options.tell(f"uploading {options.records:,} records")
    fresh = await upload(url, token, connection_id, bodies, at_once=AT_ONCE, until=settled)
    missing = entries - await lab.count_rows("optout", "ledger")
    after = {name: lab.cost(name) for name in MEASURED}
    changed = await upload(url, token, connection_id, newer, at_once=AT_ONCE)
    same = await upload(url, token, connection_id, newer, at_once=AT_ONCE)
    costs = {name: Cost(after[name].cpu_s - before[name].cpu_s, after[name].memory) for name in MEASURED}
    return (fresh, changed, same), costs, missing


def find_faults(fresh: Load, changed: Load, same: Load) -> str:
    """Why the figure is void: any record that a report does not account for, or counts under the wrong name."""
    faults = []
    for name, load, wanted in (("new", fresh, "applied"), ("changed", changed, "applied"), ("same", same, "unchanged")):
        if load.total("received") != load.records:
            faults.append(f"{load.total('received'):,} of {load.records:,} {name} records received")
        if load.total(wanted) != load.records:
            faults.append(f"{load.total(wanted):,} of {load.records:,} {name} records {wanted}")
    return ", ".join(faults)


def describe_cost(cost: Cost, records: int) -> str:
    """CPU a record and memory."""
    return f"{cost.cpu_s / records * 1e6:,.0f} us, {cost.memory / 2**20:,.0f} MB"
