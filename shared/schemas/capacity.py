"""Scheduler's wire of capacity: what a location's calendar has free, and how many invitations that lets flow."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Wire


class LocationCapacity(Wire):
    """What a location's calendar has free now and what may be asked for; `is_paced` false where it does not tell its chairs or bays."""

    location_id: UUID
    is_paced: bool
    free_visits: int = Field(description="on the open days within the horizon")
    may_be_open: int = Field(description="invitations that may be open at the same time")
    open_invitations: int
    room: int = Field(description="invitations that may still go now")
    waiting: int = Field(description="invitations that were due and wait for room")


class CapacityDay(Wire):
    """An open day ahead: minutes of all chairs or bays together, visits that still fit, and the share of them that may be asked for now."""

    location_id: UUID
    day: date
    offered_minutes: int
    booked_minutes: int
    free_visits: int
    share: float = Field(ge=0, le=1)
