"""Why somebody got nothing: the services' own reason, held against what the generator knows (S-003)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from deploy.demo.evidence import Evidence, Fault, Side
from deploy.demo.judge_ledgers import sent_touches
from deploy.demo.judge_truth import mails_of
from deploy.demo.truth import Barrier, Expectation
from shared.schemas.scheduler import Reasons, Touch

NOT_DUE = "not_due_yet"
UNEXPLAINED = "unexplained"
TELLING = ("suppressed", "held", "bounced", "failed", "uncertain", "expired", "skipped", "cancelled")
"""Ends of touches, the one that says most first."""
VAGUE = ("appointment_none", "visit_none", "historic", "visit_past", "appointment_past", "step_past")
ADDRESS = frozenset(("placeholder", "phone_in_email", "no_address", "own_address"))
NOTHING_THERE = frozenset(("appointment_none", "visit_none", "historic", "visit_past", "appointment_past"))
TIMING = frozenset((NOT_DUE, "step_past", "too_late", "moved_other_mail", "other_mail_today", "covered_same_day"))
OPTED_OUT = frozenset(("suppressed", "optout_business"))
FITTING: dict[Barrier, frozenset[str]] = {
    "": TIMING,
    "deceased": frozenset(("person_deceased",)),
    "inactive": frozenset(("person_inactive",)),
    "opted_out": OPTED_OUT | {NOT_DUE},
    "minor_without_guardian": frozenset(("minor_without_guardian",)),
    "no_relationship": frozenset(("person_prospect", "no_permission_yet")) | NOTHING_THERE,
    "nothing_due": NOTHING_THERE,
    "historic": NOTHING_THERE,
    "cancelled": frozenset(("appointment_cancelled", "appointment_over")),
    "status_held": frozenset(("appointment_not_firm",)),
    "not_an_appointment": frozenset(("appointment_not_firm",)),
    "completed": frozenset(("appointment_over", "appointment_past")),
    "booked_too_late": frozenset(("step_past", "too_late")),
}
"""Which of the services' reasons agree with what the generator knows."""
LABELS = {
    NOT_DUE: "its time is still ahead",
    "suppressed": "opted out",
    "optout_business": "opted out",
    "step_past": "booked too late for a reminder",
    "appointment_none": "nothing due",
    "visit_none": "nothing due",
    "historic": "nothing due, visits long ago",
    "visit_past": "nothing due, visits long ago",
    "no_address": "no e-mail address",
    "address_missing": "no e-mail address",
    "placeholder": "address is a placeholder",
    "phone_in_email": "a phone number instead of an address",
    "person_prospect": "never came, never booked",
    "appointment_over": "the appointment is over",
    "appointment_not_firm": "no firm appointment",
}


def who_got_mail(side: Side, evidence: Evidence) -> set[str]:
    """Foreign ids of everyone a caught mail speaks of."""
    by_message = {mail.message_id: mail for mail in mails_of(side, evidence.mails) if mail.message_id}
    foreign_ids = side.foreign_ids
    return {foreign_ids.get(touch.consumer_id, "") for touch, _ in sent_touches(side, by_message)}


def why_nothing(side: Side, evidence: Evidence) -> dict[str, list[str]]:
    """Foreign ids of everyone who got nothing by the services' reason, the largest group first."""
    got, groups = who_got_mail(side, evidence), defaultdict(list)
    touches: defaultdict[str, list[Touch]] = defaultdict(list)
    foreign_ids = side.foreign_ids
    for touch in side.touches:
        touches[foreign_ids.get(touch.consumer_id, "")].append(touch)
    for person in side.truth.expected:
        key = person.foreign_id
        if key not in got:
            groups[reason_of(touches[key], side.reasons.get(key))].append(key)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def reason_of(touches: Sequence[Touch], asked: Reasons | None) -> str:
    """One reason out of a person's touches at the end and the verdicts of the first evening: what waits, what ended, what never began."""
    if any(touch.state == "planned" for touch in touches):
        return NOT_DUE
    verdicts = [] if asked is None else [verdict.reason for verdict in asked.verdicts if verdict.verdict == "nothing"]
    codes = [*_ended(touches), *verdicts]
    clear = [code for code in codes if code not in VAGUE]
    return next(iter(clear or sorted(codes, key=VAGUE.index, reverse=True)), UNEXPLAINED)


def _ended(touches: Iterable[Touch]) -> list[str]:
    told = [touch for touch in touches if touch.state in TELLING]
    told.sort(key=lambda touch: (TELLING.index(touch.state), -touch.due_at.timestamp()))
    return [touch.reason or touch.state for touch in told]


def judge_reasons(evidence: Evidence) -> Iterator[Fault]:
    """Everyone who got nothing has a reason, and it is the true one."""
    for side in evidence.sides:
        people = {person.foreign_id: person for person in side.truth.expected_later}
        left_out = set() if evidence.opt_out is None else set(evidence.opt_out.foreign_ids)
        for reason, foreign_ids in why_nothing(side, evidence).items():
            for foreign_id in foreign_ids:
                if reason == UNEXPLAINED:
                    yield Fault("unexplained", side.truth.business.slug, foreign_id, "no reason is on file")
                elif not fits(reason, people[foreign_id]) and not (foreign_id in left_out and reason in OPTED_OUT):
                    truth = people[foreign_id].why_not or "may get mail"
                    detail = f"the services say {reason}, the sample says {truth}"
                    yield Fault("reason_untrue", side.truth.business.slug, foreign_id, detail)


def fits(reason: str, person: Expectation) -> bool:
    """Whether the services' reason agrees with the generator's."""
    barrier = person.why_not
    if barrier.startswith("address_"):
        return reason.startswith("address_") or reason in ADDRESS
    if all(cause.barred == "historic" for cause in person.causes) and reason in NOTHING_THERE:
        return True
    return reason in FITTING[barrier]


def label(reason: str) -> str:
    """A reason code for a person to read."""
    return LABELS.get(reason, reason.replace("_", " "))
