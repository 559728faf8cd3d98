"""P5: every stock campaign planned for everybody: a full plan, then single changes, against copying the planned rows and nothing else.

Half of the consumers are a dental practice's and half a shop's, of one subscriber. A plan that leaves somebody unplanned, or plans nothing for most,
counts for nothing.
"""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg

from services.scheduler import campaigns
from services.scheduler.domain.campaign_type import CampaignType
from shared.kit.http import AsyncClient, Timeout
from shared.kit.plugins import find_plugins
from shared.schemas.location import LocationFacts
from shared.schemas.scheduler import CampaignInput
from shared.schemas.wire import DirectoryEntry
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.people import FILL
from tests.fixtures.builders import build_location

SINGLES = 20
_MEASURED = ("scheduler-work", "postgres")


@dataclass(frozen=True)
class Plan:
    """What was measured: seconds of the tenth that was planned first and of the rest, of each single change, and of copying the rows."""

    first_s: float
    rest_s: float
    singles_ms: list[float]
    copy_s: float
    touches: int
    people_with_touches: int
    cpu: dict[str, float]
    memory: int


def measure(options: Options) -> Figure:
    """A tenth of the people, then the rest, then one by one."""
    people = max(200, options.records)
    with open_lab(options.tell) as lab:
        plan = asyncio.run(_plan(lab, options, people))
    total = plan.first_s + plan.rest_s
    rate, limit = people / total, people / plan.copy_s
    slower = (plan.rest_s / 9) / plan.first_s
    return Figure(
        id="P5",
        name=f"plan of all stock campaigns, {people:,} consumers",
        value=rate,
        unit="consumers/s",
        limit="the planned touches and their decisions copied into empty tables with the same indexes",
        limit_value=limit,
        ratio=rate / limit,
        note=f"one work process, {total:.1f} s in all; at this rate a million take {1_000_000 / rate:,.0f} s; goal 60 s",
        void="" if plan.people_with_touches > people * 0.5 else f"only {plan.people_with_touches:,} people have a touch",
        details=(
            ("touches planned", f"{plan.touches:,}, {plan.touches / total:,.0f} a second (goal 5,000)"),
            ("a change of one person: median, longest", f"{_median(plan.singles_ms):,.0f} ms, {max(plan.singles_ms):,.0f} ms (goal 1,000)"),
            ("time a consumer, nine tenths by the first tenth", f"{slower:.2f} (1 is linear)"),
            *((f"{name}: CPU a consumer", f"{cpu / people * 1e6:.0f} us") for name, cpu in plan.cpu.items()),
            ("scheduler-work: memory", f"{plan.memory / 2**20:.0f} MB"),
        ),
    )  # fmt: skip


ROW = Row(
    "P5", "plan", "a full plan of 1,000,000 consumers in 60 s, a change within 1 s, 5,000 touches a second", measure
)


async def _plan(lab: Lab, options: Options, people: int) -> Plan:
    lab.start("scheduler", "serve")
    lab.start("scheduler", "work")
    shop = build_location(lab.subscriber.subscriber_id, vertical="auto")
    await _introduce(lab, shop)
    database = urlsplit(lab.stack.databases["scheduler"].owner).path
    connection = await asyncpg.connect(urlsplit(lab.stack.admin_url)._replace(path=database).geturl())
    try:
        owner, places = lab.subscriber.subscriber_id, (lab.location.location_id, shop.location_id)
        tenth = people // 10
        await _until(connection, "select count(*) = 2 from locations where hold_reason is null and drawn_until > now()")
        options.tell(f"putting the facts of {people:,} consumers on file")
        await _fill(connection, owner, places, 1, tenth)
        before = {name: lab.cost(name).cpu_s for name in _MEASURED}
        options.tell("planning the first tenth")
        first = await _plan_all(connection, owner, 1, tenth)
        middle = {name: lab.cost(name).cpu_s for name in _MEASURED}
        await _fill(connection, owner, places, tenth + 1, people)
        loaded = {name: lab.cost(name).cpu_s for name in _MEASURED}
        options.tell("planning the rest")
        rest = await _plan_all(connection, owner, tenth + 1, people)
        after = {name: lab.cost(name) for name in _MEASURED}
        singles = [await _plan_one(connection, owner, places[0]) for _ in range(SINGLES)]
        touches, reached = await connection.fetchrow("select count(*), count(distinct consumer_id) from touches")  # type: ignore[misc]
        copied = await _copy(connection)
    finally:
        await connection.close()
    cpu = {name: after[name].cpu_s - loaded[name] + middle[name] - before[name] for name in _MEASURED}
    return Plan(first, rest, singles, copied, touches, reached, cpu, after["scheduler-work"].memory)


async def _introduce(lab: Lab, shop: LocationFacts) -> None:
    """Push both locations and switch on every type that a location can have without words of its own."""
    await lab.introduce("scheduler")
    async with lab.caller("portal", "scheduler") as portal:
        entry = DirectoryEntry(version=1, subscriber_id=shop.subscriber_id, body=shop.model_dump(mode="json"))
        await portal.send("PUT", f"/v1/directory/location/{shop.location_id}", body=entry)
    types: dict[str, CampaignType] = find_plugins(campaigns, "CAMPAIGN_TYPE")
    own = {
        "newsletter": {"send_on": "2100-01-01", "words": {"headline": "News", "text": "None yet."}},
        "promotion": {"send_on": "2100-01-01", "words": {"headline": "News", "text": "None yet."}},
        "review_request": {"links": {"review": "https://reviews.example.com/us"}},
    }
    headers = {"Authorization": f"Bearer {lab.token('campaigns')}"}
    async with AsyncClient(
        base_url=lab.stack.urls["scheduler"], headers=headers, timeout=Timeout(30), trust_env=False
    ) as http:
        for place in (lab.location, shop):
            for slug, kind in types.items():
                if place.vertical in kind.verticals:
                    body = CampaignInput(location_id=place.location_id, type=slug, settings=own.get(slug, {}))  # type: ignore[arg-type]
                    answer = await http.post("/v1/campaigns", json=body.model_dump(mode="json"))
                    answer.raise_for_status()


async def _fill(connection: asyncpg.Connection, owner: UUID, places: tuple[UUID, UUID], first: int, last: int) -> None:
    for statement in FILL:
        await connection.execute(
            statement.format(owner=owner, dental=places[0], auto=places[1], first=first, last=last)
        )
    await connection.execute("analyze")


async def _plan_all(connection: asyncpg.Connection, owner: UUID, first: int, last: int) -> float:
    """Mark these people, as a campaign that was switched on does; return the seconds until nobody is marked."""
    began = perf_counter()
    await connection.execute(
        "insert into replans select $1, consumer_id, true from consumers where subscriber_id = $1 and address_key between $2 and $3",
        owner,
        f"1.{first:09d}",
        f"1.{last:09d}",
    )
    await _until(connection, "select not exists (select from replans)")
    return perf_counter() - began


async def _plan_one(connection: asyncpg.Connection, owner: UUID, place: UUID) -> float:
    """Book an appointment for somebody, as a page of ingest's feed does; return the milliseconds until its reminder is planned.

    Nothing rings the planner's bell here, as the feed's follower in the same process does: the pause between two looks is measured along.
    """
    appointment = uuid4()
    consumer = await connection.fetchval(
        "select c.consumer_id from consumers c where subscriber_id = $1 and location_id = $2"
        " and not exists (select from appointments p where p.consumer_id = c.consumer_id) order by random() limit 1",
        owner,
        place,
    )
    began = perf_counter()
    await connection.execute(
        "with a as (insert into appointments (subscriber_id, appointment_id, location_id, consumer_id, starts_at, status, historic, deleted)"
        " values ($1, $2, $3, $4, now() + interval '25 days', 'booked', false, false) returning subscriber_id, consumer_id)"
        " insert into replans select subscriber_id, consumer_id, false from a on conflict do nothing",
        owner,
        appointment,
        place,
        consumer,
    )
    planned = f"select exists (select from touches where subscriber_id = '{owner}' and consumer_id = '{consumer}' and trigger_id = '{appointment}')"
    await _until(connection, planned, every_s=0.01)
    return (perf_counter() - began) * 1000


async def _copy(connection: asyncpg.Connection) -> float:
    """Copy what planning wrote, with the same indexes; return the seconds."""
    for table in ("touches", "decisions"):
        await connection.execute(f"create table bare_{table} (like {table} including all)")
    began = perf_counter()
    await connection.execute("insert into bare_touches select * from touches")
    await connection.execute("insert into bare_decisions overriding system value select * from decisions")
    return perf_counter() - began


async def _until(connection: asyncpg.Connection, question: str, *, every_s: float = 0.05) -> None:
    while not await connection.fetchval(question):  # noqa: ASYNC110 - another process goes on
        await asyncio.sleep(every_s)


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
