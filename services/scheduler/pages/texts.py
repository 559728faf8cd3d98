"""The words of the pages: what every language file must say, so that a missing sentence is found when it is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageTexts:
    """One language. `slug` is its code for Accept-Language and `lang`; {business} and {phone} are filled in."""

    slug: str
    title: str
    confirm_heading: str
    confirm_heading_several: str
    when: str
    """How {weekday}, {date} and {time} stand together."""
    some_person: str
    confirm_button: str
    another_time_button: str
    comes: str
    another_time: str
    send_button: str
    nothing_yet: str
    open: str
    confirmed: str
    asked: str
    moved: str
    cancelled: str
    over: str
    answered_heading: str
    unanswerable_heading: str
    answered_note: str
    survey_heading: str
    survey_about: str
    survey_legend: str
    least: str
    most: str
    comment: str
    comment_note: str
    comment_kept: str
    comment_take_back: str
    survey_reader: str
    survey_done: str
    survey_done_note: str
    score_missing: str
    comment_too_long: str
    incomplete_heading: str
    incomplete: str
    look_again: str
    unreadable_heading: str
    unreadable: str
    failed_heading: str
    failed: str
    call: str
