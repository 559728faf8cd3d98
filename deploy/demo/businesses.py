"""The two businesses of the demonstration: one dental practice, one auto shop, in different zones.

Everything is fictional and every mailbox lies under example.com, so that a demo let loose on a real relay mails nobody.
"""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]


@dataclass(frozen=True)
class Business:
    """A subscriber with its one location, as the portal is told: `subscriber` and `location` are request bodies."""

    slug: str
    vertical: str
    zone: str
    connector: str
    subscriber: Json
    location: Json
    agreed_by: str
    vehicles: tuple[str, ...] = ()

    @property
    def clock(self) -> ZoneInfo:
        """The location's zone."""
        return ZoneInfo(self.zone)


def week(days: str, opens: str, closes: str) -> list[Json]:
    """The same opening hours on several weekdays."""
    return [{"weekday": day, "opens": opens, "closes": closes} for day in days.split()]


BRIGHT_SMILE = Business(
    slug="brightsmile",
    vertical="dental",
    zone="America/Los_Angeles",
    connector="canonical",
    agreed_by="Dr. Maria Alvarez",
    subscriber={
        "name": "Bright Smile Dental",
        "contact_name": "Dr. Maria Alvarez",
        "phone": "+14155550134",
        "email": "owner@brightsmile.example.com",
        "postal_address": {
            "line1": "2100 Harbor View Road",
            "line2": "Suite 210",
            "city": "Santa Rosa",
            "region": "CA",
            "postal_code": "95404",
            "country": "US",
        },
    },
    location={
        "name": "Bright Smile Dental",
        "vertical": "dental",
        "zone": "America/Los_Angeles",
        "phone": "(415) 555-0134",
        "website": "https://brightsmile.example.com",
        "postal_address": {
            "line1": "2100 Harbor View Road",
            "line2": "Suite 210",
            "city": "Santa Rosa",
            "region": "CA",
            "postal_code": "95404",
            "country": "US",
        },
        "sender": {
            "header_from": "hello@brightsmile.example.com",
            "reply_to": "frontdesk@brightsmile.example.com",
        },
        "hours": week("mon tue wed thu fri", "08:00", "17:30") + week("sat", "09:00", "14:00"),
    },
)

CORNER_GARAGE = Business(
    slug="cornergarage",
    vertical="auto",
    zone="America/Chicago",
    connector="canonical",
    agreed_by="Sam Novak",
    subscriber={
        "name": "Corner Garage",
        "contact_name": "Sam Novak",
        "phone": "+13125550177",
        "email": "owner@cornergarage.example.com",
        "postal_address": {
            "line1": "48 Mill Street",
            "city": "Naperville",
            "region": "IL",
            "postal_code": "60540",
            "country": "US",
        },
    },
    location={
        "name": "Corner Garage",
        "vertical": "auto",
        "zone": "America/Chicago",
        "phone": "(312) 555-0177",
        "website": "https://cornergarage.example.com",
        "postal_address": {
            "line1": "48 Mill Street",
            "city": "Naperville",
            "region": "IL",
            "postal_code": "60540",
            "country": "US",
        },
        "sender": {
            "header_from": "service@cornergarage.example.com",
            "reply_to": "desk@cornergarage.example.com",
        },
        "hours": week("mon tue wed thu fri", "07:30", "18:00") + week("sat", "08:00", "13:00"),
    },
    vehicles=(
        "2019 Honda Civic",
        "2016 Ford F-150",
        "2021 Subaru Outback",
        "2014 Toyota Camry",
        "2018 Chevrolet Equinox",
        "2022 Tesla Model 3",
        "2012 Volkswagen Golf",
    ),
)
