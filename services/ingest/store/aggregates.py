"""Counts people of all subscribers under a role that cannot read who they are, and keeps the released figures (S-102)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.aggregates import TOTAL, Group

ROLE: Final = "dueback_ingest_aggregates"
_SUBSCRIBERS: Final = text(
    "select distinct subscriber_id from counted_places where subscriber_id > :after order by 1 limit :limit"
)
# Everybody with an opt-out of any kind is left out: who wants no mail did not come to be counted either (S-036, S-103).
_COUNT: Final = text(f"""
with person as (
    select c.location_id, case when c.minor_until > :today then 'minor' else 'adult' end as age_group,
        coalesce(nullif(c.language, ''), 'unknown') as language,
        (select case when count(*) = 0 then '0' when count(*) = 1 then '1' when count(*) <= 3 then '2-3' else '4+' end from visits v
            where v.subscriber_id = c.subscriber_id and v.consumer_id = c.id and not v.deleted and not v.parked
                and v.completed_at > cast(:today as date) - 365 and v.completed_at <= cast(:today as date)) as visits_in_12_months,
        (select coalesce(max(m.model_year) / 10 * 10 || 's', 'none') from vehicles m
            where m.subscriber_id = c.subscriber_id and m.consumer_id = c.id and not m.deleted and not m.parked) as model_years
    from consumers c
    where c.subscriber_id = :subscriber and c.status = 'active' and not c.deleted and c.merged_into is null
        and not exists (select from source_optouts o where o.subscriber_id = c.subscriber_id and o.person_id = c.id)
        and not exists (select from write_backs w where w.subscriber_id = c.subscriber_id and w.consumer_id = c.id and w.kind = 'optout')
)
select p.region, p.vertical, d.dimension, d.band, count(*) as consumers
from person c join counted_places p on p.subscriber_id = :subscriber and p.location_id = c.location_id
cross join lateral (values
    ('{TOTAL}', '{TOTAL}'), ('age_group', c.age_group), ('language', c.language), ('visits_in_12_months', c.visits_in_12_months),
    ('model_years', c.model_years)) as d (dimension, band)
where p.region is not null and (d.dimension <> 'model_years' or p.vertical = 'auto')
group by 1, 2, 3, 4
""")  # noqa: S608 - a constant
_EXISTS: Final = text("select exists (select from aggregate_releases where quarter_on = :quarter)")
_RELEASE: Final = text(
    "insert into aggregate_releases (quarter_on, made_at, subscribers) values (:quarter, :now, :subscribers) on conflict do nothing returning true"
)
_KEEP: Final = text("""
insert into aggregate_cells (quarter_on, region, vertical, dimension, band, consumers)
values (:quarter, :region, :vertical, :dimension, :band, :consumers)
""")
_LATEST: Final = text("""
select r.quarter_on, r.made_at, r.subscribers, c.region, c.vertical, c.dimension, c.band, c.consumers
from (select * from aggregate_releases order by quarter_on desc limit 1) r left join aggregate_cells c on c.quarter_on = r.quarter_on
order by 3, 4, 5, 6
""")


async def lower_role(connection: AsyncConnection) -> None:
    """Take the counting role until the transaction ends: from here on nobody's name can be read."""
    await connection.execute(text(f"set local role {ROLE}"))


async def list_subscribers(connection: AsyncConnection, *, after: UUID, limit: int) -> list[UUID]:
    """Return subscribers with a live location that lets its people be counted, by id."""
    return [row.subscriber_id for row in await connection.execute(_SUBSCRIBERS, {"after": after, "limit": limit})]


async def count_people(
    connection: AsyncConnection, *, subscriber_id: UUID, today: date
) -> list[tuple[Group, str, int]]:
    """Return one subscriber's people by group and band."""
    rows = await connection.execute(_COUNT, {"subscriber": subscriber_id, "today": today})
    return [(Group(row.region, row.vertical, row.dimension), row.band, row.consumers) for row in rows]


async def is_released(connection: AsyncConnection, quarter_on: date) -> bool:
    """Tell whether this quarter's figures are out."""
    return bool(await connection.scalar(_EXISTS, {"quarter": quarter_on}))


async def keep_release(
    connection: AsyncConnection,
    *,
    quarter_on: date,
    figures: Mapping[tuple[Group, str], int],
    subscribers: int,
    now: datetime,
) -> bool:
    """Keep a quarter's figures, and of how many subscribers people were counted, once and for all; false when another process has."""
    if not await connection.scalar(_RELEASE, {"quarter": quarter_on, "subscribers": subscribers, "now": now}):
        return False
    cells = [
        group._asdict() | {"band": band, "consumers": consumers, "quarter": quarter_on}
        for (group, band), consumers in figures.items()
    ]
    if cells:
        await connection.execute(_KEEP, cells)
    return True


async def read_latest(connection: AsyncConnection) -> list[Any]:
    """Return the newest release's cells; one row without a cell when nothing could be published, none before the first release."""
    return list(await connection.execute(_LATEST))
