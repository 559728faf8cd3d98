"""The words of the pages: what every language file must say, so that a missing sentence is found when it is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageTexts:
    """One language. `slug` is its code for Accept-Language and `lang`; {business} and {location} are filled in."""

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
    undo_heading: str
    undo_note: str
    undo_button: str
    undone_heading: str
    undone: str
    form_heading: str
    form_about: str
    form_button: str
    form_done_heading: str
    form_done: str
    form_done_note: str
    address: str
    address_refused: str
    join_heading: str
    join_place: str
    join_wording: str
    """What is agreed to: it is kept as evidence. A change of meaning is a new sentence here, never a new meaning of the old one."""
    join_agree_missing: str
    join_button: str
    join_next: str
    joined_heading: str
    joined: str
    joined_note: str
    join_again: str
    confirm_heading: str
    confirm_button: str
    confirm_nothing_yet: str
    confirmed_heading: str
    confirmed: str
    confirmed_note: str
    prove_heading: str
    prove_asked: str
    prove_effect_access: str
    prove_effect_erase: str
    prove_button: str
    prove_nothing_yet: str
    proven_heading: str
    proven: str
    proven_note: str
    case_access: str
    case_erasure: str
    case_stop_processing: str
    case_other: str
    too_many_heading: str
    too_many: str
    unreadable_heading: str
    unreadable: str
    failed_heading: str
    failed: str
    write_instead: str
    some_business: str
    every_business: str
    some_location: str
