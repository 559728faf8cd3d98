"""What falls due, put into ingest's feed, and campaign types of these triggers to plan it by."""

from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

from services.scheduler.domain.campaign_step import Step
from services.scheduler.domain.campaign_type import CampaignType, Group, Trigger
from shared.schemas.planning_facts import OdometerReadingFacts, RecareDueFacts, ServiceLineFacts, VehicleFacts
from shared.schemas.wire import Wire
from tests.scheduler.practice import Practice

RECARE = CampaignType(
    slug="a_recare",
    title="A recare series",
    verticals=("dental",),
    topic="care",
    message_class="commercial",
    purpose="promotion",
    class_reason="x.",
    trigger=Trigger("recare", ("open",), {"disabled": "recare_disabled", "scheduled": "booked_ahead"}, history=True),
    cycle="occasion",
    steps=(
        Step("month_before", days=-30, at=time(10), roll="forward"),
        Step("week_before", days=-7, at=time(10), roll="forward"),
        Step("after", days=14, at=time(10), roll="forward"),
    ),
    useful_days=7,
    rank=20,
    group=Group("recare", same_day=False),
    needs_fresh_source=False,
    sample={"dental": ("Ana",)},
    skips=("booked_ahead", "visited_lately"),
    looks_ahead_days=45,
)
SERVICE = replace(
    RECARE,
    slug="a_service",
    trigger=Trigger("service", ("active",), {"sold": "vehicle_sold"}, history=True),
    steps=(Step("before", days=-14, at=time(10), roll="forward"), Step("due", days=0, at=time(10), roll="forward")),
    skips=("booked_ahead",),
    defaults={"service_months": 6, "service_miles": 5000},
)
INSPECTION = replace(
    SERVICE,
    slug="an_inspection",
    trigger=Trigger("inspection", ("active",), {"sold": "vehicle_sold"}, history=True),
    steps=(Step("before", days=-14, at=time(10), roll="forward"),),
)
DECLINED = replace(
    RECARE,
    slug="a_declined",
    trigger=Trigger("declined", ("open", "open_safety"), {"done": "work_done", "sold": "vehicle_sold"}),
    cycle="trigger",
    steps=(
        Step("safety", days=2, at=time(10), roll="forward", statuses=("open_safety",)),
        Step("week", days=7, at=time(10), roll="forward"),
    ),
    skips=("booked_ahead", "is_fleet"),
)
TREATMENT = replace(DECLINED, slug="a_treatment", trigger=Trigger("treatment", ("open",), {"done": "work_done"}))
TYPES = (RECARE, SERVICE, INSPECTION, DECLINED, TREATMENT)


def put_fact(practice: Practice, kind: str, key: UUID, body: Wire) -> UUID:
    """Put a fact into ingest's feed."""
    practice.ingest.feed.put(practice.subscriber.subscriber_id, kind, key, body)
    return key


def put_recare(practice: Practice, person: UUID, due_on: date, **facts: Any) -> UUID:
    """Put a person's recare date into the feed; `facts["id"]` updates."""
    key = facts.pop("id", None) or uuid4()
    values: dict[str, Any] = {
        "recare_kind": "prophylaxis",
        "interval_days": 182,
        "status": "open",
        "historic": False,
        "deleted": False,
    } | facts
    place = practice.location.location_id
    body = RecareDueFacts(recare_due_id=key, location_id=place, consumer_id=person, due_on=due_on, **values)
    return put_fact(practice, "recare_due", key, body)


def put_vehicle(practice: Practice, person: UUID, *readings: tuple[str, int], unit: Any = "mi", **facts: Any) -> UUID:
    """Put a vehicle and its readings, by day and value, into the feed; `facts["id"]` updates."""
    key = facts.pop("id", None) or uuid4()
    values: dict[str, Any] = {
        "model_year": 2019,
        "registration_ends_on": None,
        "status": "active",
        "historic": False,
        "deleted": False,
    } | facts
    place = practice.location.location_id
    put_fact(practice, "vehicle", key, VehicleFacts(vehicle_id=key, location_id=place, consumer_id=person, **values))
    for day, value in readings:
        put_reading(practice, key, day, value, unit)
    return key


def put_reading(
    practice: Practice, vehicle: UUID, day: str, value: int, unit: Any = "mi", key: UUID | None = None
) -> UUID:
    """Put an odometer reading into the feed; `key` corrects one."""
    key = key or uuid4()
    body = OdometerReadingFacts(
        odometer_reading_id=key,
        location_id=practice.location.location_id,
        vehicle_id=vehicle,
        read_at=practice.at(f"{day} 12:00"),
        distance=value,
        unit=unit,
        historic=False,
        deleted=False,
    )
    return put_fact(practice, "odometer_reading", key, body)


def put_line(practice: Practice, person: UUID, vehicle: UUID | None, noted: str, **facts: Any) -> UUID:
    """Put a service line into the feed, declined brakes unless told otherwise; `facts["id"]` updates."""
    key = facts.pop("id", None) or uuid4()
    values: dict[str, Any] = {
        "state": "declined",
        "service_kind": "brake_pads",
        "total_cents": None,
        "currency": "",
        "historic": False,
        "deleted": False,
    } | facts
    place = practice.location.location_id
    body = ServiceLineFacts(
        service_line_id=key,
        location_id=place,
        consumer_id=person,
        vehicle_id=vehicle,
        stated_at=practice.at(noted),
        **values,
    )
    return put_fact(practice, "service_line", key, body)
