"""Subscribers and locations as every service needs to know them; portal owns them and pushes them downhill (directory entries)."""

from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from shared.schemas.wire import Instant, Line, Name, Wire

Vertical = Literal["dental", "auto"]
LocationState = Literal["onboarding", "live", "suspended", "closed"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _zone(name: str) -> str:
    """Accept only area/city zone names: abbreviations such as EST do not know daylight saving time (N-49)."""
    if "/" not in name and name != "UTC":
        raise ValueError("zone_not_a_name")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("zone_unknown") from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone), Field(max_length=64, examples=["America/Los_Angeles"])]


class PostalAddress(Wire):
    """A physical postal address of the sender (L-007): street address, registered post-office box or private mailbox."""

    line1: Name
    line2: Line = Field(default="", max_length=200)
    city: Name
    region: Line = Field(default="", max_length=60)
    postal_code: Line = Field(min_length=2, max_length=20)
    country: str = Field(pattern=r"^[A-Z]{2}$", examples=["US"])

    def one_line(self) -> str:
        """Return the address as one line of text for a footer."""
        tail = " ".join(part for part in (self.region, self.postal_code) if part)
        return ", ".join(part for part in (self.line1, self.line2, self.city, tail, self.country) if part)


class OpenHours(Wire):
    """Local opening hours of one weekday; several rows a day mean a break."""

    weekday: Weekday
    opens: time
    closes: time


def _opens_before_it_closes(hours: list[OpenHours]) -> list[OpenHours]:
    if any(row.opens.tzinfo or row.closes.tzinfo for row in hours):
        raise ValueError("hours_not_local")
    if any(row.opens >= row.closes for row in hours):
        raise ValueError("hours_reversed")
    return hours


OpeningHours = Annotated[list[OpenHours], Field(max_length=21), AfterValidator(_opens_before_it_closes)]
"""A week; each row opens before it closes."""


ProcedureNames = Annotated[list[Annotated[Line, Field(min_length=2, max_length=100)]], Field(max_length=500)]
"""What a practice calls its procedures: never in what a shared mailbox shows without opening (L-106)."""

LinkHosts = Annotated[
    list[Annotated[str, Field(max_length=253, pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")]],
    Field(max_length=50),
]
"""Hosts a location's mail may lead to beside its website: booking and review sites it configured (S-054)."""


StaffMailboxes = Annotated[list[Annotated[str, Field(max_length=254)]], Field(max_length=10)]
"""Mailboxes of people who work at a location; set by the business, reached by no consumer's data."""


class Capacity(Wire):
    """How many visits a location takes: invitations are paced by what is free of it. Without chairs or bays they are not paced."""

    chairs_or_bays: int = Field(default=0, ge=0, le=500, description="visits at the same time; 0: not told")
    visit_minutes: int = Field(default=60, ge=10, le=1440, description="what a visit usually takes, minutes")
    invitations_per_visit: int = Field(
        default=3, ge=1, le=50, description="how many invitations may be open for every visit that is free"
    )


class SenderIdentity(Wire):
    """Who the reader sees (L-004, L-053): header from, its display name is the location's name; reply to reaches the business (S-013)."""

    header_from: str = Field(max_length=254, examples=["hello@brightsmile.example.com"])
    reply_to: str = Field(max_length=254, examples=["frontdesk@brightsmile.example.com"])


class SubscriberFacts(Wire):
    """Directory kind `subscriber`: the paying business, its agreement (S-052) and whether it may act at all."""

    subscriber_id: UUID
    name: Name
    agreement_version: str | None
    agreement_accepted_at: Instant | None
    active: bool


class LocationFacts(Wire):
    """Directory kind `location`: one place of a subscriber. No consumer mail leaves before `state` is live (S-074)."""

    location_id: UUID
    subscriber_id: UUID
    name: Name
    vertical: Vertical
    state: LocationState
    zone: ZoneName
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    phone: Line = Field(max_length=40)
    website: Line = Field(default="", max_length=300)
    postal_address: PostalAddress
    sender: SenderIdentity
    hours: OpeningHours
    closures: list[date] = Field(default=[], max_length=400)
    live_at: Instant | None = None
    procedure_names: ProcedureNames = Field(default=[])
    link_hosts: LinkHosts = Field(default=[])
    open_on_public_holidays: bool = Field(
        default=False,
        description="public holidays of the postal address's country and region are closed days unless this is true",
    )
    in_aggregates: bool = Field(
        default=False,
        description="the location lets its consumers be counted in the operator's broad figures (S-061, S-103); off, none of them is",
    )
    capacity: Capacity = Field(default=Capacity())
    test_recipients: StaffMailboxes = Field(
        default=[], description="who may be sent a campaign as a test, beside the mailbox that answers reach"
    )
