"""The facts an audience may ask for, in one table: a new fact is one entry here.

Readings are SQL over one person u: the columns of `consumers`, the location's `zone`, `now` and the local day `today`. `{since}` stands for the
instant from which on is counted. Facts are of the whole business, wherever a visit was; never a name or an address.
"""

from calendar import month_name
from typing import Final

from services.scheduler.domain.audience import Fact
from services.scheduler.store.situations import CONDITIONS, OWN
from services.scheduler.store.triggers import SOURCES

_VISITS: Final = f"from visits v where {OWN.format(t='v')} and v.completed_at <= u.now"
_VEHICLES: Final = f"from vehicles v where {OWN.format(t='v')} and v.status = 'active'"
_LAST_MILES: Final = """
select case o.unit when 'km' then o.distance * 0.62137 else o.distance end as miles from odometers o
where o.subscriber_id = v.subscriber_id and o.vehicle_id = v.vehicle_id and not o.deleted and o.read_at <= u.now and o.distance is not null
order by o.read_at desc, o.odometer_reading_id limit 1"""
_OPEN_WORK: Final = f"""(
select count(*) from ({{source}}) d
where {OWN.format(t="d")} and d.status in ('open', 'open_safety') and d.about_at <= u.now and d.about_at > {{since}})"""  # noqa: S608 - constants only
_MONTHS: Final = {str(number): name for number, name in enumerate(month_name) if name}

FACTS: Final[dict[str, Fact]] = {
    "status": Fact(
        "choice",
        "the status",
        "u.status",
        choices={word: word for word in ("active", "inactive", "prospect", "held", "deceased")},
    ),
    "language": Fact(
        "choice", "the language", "coalesce(nullif(u.language, ''), 'en')", choices={"en": "English", "es": "Spanish"}
    ),
    "added": Fact("day", "the day an address was first known", "cast(u.addressed_at at time zone u.zone as date)"),
    "historic": Fact(
        "flag",
        "the record is older than the location's first day with us",
        "u.historic",
        "the record is not older than the location's first day with us",
    ),
    "birthday_month": Fact("choice", "the month of birth", "cast(u.birth_month as text)", choices=_MONTHS),
    "appointment_ahead": Fact(
        "flag", "there is an appointment ahead", CONDITIONS["booked_ahead"], "there is no appointment ahead"
    ),
    "last_visit": Fact(
        "day", "the last visit", f"(select cast(max(v.completed_at) at time zone u.zone as date) {_VISITS})"
    ),
    "visits": Fact(
        "number",
        "the number of visits",
        f"(select count(*) {_VISITS} and v.completed_at > {{since}})",
        days="optional",
    ),
    "spent_cents": Fact(
        "number",
        "the total spent",
        f"(select coalesce(sum(v.total_cents), 0) {_VISITS} and v.completed_at > {{since}})",
        days="optional",
        in_cents=True,
    ),
    "visited_location": Fact(
        "set",
        "the locations visited",
        f"array(select cast(v.location_id as text) {_VISITS} and v.completed_at > {{since}})",
        days="optional",
        choices="location",
    ),
    "had_campaign": Fact(
        "set",
        "the campaigns sent",
        "array(select t.campaign_type from touches t where t.subscriber_id = u.subscriber_id and t.consumer_id = u.consumer_id"
        " and t.state in ('sent', 'uncertain') and t.final_at > {since})",
        days="needed",
        choices="campaign_type",
    ),
    "recare_overdue_days": Fact(
        "number",
        "the days that recare is overdue",
        f"(select u.today - min(r.due_on) from recares r where {OWN.format(t='r')} and r.status = 'open' and r.due_on < u.today)",  # noqa: S608
        verticals=("dental",),
    ),
    "open_treatments": Fact(
        "number",
        "the number of recommended treatments not done yet",
        _OPEN_WORK.replace("{source}", SOURCES["treatment"]),
        verticals=("dental",),
        days="optional",
    ),
    "has_vehicle": Fact(
        "flag", "there is a vehicle", f"exists (select {_VEHICLES})", "there is no vehicle", verticals=("auto",)
    ),
    "is_fleet": Fact(
        "flag",
        "the customer is a fleet",
        f"({CONDITIONS['is_fleet']})",
        "the customer is no fleet",
        verticals=("auto",),
    ),
    "mileage": Fact(
        "number",
        "the last miles read from a vehicle",
        f"(select max((select m.miles from ({_LAST_MILES}) m)) {_VEHICLES})",  # noqa: S608
        verticals=("auto",),
    ),
    "declined_work": Fact(
        "number",
        "the number of recommended or declined jobs not done yet",
        _OPEN_WORK.replace("{source}", SOURCES["declined"]),
        verticals=("auto",),
        days="optional",
    ),
}
