"""Situations as conditions over one planned occasion: u the occasion with its times, p its person; pure SQL, put into plan_touches.sql by name."""

from collections.abc import Sequence
from typing import Final

from services.scheduler.domain.situations import FLEET_VEHICLES, LATELY_DAYS, Situation

OWN: Final = "{t}.subscriber_id = u.subscriber_id and {t}.consumer_id = u.consumer_id and not {t}.deleted"
"""A row t of the person u that is still there."""
_TOUCH: Final = "t.subscriber_id = u.subscriber_id and t.consumer_id = u.consumer_id"
_GOING: Final = "('planned', 'dispatched', 'sent', 'uncertain')"

_FIRST: Final = "select {} from {} limit 1"
# The rows that make a situation: the one that comes first in this order is the record on file as having decided.
_DECIDERS: Final[dict[Situation, tuple[str, str]]] = {
    "booked_ahead": (
        "a.appointment_id",
        f"appointments a where {OWN.format(t='a')} and a.status in ('booked', 'confirmed') and a.starts_at > u.now order by a.starts_at",
    ),
    "visited_lately": (
        "v.visit_id",
        f"visits v where {OWN.format(t='v')} and v.completed_at > u.now - interval '{LATELY_DAYS} days' order by v.completed_at desc",
    ),
    "asked_to_confirm": (
        "t.touch_id",
        f"touches t where {_TOUCH} and t.campaign_type = 'appointment_confirm_request' and t.trigger_id = u.trigger_id"
        f" and t.about_at = u.about_at and cast(t.planned_local as date) = cast(u.planned_local as date) and t.state in {_GOING}",
    ),
    "reminded_soon": (
        "t.touch_id",
        f"touches t where {_TOUCH} and t.campaign_type = 'appointment_reminder' and t.trigger_id = u.trigger_id and t.reason = 'step_past'",
    ),
    "other_mail": (
        "t.touch_id",
        f"touches t where {_TOUCH} and t.campaign_type <> cast(:type as text) and t.state in {_GOING} order by t.due_at",
    ),
    # Of two that fall close together the later one yields; an earlier one that was only planned has not been had yet, but will be.
    "had_same_lately": (
        "t.touch_id",
        f"touches t where {_TOUCH} and t.campaign_type = cast(:type as text) and t.cycle <> u.cycle and t.state in {_GOING}"
        " and t.planned_local < u.planned_local and t.planned_local > u.planned_local - make_interval(days => u.gap_days)"
        " order by t.planned_local desc",
    ),
    "been_before": (
        "v.visit_id",
        f"visits v where {OWN.format(t='v')} and v.visit_id <> u.trigger_id and v.completed_at <> u.about_at order by v.completed_at desc",
    ),
    "recare_running": (
        "t.touch_id",
        f"touches t where {_TOUCH} and t.campaign_type = 'recare_due' and t.state in ('planned', 'held', 'dispatched') order by t.due_at",
    ),
}  # fmt: skip

CONDITIONS: Final[dict[Situation, str]] = {
    **{name: f"exists (select from {rows})" for name, (_, rows) in _DECIDERS.items()},
    # Asked before planning, one statement a campaign that has an audience (store/audiences.py).
    "not_in_audience": (
        "(u.campaign_id, u.consumer_id) in (select o.campaign_id, o.consumer_id"
        " from unnest(cast(:outside_campaigns as uuid[]), cast(:outside_consumers as uuid[])) as o (campaign_id, consumer_id))"
    ),
    "is_fleet": (
        f"exists (select from relations f where {OWN.format(t='f')} and f.relation = 'fleet_contact')"  # noqa: S608
        f" or exists (select from vehicles v where {OWN.format(t='v')} and v.status = 'active' having count(*) >= {FLEET_VEHICLES})"
    ),
    "is_minor": "p.minor_until > cast(u.now_local as date)",
    "asked_another_time": (
        "exists (select from time_requests r"
        " where r.subscriber_id = u.subscriber_id and r.appointment_id = u.trigger_id and r.starts_at = u.about_at)"
    ),
    "first_visit": (
        f"not exists (select from visits v where {OWN.format(t='v')} and v.visit_id <> u.trigger_id and v.completed_at < u.about_at)"
    ),
    "no_charge": (
        "exists (select from visits v where v.subscriber_id = u.subscriber_id and v.visit_id = u.trigger_id and v.total_cents <= 0)"
    ),
}  # fmt: skip


_UNFIT: Final = """
            when p.consumer_id is null then 'person_unknown'
            when p.deleted then 'person_gone'
            when p.status <> 'active' then 'person_' || p.status
            when p.minor_until > cast(u.now_local as date) and coalesce(p.recipient_id, p.consumer_id) = p.consumer_id
                then 'minor_without_guardian'
            when p.address_key is null then coalesce(p.address_problem, 'no_address')
            when r.deleted or r.status = 'deceased' then 'recipient_unfit'
"""


def blocked_cases(situations: Sequence[Situation]) -> str:
    """Return the branches of a CASE that name why nothing goes: the person p or the recipient r, then the first of these situations that holds."""
    return _UNFIT + "\n".join(f"            when {CONDITIONS[name]} then '{name}'" for name in situations)


def decider_cases(situations: Sequence[Situation]) -> str:
    """Return the branches of a CASE over the situation on file that find the record it rests on."""
    found = [(name, *_DECIDERS[name]) for name in situations if name in _DECIDERS]
    return "\n".join(f"            when '{name}' then ({_FIRST.format(column, rows)})" for name, column, rows in found)
