"""The words of the pages: what every language file must say, so that a missing sentence is found when it is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageTexts:
    """One language. `slug` is its code for Accept-Language and `lang`; {business}, {location} and {mailto} are filled in."""

    slug: str
    title: str
    ask_heading: str
    about: str
    legend: str
    offers: str
    offers_note: str
    business: str
    business_note: str
    location_commercial: str
    location_all: str
    location_note: str
    platform: str
    platform_note: str
    button: str
    nothing_yet: str
    done_heading: str
    done: str
    done_note: str
    unreadable_heading: str
    unreadable: str
    failed_heading: str
    failed: str
    write_instead: str
    some_business: str
    some_location: str
