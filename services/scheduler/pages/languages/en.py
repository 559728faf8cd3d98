"""English, plain words: read on a phone between two other things."""

from typing import Final

from services.scheduler.pages.texts import PageTexts

LANGUAGE: Final = PageTexts(
    slug="en",
    title="Your appointment",
    confirm_heading="Your appointment at {business}",
    confirm_heading_several="Your appointments at {business}",
    when="{weekday}, {date} at {time}",
    some_person="Appointment",
    confirm_button="Yes, I will be there",
    another_time_button="Ask for another time",
    answers_legend="Who will be there?",
    comes="Will be there",
    another_time="Needs another time",
    send_button="Send the answer",
    nothing_yet="Opening this page has changed nothing.",
    open="Not answered yet",
    confirmed="Confirmed",
    asked="You asked for another time. Until we have found one with you, this appointment stays.",
    moved="This appointment has another time by now. Please call us, so that you have the right one.",
    cancelled="This appointment does not stand any more. Please call us if that surprises you.",
    over="This appointment is over.",
    answered_heading="Thank you",
    unanswerable_heading="Please call us",
    answered_note="If something comes up, open the link in the e-mail again or call us.",
    incomplete_heading="Nothing was chosen",
    incomplete="So nothing has changed. Please choose for at least one appointment.",
    look_again="Back to the page",
    unreadable_heading="This link leads nowhere any more",
    unreadable="Please open the link in your e-mail again, or copy all of it. If that does not help, call the business that wrote to you.",
    failed_heading="We could not keep your answer",
    failed="Nothing has changed, and we do not want to pretend otherwise. Please try again in a minute, or call us.",
    call="Or call {business}:",
)
