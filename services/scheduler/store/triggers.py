"""The records that can trigger a series, each as one query of the same shape; a new kind of trigger is a new entry here and in reach.py.

Columns: subscriber_id, trigger_id, location_id, consumer_id, about_at, status, historic, deleted, cycle_key (the occasion's own name), basis (why the
date is what it is, for `basis_sentence`, and what a mail says of it) and ends_at (when a mail about it is of no more use, null: the type's rule).
They read :now, :type, :defaults and :dates. What starts at a person is named by the person's id: it is found again by key.
"""

from typing import Final

from services.scheduler.domain.campaign_type import Cycle
from services.scheduler.domain.service_kinds import FAMILIES
from services.scheduler.domain.triggers import TriggerKind

# What was confirmed here counts as confirmed before the source has it, for the start that was confirmed only (N-57, N-58).
_APPOINTMENT: Final = """
select a.subscriber_id, a.appointment_id as trigger_id, a.location_id, a.consumer_id, a.starts_at as about_at,
    case when a.status = 'booked' and exists (
        select from confirmations f
        where f.subscriber_id = a.subscriber_id and f.appointment_id = a.appointment_id and f.starts_at = a.starts_at
    ) then 'confirmed' else a.status end as status,
    a.historic, a.deleted, '' as cycle_key, cast(null as jsonb) as basis, cast(null as timestamptz) as ends_at
from appointments a"""
# The mail speaks of the appointment, whose wall time stands in `local`: at the location's zone (N-51).
_BOOKING: Final = """
select a.subscriber_id, a.appointment_id as trigger_id, a.location_id, a.consumer_id, a.booked_at as about_at, a.status, a.historic, a.deleted,
    '' as cycle_key, jsonb_build_object('local', a.starts_at at time zone l.zone) as basis, a.starts_at as ends_at
from appointments a
join locations l on l.subscriber_id = a.subscriber_id and l.location_id = a.location_id"""
# Sources tell that an appointment is cancelled, not when: the instant its status was first heard of counts,
# and one that is only tidied up after its time is none.
_CANCELLATION: Final = """
select a.subscriber_id, a.appointment_id as trigger_id, a.location_id, a.consumer_id, a.status_at as about_at,
    case when a.deleted then 'cancelled' else a.status end as status, a.historic, coalesce(a.starts_at < a.status_at, true) as deleted,
    '' as cycle_key, jsonb_build_object('local', a.starts_at at time zone l.zone) as basis, cast(null as timestamptz) as ends_at
from appointments a
join locations l on l.subscriber_id = a.subscriber_id and l.location_id = a.location_id"""
_VISIT: Final = """
select subscriber_id, visit_id as trigger_id, location_id, consumer_id, completed_at as about_at, cast('completed' as text) as status, historic,
    deleted, '' as cycle_key, cast(null as jsonb) as basis, cast(null as timestamptz) as ends_at
from visits"""
# One row a person: the last visit, wherever it was. The person's id names it, so that one look-up by key finds it again.
_LAPSE: Final = """
select c.subscriber_id, c.consumer_id as trigger_id, v.location_id, c.consumer_id, v.completed_at as about_at, cast('away' as text) as status,
    v.historic, false as deleted, cast(v.visit_id as text) as cycle_key, cast(null as jsonb) as basis, cast(null as timestamptz) as ends_at
from consumers c
cross join lateral (
    select w.visit_id, w.location_id, w.completed_at, w.historic from visits w
    where w.subscriber_id = c.subscriber_id and w.consumer_id = c.consumer_id and not w.deleted and w.completed_at is not null
    order by w.completed_at desc limit 1
) v"""
_ARRIVAL: Final = """
select subscriber_id, consumer_id as trigger_id, location_id, consumer_id, addressed_at as about_at, status, historic, deleted, '' as cycle_key,
    cast(null as jsonb) as basis, cast(null as timestamptz) as ends_at
from consumers"""
# This year's and next year's; 29 February is kept on the 28th where there is none (N-74).
_BIRTHDAY: Final = """
select c.subscriber_id, c.consumer_id as trigger_id, c.location_id, c.consumer_id,
    make_date(y.year, c.birth_month, least(c.birth_day, cast(extract(day from make_date(y.year, c.birth_month, 1) + interval '1 month - 1 day')
        as integer))) as due_on,
    c.status, false as historic, c.deleted, cast(y.year as text) as cycle_key, cast(null as jsonb) as basis
from consumers c
cross join lateral (
    select cast(extract(year from cast(:now as timestamptz)) as integer) + n as year from generate_series(0, 1) n
) y
where c.birth_month is not null and c.birth_day is not null"""
OCCASIONS: Final = """
    select 'issue' as occasion, cast(k.settings ->> 'send_on' as date) as due_on where k.settings ? 'send_on'
    union all
    select n.key, to_date(y.year || '-' || n.value, 'YYYY-MM-DD')
    from jsonb_each_text(cast(:dates as jsonb) || coalesce(k.settings -> 'dates', '{}')) n
    cross join lateral (
        select cast(extract(year from cast(:now as timestamptz)) as integer) + g as year from generate_series(0, 1) g
    ) y
"""
"""The dates of a campaign k by hand: `send_on`, or days of the year that the type or the location names."""
# Everybody of a location on the dates of its campaign. An offer ends with itself.
_CALENDAR: Final = f"""
select c.subscriber_id, c.consumer_id as trigger_id, c.location_id, c.consumer_id, (d.due_on + time '12:00') at time zone l.zone as about_at,
    d.occasion as status, false as historic, c.deleted, d.occasion || '@' || d.due_on as cycle_key,
    jsonb_build_object('occasion', d.occasion) as basis,
    (cast(k.settings -> 'offer' ->> 'expires_on' as date) + 1) at time zone l.zone as ends_at
from consumers c
join locations l on l.subscriber_id = c.subscriber_id and l.location_id = c.location_id
join campaigns k
    on k.subscriber_id = c.subscriber_id and k.location_id = c.location_id and k.type = cast(:type as text) and k.state in ('active', 'paused')
cross join lateral ({OCCASIONS}) d"""  # noqa: S608 - constants only
_DATED: Final = """
select d.subscriber_id, d.trigger_id, d.location_id, d.consumer_id, (d.due_on + time '12:00') at time zone l.zone as about_at, d.status, d.historic,
    d.deleted, d.cycle_key, d.basis, cast(null as timestamptz) as ends_at
from ({dates}) d
join locations l on l.subscriber_id = d.subscriber_id and l.location_id = d.location_id"""
_RECARE: Final = """
select r.subscriber_id, r.recare_due_id as trigger_id, r.location_id, r.consumer_id, r.due_on, r.status, r.historic, r.deleted,
    r.recare_kind || '@' || y.began_with as cycle_key,
    jsonb_build_object('by', 'recare', 'due_on', r.due_on, 'recare_kind', r.recare_kind, 'began_with', y.began_with) as basis
from recares r
join recare_cycles y on y.subscriber_id = r.subscriber_id and y.consumer_id = r.consumer_id and y.recare_kind = r.recare_kind"""
# Serviced: the vehicle's last line done, else its owner's last visit. Due by time or by mileage, whichever is first.
_SERVICE: Final = """
select f.subscriber_id, f.vehicle_id as trigger_id, f.location_id, f.consumer_id, f.due_on, f.status, f.historic, f.deleted,
    f.vehicle_id || '@' || f.serviced_on as cycle_key,
    jsonb_strip_nulls(jsonb_build_object(
        'by', case when f.by_miles_on < f.by_time_on then 'mileage' else 'time' end, 'due_on', f.due_on, 'serviced_on', f.serviced_on,
        'months', f.months, 'miles', f.miles, 'a_day', round(cast(f.miles_a_day as numeric), 1), 'used', f.readings_used,
        'ignored', f.readings_ignored, 'by_time_on', f.by_time_on, 'vehicle_id', f.vehicle_id)) as basis
from (
    select t.*, least(t.by_time_on, t.by_miles_on) as due_on
    from (
        select v.*, r.months, r.miles, s.serviced_on, cast(s.serviced_on + make_interval(months => r.months) as date) as by_time_on,
            case when v.miles_a_day is not null then s.serviced_on + cast(round(r.miles / v.miles_a_day) as integer) end as by_miles_on
        from vehicles v
        join campaigns k
            on k.subscriber_id = v.subscriber_id and k.location_id = v.location_id and k.type = cast(:type as text)
                and k.state in ('active', 'paused')
        join locations l on l.subscriber_id = v.subscriber_id and l.location_id = v.location_id
        cross join lateral (
            select cast(coalesce(k.settings ->> 'service_months', cast(:defaults as jsonb) ->> 'service_months') as integer) as months,
                cast(coalesce(k.settings ->> 'service_miles', cast(:defaults as jsonb) ->> 'service_miles') as integer) as miles
        ) r
        cross join lateral (
            select cast(coalesce(
                (select max(n.stated_at) from service_lines n
                 where n.subscriber_id = v.subscriber_id and n.vehicle_id = v.vehicle_id and n.state = 'done' and not n.deleted),
                (select max(w.completed_at) from visits w
                 where w.subscriber_id = v.subscriber_id and w.consumer_id = v.consumer_id and not w.deleted)
            ) at time zone l.zone as date) as serviced_on
            offset 0 -- looked up once a vehicle and not wherever it is named
        ) s
    ) t
) f"""
_INSPECTION: Final = """
select subscriber_id, vehicle_id as trigger_id, location_id, consumer_id, registration_ends_on as due_on, status, historic, deleted,
    vehicle_id || '@' || registration_ends_on as cycle_key,
    jsonb_build_object('by', 'inspection', 'due_on', registration_ends_on, 'vehicle_id', vehicle_id) as basis
from vehicles where registration_ends_on is not null"""
# The scheduler's own table of job names as a relation of constants: kind, family, is_safety.
_KINDS: Final = "(values {rows}) as {{}} (kind, family, is_safety)".format(
    rows=", ".join(
        f"('{kind}', '{family.slug}', {str(family.is_safety).lower()})" for family in FAMILIES for kind in family.kinds
    )
)
# Done or approved since in the same family, on the same vehicle or person, counts as done whatever the job was called. Work since whose kind no table
# knows leaves doubt: it is then no safety item any more (N-69). A sold vehicle's work is nobody's.
_LINES: Final = """
select n.subscriber_id, n.service_line_id as trigger_id, n.location_id, n.consumer_id, n.stated_at as about_at,
    case
        when n.state not in ('recommended', 'declined') or later.is_same then 'done'
        when v.status = 'sold' or v.deleted or v.consumer_id <> n.consumer_id then 'sold'
        when f.is_safety and not coalesce(later.is_unknown, false) then 'open_safety'
        else 'open'
    end as status,
    n.historic, n.deleted, '' as cycle_key,
    jsonb_strip_nulls(jsonb_build_object('by', 'line', 'state', n.state, 'noted_on', cast(n.stated_at as date),
        'is_safety', coalesce(f.is_safety, false), 'family', f.family, 'vehicle_id', n.vehicle_id)) as basis,
    cast(null as timestamptz) as ends_at
from service_lines n
left join {kinds_f} on f.kind = n.service_kind
left join vehicles v on v.subscriber_id = n.subscriber_id and v.vehicle_id = n.vehicle_id
left join lateral (
    select bool_or(n.service_kind <> '' and coalesce(g.family, w.service_kind) = coalesce(f.family, n.service_kind)) as is_same,
        bool_or(g.family is null and w.service_kind is distinct from n.service_kind) as is_unknown
    from service_lines w
    left join {kinds_g} on g.kind = w.service_kind
    where w.subscriber_id = n.subscriber_id and w.consumer_id = n.consumer_id and w.vehicle_id is not distinct from n.vehicle_id
        and w.state in ('approved', 'done') and not w.deleted and w.stated_at >= n.stated_at and w.service_line_id <> n.service_line_id
) later on true
where n.vehicle_id is {vehicle}"""


def _lines(vehicle: str) -> str:
    return _LINES.format(vehicle=vehicle, kinds_f=_KINDS.format("f"), kinds_g=_KINDS.format("g"))


SOURCES: Final[dict[TriggerKind, str]] = {
    "appointment": _APPOINTMENT,
    "booking": _BOOKING,
    "cancellation": _CANCELLATION,
    "visit": _VISIT,
    "lapse": _LAPSE,
    "arrival": _ARRIVAL,
    "birthday": _DATED.format(dates=_BIRTHDAY),
    "calendar": _CALENDAR,
    "recare": _DATED.format(dates=_RECARE),
    "service": _DATED.format(dates=_SERVICE),
    "inspection": _DATED.format(dates=_INSPECTION),
    "declined": _lines("not null"),
    "treatment": _lines("null"),
}
"""Ingest sends completed visits only: an estimate or work in progress never gets here (N-72)."""

CYCLES: Final[dict[Cycle, str]] = {
    "trigger": "cast(o.trigger_id as text)",
    "trigger_and_start": """o.trigger_id || '@' || to_char(o.about_local, 'YYYY-MM-DD"T"HH24:MI')""",
    "occasion": "o.cycle_key",
}
"""What makes a touch unique beside campaign, step and person: the trigger, the trigger with its announced local start (N-42, N-43), or what the
source calls the occasion: the recare cycle (N-61), the service it follows."""
