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
    prove_heading="Is this your request?",
    prove_asked="Somebody asked us, in the name of your e-mail address, {asked}.",
    prove_effect_access="If you confirm it, what is held about you is put together, and you get it from whoever took your request.",
    prove_effect_erase="If you confirm it, your name, your address, your appointments and all else held about you are erased, and you "
    "get no more e-mails. This cannot be taken back. The practice's or shop's own records are theirs and stay there.",
    prove_button="Yes, this is my request",
    prove_nothing_yet="Opening this page has changed nothing. If it was not you, just close it: nothing happens.",
    proven_heading="Thank you",
    proven="If your link was complete and no older than seven days, your request is confirmed and is being carried out.",
    proven_note="If you asked to be erased, this page is our answer: it is done within minutes, and after that we have no address to "
    "write to. With an older link nothing has changed: please ask again.",
    case_access="to be shown what {business} and Dueback hold about you",
    case_erasure="that {business} and Dueback erase what they hold about you",
    case_stop_processing="that {business} and Dueback no longer use anything about you",
    case_other="something about your data at {business} and Dueback",
    too_many_heading="Please wait a little",
    too_many="Too many requests come from your network at the moment, so nothing was done. Please try again in an hour, or write to us.",
    unreadable_heading="This link is not complete",
    unreadable="We cannot tell which mail it belongs to. Please open the link in your e-mail again, or copy all of it.",
    failed_heading="We could not store your request",
    failed="Nothing has been stopped yet, and we do not want to pretend otherwise. Please try again in a minute, or write to us.",
    write_instead="Or write to us, we will stop it for you:",
    some_business="this business",
    every_business="every business that uses Dueback",
    some_location="this location",
)
