"""The records that can trigger a series, each as one query of the same shape; a new kind of trigger is a new entry here.

Columns: subscriber_id, trigger_id, location_id, consumer_id, about_at, status, historic, deleted, cycle_key (the occasion's own name) and basis (why
the date is what it is, for `basis_sentence`). They read :now, :type and :defaults.
"""

from typing import Final

from services.scheduler.domain.campaign_type import Cycle
from services.scheduler.domain.service_kinds import FAMILIES
from services.scheduler.domain.triggers import TriggerKind

_APPOINTMENT: Final = """
select subscriber_id, appointment_id as trigger_id, location_id, consumer_id, starts_at as about_at, status, historic, deleted, '' as cycle_key,
    cast(null as jsonb) as basis
from appointments"""
_VISIT: Final = """
select subscriber_id, visit_id as trigger_id, location_id, consumer_id, completed_at as about_at, cast('completed' as text) as status, historic,
    deleted, '' as cycle_key, cast(null as jsonb) as basis
from visits"""
_DATED: Final = """
select d.subscriber_id, d.trigger_id, d.location_id, d.consumer_id, (d.due_on + time '12:00') at time zone l.zone as about_at, d.status, d.historic,
    d.deleted, d.cycle_key, d.basis
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
            on k.subscriber_id = v.subscriber_id and k.location_id = v.location_id and k.type = cast(:type as text) and k.state <> 'ended'
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
        'is_safety', coalesce(f.is_safety, false), 'family', f.family, 'vehicle_id', n.vehicle_id)) as basis
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
    "visit": _VISIT,
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
