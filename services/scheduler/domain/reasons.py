"""Reason codes and their sentences: nothing goes out, waits or stays away without one (S-003, I18)."""

from typing import Final

from services.scheduler.domain.foreign_reasons import FOREIGN_SENTENCES
from services.scheduler.domain.situations import SITUATIONS
from services.scheduler.domain.triggers import end_sentences
from shared.schemas.scheduler import TouchState

OWN_HOLDS: Final = frozenset(
    (
        "location_not_live",
        "subscriber_inactive",
        "agreement_missing",
        "hours_missing",
        "zone_unknown",
        "campaign_paused",
        "stale_source",
        "comparison_open",
    )
)
"""Holds that planning sets and lifts itself; every other hold waits for its next try."""

SENTENCES: Final[dict[str, str]] = {
    **FOREIGN_SENTENCES,
    **end_sentences(),
    **{str(name): words for name, words in SITUATIONS.items()},
    # held
    "location_not_live": "The location is not live, so no consumer mail may leave (S-074).",
    "subscriber_inactive": "The business's subscription is not active.",
    "agreement_missing": "The business has not accepted the agreement (S-052).",
    "hours_missing": "The location has no opening hours, so closed days cannot be told (N-60).",
    "zone_unknown": "The location's time zone is not known to the database (N-49).",
    "campaign_paused": "The campaign is paused.",
    "stale_source": "The source has not been synchronised for more than two intervals, so the appointment may be out of date (S-126).",
    "comparison_open": "Two variants are being compared; the others get the one that wins once it is decided.",
    "recipient_unknown": "Ingest does not know this person any more; the facts will follow.",
    "address_changed": "The address changed after the message was grouped; it is grouped again (N-08).",
    "no_permission_yet": "No permission is on file yet; it is asked for again (S-020).",
    "address_withheld": "Ingest gives out no usable address for this person at present.",
    "resend": "A person asked for it to be sent again after it had failed.",
    "regrouped": "Another touch of the same message was taken back, so this one is grouped again.",
    "waited_too_long": "It waited with the mailer longer than its facts may be trusted, so everything is looked at again.",
    "agreement_required": "The mailer has no accepted agreement of the business on file (S-052).",
    "touch_taken": "Another message already carries this touch; what becomes of that one counts.",
    "moved_over_budget": "Its address has had its commercial mail of thirty days; it waits for room.",
    "moved_daily_most": "The campaign has sent its mail of the day; it goes on the next.",
    "moved_calendar_full": "The calendar has no room for more visits at present; the invitation waits for the next open day.",
    "calendar_full": "The calendar had no room for more visits, and later the invitation would be of no use.",
    "over_budget": "Its address has had its commercial mail of thirty days, and later it would be of no use.",
    "daily_most": "The campaign has sent its mail of the day, and later it would be of no use.",
    # people
    "person_unknown": "The person's record has not arrived.",
    "person_gone": "The person's record was deleted or erased.",
    "person_deceased": "The person is deceased.",
    "person_inactive": "The person is not an active patient or customer.",
    "person_prospect": "The person is not a patient or customer yet.",
    "person_held": "The source marks this person as on hold.",
    "minor_without_guardian": "The person is a minor and no guardian's address is known.",
    "no_address": "There is no e-mail address on record.",
    "recipient_unfit": "The guardian or relative whose address is used is deceased or gone.",
    "held_out": "The person belongs to the share that is left out, so that the campaign's effect can be told.",
    # triggers
    "appointment_cancelled": "The appointment was cancelled.",
    "appointment_moved": "The appointment got another time; its steps are planned anew.",
    "appointment_over": "The person has arrived or the appointment is over.",
    "appointment_not_firm": "The appointment is a block, a note, planned or unscheduled, not a booking (N-45).",
    "appointment_of_another": "The appointment now belongs to another person.",
    "appointment_confirmed": "The appointment is confirmed (N-58).",
    "recare_scheduled": "The practice system has booked the recare visit.",
    "appointment_past": "The appointment's time has passed.",
    "appointment_none": "There is no appointment ahead.",
    "visit_cancelled": "The visit was taken back in the source.",
    "visit_moved": "The visit's time was corrected; its steps are planned anew.",
    "visit_not_firm": "The visit is not completed.",
    "visit_of_another": "The visit now belongs to another person.",
    "visit_past": "The last visit is too long ago for this campaign.",
    "visit_none": "There is no completed visit.",
    "not_planned_yet": "The facts are in and planning will look at them in a moment.",
    "historic": "The record is older than the day the location went live, and this campaign starts with news (N-36).",
    "covered_same_day": "An earlier appointment or visit of the same day speaks for the whole day (N-55).",
    "work_done": "The work has been done or agreed to since.",
    "recare_disabled": "Recare is switched off for the person in the practice system.",
    "vehicle_sold": "The vehicle was sold.",
    # campaigns
    "campaign_ended": "The campaign was ended.",
    "has_it": "The mail is with the mailer or was sent already.",
    "campaign_edited": "The campaign was edited: what had not left is written anew.",
    "step_off": "This step is switched off.",
    "not_due_yet": "Its time is too far ahead, or an earlier date speaks for it; it is planned some weeks before.",
    # times
    "step_past": "The step's time was already past when it came up, and steps are never sent late all at once (N-46).",
    "too_late": "By the time it could have been sent it would have been of no use.",
    "outside_window": "It fell outside the sending hours and moved to the next time that is allowed.",
    "moved_other_mail": "The address already got a mail that day, so this one moved to the next day (N-02).",
    "other_mail_today": "The address already got a mail that day and the next day would have been too late (N-02).",
    # the mailer's ends, where a code reads badly by itself
    "address_unreachable": "Earlier mail to this address bounced, so the mailer takes no more for it at present (L-075).",
    "erased": "The person asked to be erased; what was queued for them ended (S-036).",
    "recipient_erased": "The person asked to be erased; nothing is sent to them any more (S-036).",
    "link_not_allowed": "A link would have led away from the location's own website and the hosts it allows (S-054).",
    "link_shortened": "A link was a shortened address, of which nobody can see where it leads (S-054).",
    "health_in_subject": "What mailbox lists show would have named one of the location's procedures (L-106).",
    "mailer_refused": "The mailer refused the message without saying why.",
    "field_missing": "The content asks for a field that this message does not have; the other messages went (N-98).",
    "stopped": "The operator stopped sending and cancelled what was queued.",
    "withdrawn": "It was taken back from the mailer before it left.",
}

STATES: Final[dict[TouchState, str]] = {
    "planned": "It is planned and waits for its time.",
    "held": "It is held until the cause goes away.",
    "dispatched": "It is with the mailer.",
    "sent": "The recipient's server accepted it.",
    "skipped": "It was skipped.",
    "cancelled": "It was cancelled.",
    "expired": "It was not sent before it lost its use.",
    "failed": "The mailer refused it.",
    "bounced": "The recipient's server refused it.",
    "suppressed": "It was stopped by an opt-out.",
    "uncertain": "The connection broke after the hand-over began: whether it arrived is not known, and no machine sends it again.",
}


def reason_sentence(reason: str) -> str:
    """Return a reason code as a sentence; one that only a newer version of another service knows is said to have none."""
    return SENTENCES.get(reason) or f"The reason on file is {reason}, for which this version has no sentence."


def explain_touch(
    *, state: TouchState, reason: str | None, step_sentence: str, kind_title: str, trigger: str, basis: str = ""
) -> str:
    """Return why a touch is where it is: the rule that made it, why its date is what it is, its state, and the reason for that state."""
    rule = (
        f"{kind_title}: due {step_sentence}."
        if step_sentence
        else f"{kind_title}: by an earlier version of the {trigger} rule."
    )
    parts = [rule, basis, STATES[state], reason_sentence(reason) if reason else ""]
    return " ".join(part for part in parts if part)
