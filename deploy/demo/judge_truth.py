"""Did the right mails go to the right people, and no other? The raw mails against what the generator knows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import time

from deploy.demo.evidence import Evidence, Fault, OneClick, Side
from deploy.demo.mail import Mail
from deploy.demo.truth import Expectation

MUST_BE_THERE_BY = time(20)
EARLIEST, LATEST = time(8), time(21)  # local; a mail outside wakes somebody


def judge_truth(evidence: Evidence) -> Iterator[Fault]:
    """A fault for every mail too many, too few, too often, at night or after an opt-out."""
    for side in evidence.sides:
        mails = mails_of(side, evidence.mails)
        yield from judge_permission(side, mails, evidence.later_from)
        yield from judge_repeats(side, mails)
        yield from judge_hours(side, mails)
        yield from judge_absence(side, mails, evidence)
    yield from judge_opt_out(evidence)


def mails_of(side: Side, mails: tuple[Mail, ...]) -> list[Mail]:
    """The mails whose From is this business."""
    sender = str(side.truth.business.location["sender"]["header_from"]).lower()
    return [mail for mail in mails if mail.sender == sender]


def people_at(mail: Mail, side: Side, later_from: int) -> list[Expectation]:
    """Everyone whose mail goes to this mail's mailbox, as the truth stood when it left."""
    expected = side.truth.expected_later if mail.number > later_from else side.truth.expected
    return [person for person in expected if person.recipient == mail.recipient]


def judge_permission(side: Side, mails: list[Mail], later_from: int) -> Iterator[Fault]:
    """Nobody unknown, dead, opted out, under age without a guardian or without a reason to be written to."""
    slug = side.truth.business.slug
    for mail in mails:
        people = people_at(mail, side, later_from)
        if not people:
            yield Fault("address_unknown", slug, f"mail {mail.number}", "nobody of this business has that address")
        elif not any(mail.kind in person.may_get for person in people):
            why = ", ".join(f"{person.foreign_id}: {person.why_not or 'not this campaign'}" for person in people)
            yield Fault("mail_forbidden", slug, f"mail {mail.number}", f"{mail.kind}; {why}")


def judge_repeats(side: Side, mails: list[Mail]) -> Iterator[Fault]:
    """No message twice, and one mail an address and local day (N-02)."""
    slug, zone = side.truth.business.slug, side.truth.business.clock
    for message_id, times in Counter(mail.message_id for mail in mails if mail.message_id).items():
        if times > 1:
            yield Fault("mail_twice", slug, f"message {message_id}", f"{times} times")
    days: defaultdict[tuple[str, object], list[int]] = defaultdict(list)
    for mail in mails:
        if mail.sent_at:
            days[mail.recipient, mail.sent_at.astimezone(zone).date()].append(mail.number)
    for (_, day), numbers in days.items():
        if len(numbers) > 1:
            about = f"mails {', '.join(map(str, numbers))}"
            yield Fault("address_twice_a_day", slug, about, f"one address, {day}")


def judge_hours(side: Side, mails: list[Mail]) -> Iterator[Fault]:
    """Mail leaves by day, in the zone of the business."""
    for mail in mails:
        if mail.sent_at:
            local = mail.sent_at.astimezone(side.truth.business.clock)
            if not EARLIEST <= local.time() < LATEST:
                yield Fault("at_night", side.truth.business.slug, f"mail {mail.number}", f"{local:%H:%M} local time")


def judge_absence(side: Side, mails: list[Mail], evidence: Evidence) -> Iterator[Fault]:
    """Whoever must have got mail by the first evening has it."""
    zone = side.truth.business.clock
    in_time = {
        (mail.recipient, mail.kind)
        for mail in mails
        if mail.sent_at
        and (local := mail.sent_at.astimezone(zone)).date() == evidence.first_day
        and local.time() < MUST_BE_THERE_BY
    }
    for person in side.truth.expected:
        for campaign in sorted(person.must_get):
            if (person.recipient, campaign) not in in_time:
                yield Fault("mail_missing", side.truth.business.slug, person.foreign_id, f"{campaign}; {person.story}")


def judge_opt_out(evidence: Evidence) -> Iterator[Fault]:
    """After the answer to the one-click POST nothing more reaches that person from that business; others may still write."""
    click = evidence.opt_out
    if click is None:
        return
    if click.status not in (200, 202):
        yield Fault("one_click_refused", click.business, f"mail {click.mail_number}", f"answered {click.status}")
    for mail in mails_after(click, evidence):
        yield Fault("mail_after_optout", click.business, f"mail {mail.number}", ", ".join(click.foreign_ids))


def mails_after(click: OneClick, evidence: Evidence) -> list[Mail]:
    """The mails to the opted-out person's mailbox, from the business they opted out of, that came after the answer."""
    side = next(side for side in evidence.sides if side.truth.business.slug == click.business)
    late = [mail for mail in mails_of(side, evidence.mails) if mail.number > click.last_before]
    return [mail for mail in late if mail.recipient == click.mailbox]
