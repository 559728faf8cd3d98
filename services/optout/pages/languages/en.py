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
    to_preferences="Rather choose which e-mails {business} may send you",
    preferences_heading="E-mails from {business}",
    preferences_legend="Which e-mails would you like?",
    appointments="Appointments",
    appointments_note="Reminders and changes of appointments you have made.",
    visits="After a visit",
    visits_note="Thank-you notes, surveys and requests for a review.",
    care="When something is due",
    care_note="Notices that a visit, a service or recommended work is due.",
    news="News and offers",
    news_note="Newsletters, offers, birthday wishes and invitations.",
    topic_fixed="Stopped, and not to be switched on here. To get it again, sign up with the business or ask it.",
    nothing="Nothing at all any more from {business}",
    nothing_note="Stops every e-mail, whatever is ticked above. To get e-mails again you would have to sign up anew.",
    preferences_button="Save my choice",
    preferences_note="What you have stopped in another way, for example for one location only, stays stopped.",
    preferences_done_heading="Your choice has been received",
    preferences_done="What you switched off has stopped, from this moment on. What you switched on may be sent again, unless it was "
    "stopped in another way or after you had opened the page.",
    preferences_done_note="A mail that had left before now may still arrive. If your link was cut short on its way to you, we cannot "
    "tell whose choice it is: then please write to us.",
    preferences_look="Look at your choice again",
    preferences_incomplete_heading="Your choice did not arrive complete",
    preferences_incomplete="So nothing has been changed. Please open the page again and repeat it, or write to us.",
    preferences_failed="What you switched off has stopped. What you switched on could not be stored. Please try again in a minute.",
    done_heading="Your request has been received",
    done="The e-mails that your link belongs to have stopped, from this moment on. There is nothing more to do.",
    done_note="A mail that had left before now may still arrive. If your link was cut short on its way to you, we cannot tell "
    "which mail to stop: then please write to us.",
    undo_heading="Pressed by mistake?",
    undo_note="For one hour you can take it back here. After that, sign up again with the business.",
    undo_button="Take it back",
    undone_heading="Taken back",
    undone="What you stopped on that page within the last hour is on again. Anything that was stopped earlier, or in another way, "
    "stays stopped.",
    form_heading="Stop e-mails to your address",
    form_about="Every e-mail that businesses send with Dueback stops: offers and surveys as well as reminders of appointments that "
    "you have made.",
    form_button="Stop all e-mails",
    form_done_heading="This address gets no more e-mails",
    form_done="From this moment on nothing is sent through Dueback to the address that you entered, whether it has ever had mail "
    "from us or not.",
    form_done_note="A mail that had left before now may still arrive.",
    address="Your e-mail address",
    address_refused="This does not look like an e-mail address. Please enter it again, for example name@example.com.",
    join_heading="E-mails from {business}",
    join_place="Your location: {location}",
    join_wording="I would like e-mails from {business}: reminders of my appointments, notices when a visit or service is due, "
    "thank-you notes, surveys, offers and news. {business} has them sent by Dueback. I can stop them at any time with one click in "
    "every e-mail.",
    join_agree_missing="Please tick the box if you agree. Without it no e-mails can be sent.",
    join_button="Send me the confirmation",
    join_next="You get one e-mail with a link. Nothing else is sent before you have confirmed it there.",
    joined_heading="Please look into your mailbox",
    joined="If the address is right, an e-mail with a link is on its way to it. Your sign-up counts once you have confirmed it there.",
    joined_note="Nothing there after some minutes? Look into the spam folder, or try again tomorrow: an address gets three such "
    "e-mails a day at most.",
    join_again="Sign up another address",
    confirm_heading="Confirm e-mails from {business}",
    confirm_button="Yes, send me these e-mails",
    confirm_nothing_yet="Opening this page has changed nothing. If it was not you who signed up, just close it.",
    confirmed_heading="Thank you",
    confirmed="With a link from the last seven days your sign-up is now confirmed. With an older link nothing has changed: please "
    "sign up again.",
    confirmed_note="If you stopped every e-mail sent through Dueback, or asked the business itself to write no more, that still "
    "holds: please tell us or them.",
    too_many_heading="Please wait a little",
    too_many="Too many requests come from your network at the moment, so nothing was done. Please try again in an hour, or write to us.",
    unreadable_heading="This link is not complete",
    unreadable="We cannot tell which mail it belongs to. Please open the link in your e-mail again, or copy all of it.",
    failed_heading="We could not store your request",
    failed="Nothing has been stopped yet, and we do not want to pretend otherwise. Please try again in a minute, or write to us.",
    write_instead="Or write to us, we will stop it for you:",
    some_business="this business",
    some_location="this location",
)
