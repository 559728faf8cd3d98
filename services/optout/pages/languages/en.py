"""English, plain words: read by people who want to be gone in ten seconds."""

from typing import Final

from services.optout.pages.texts import PageTexts

LANGUAGE: Final = PageTexts(
    slug="en",
    title="Stop e-mails",
    ask_heading="Stop e-mails from {business}",
    about="For mail sent to",
    legend="What should stop?",
    offers="Reminders of due visits, offers, surveys and news from {business}",
    offers_note="Mail about an appointment you have made still reaches you.",
    business="Every e-mail from {business}",
    business_note="All of its locations, mail about your appointments included.",
    location_commercial="The same, but only from {location}",
    location_all="Every e-mail from {location} only",
    location_note="Other locations may still write to you.",
    platform="Every e-mail sent through Dueback",
    platform_note="From all businesses that write to you with Dueback.",
    button="Stop these e-mails",
    nothing_yet="Opening this page has changed nothing. It takes effect when you press the button.",
    done_heading="Your request has been received",
    done="The e-mails that your link belongs to have stopped, from this moment on. There is nothing more to do.",
    done_note="A mail that had left before now may still arrive. If your link was cut short on its way to you, we cannot tell "
    "which mail to stop: then please write to us.",
    unreadable_heading="This link is not complete",
    unreadable="We cannot tell which mail it belongs to. Please open the link in your e-mail again, or copy all of it.",
    failed_heading="We could not store your request",
    failed="Nothing has been stopped yet, and we do not want to pretend otherwise. Please try again in a minute, or write to us.",
    write_instead="Or write to us, we will stop it for you:",
    some_business="this business",
    some_location="this location",
)
