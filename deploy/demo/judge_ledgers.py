"""Do the services' own ledgers say what the mail catcher saw, and does everything in them come to an end?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from deploy.demo.evidence import Evidence, Fault, Side
from deploy.demo.judge_truth import mails_of
from deploy.demo.mail import Mail
from shared.schemas.scheduler import Touch

WAITING = ("planned", "held")
BROKEN = ("uncertain", "failed", "bounced")
"""Ends that a catcher which takes everything gives no cause for."""


def judge_ledgers(evidence: Evidence) -> Iterator[Fault]:
    """A fault for every record lost, touch without an end and message that ledger and catcher see differently."""
    for side in evidence.sides:
        mails = mails_of(side, evidence.mails)
        yield from judge_batches(side)
        yield from judge_ends(side, evidence.ended_at)
        yield from judge_hand_over(side, mails)
        yield from judge_touched(side, mails, evidence)
    yield from judge_silence(evidence)


def judge_batches(side: Side) -> Iterator[Fault]:
    """received = applied + unchanged + superseded + parked + rejected, and nothing vanished on the way (I2)."""
    for batch in side.batches:
        slug, about, report = side.truth.business.slug, f"batch {batch.report.batch_id}", batch.report
        total = report.applied + report.unchanged + report.superseded + report.parked + report.rejected
        if report.received != batch.sent:
            yield Fault("records_lost", slug, about, f"{batch.sent} sent, {report.received} received")
        if total != report.received:
            yield Fault("records_unaccounted", slug, about, f"{report.received} received, {total} accounted for")
        if report.rejected != batch.to_refuse:
            yield Fault("rejections_wrong", slug, about, f"{report.rejected} refused, {batch.to_refuse} had to be")
        if report.state != "applied":
            yield Fault("batch_open", slug, about, report.state)


def judge_ends(side: Side, ended_at: datetime) -> Iterator[Fault]:
    """A touch has ended, or its time is still ahead."""
    for touch in side.touches:
        slug, about = side.truth.business.slug, f"touch {touch.touch_id}"
        if touch.state == "dispatched" or (touch.state in WAITING and touch.due_at <= ended_at):
            yield Fault("touch_without_end", slug, about, f"{touch.state}, {touch.reason or 'no reason'}")
        elif touch.state in BROKEN:
            yield Fault("touch_ended_badly", slug, about, f"{touch.state}, {touch.reason or 'no reason'}")
        elif touch.state not in ("planned", "sent") and not touch.reason:
            yield Fault("reason_missing", slug, about, touch.state)


def judge_hand_over(side: Side, mails: list[Mail]) -> Iterator[Fault]:
    """Every mail belongs to a touch that reads sent and to a message that reads sent, and the other way round."""
    slug = side.truth.business.slug
    caught = {mail.message_id for mail in mails if mail.message_id}
    sent = {touch.message_id for touch in side.touches if touch.state == "sent" and touch.message_id}
    delivered = {message_id for message_id, message in side.messages.items() if message.state == "sent"}
    for ledger, known in (("scheduler", sent), ("mailer", delivered)):
        for message_id in sorted(caught - known, key=str):
            yield Fault("mail_unaccounted", slug, f"message {message_id}", f"caught, but not sent by the {ledger}")
        for message_id in sorted(known - caught, key=str):
            yield Fault("mail_lost", slug, f"message {message_id}", f"sent by the {ledger}, but not caught")


def judge_touched(side: Side, mails: list[Mail], evidence: Evidence) -> Iterator[Fault]:
    """Each person a mail speaks of may get it, has that mailbox, and whoever must get mail is spoken of."""
    slug, foreign_ids = side.truth.business.slug, side.foreign_ids
    by_message = {mail.message_id: mail for mail in mails if mail.message_id}
    people = tuple({e.foreign_id: e for e in expected} for expected in (side.truth.expected, side.truth.expected_later))
    spoken_of: set[tuple[str, str]] = set()
    for touch, mail in sent_touches(side, by_message):
        foreign_id = foreign_ids.get(touch.consumer_id, "")
        spoken_of.add((foreign_id, touch.campaign_type))
        person = people[mail.number > evidence.later_from].get(foreign_id)
        if person is None:
            yield Fault("person_unknown", slug, f"touch {touch.touch_id}", "nobody of the sample")
        elif touch.campaign_type not in person.may_get:
            yield Fault("person_forbidden", slug, foreign_id, f"{touch.campaign_type}; {person.why_not}")
        elif person.recipient != mail.recipient or touch.campaign_type != mail.kind:
            yield Fault("mail_misdirected", slug, foreign_id, f"mail {mail.number}, {touch.campaign_type}")
    for person in side.truth.expected:
        for campaign in sorted(person.must_get):
            if (person.foreign_id, campaign) not in spoken_of:
                yield Fault("person_left_out", slug, person.foreign_id, campaign)


def sent_touches(side: Side, by_message: Mapping[UUID, Mail]) -> Iterator[tuple[Touch, Mail]]:
    """Touches whose message was caught, with the mail."""
    for touch in side.touches:
        if touch.state == "sent" and touch.message_id is not None and touch.message_id in by_message:
            yield touch, by_message[touch.message_id]


def judge_silence(evidence: Evidence) -> Iterator[Fault]:
    """Something was due after the opt-out and was stopped by it; a silence that has no other cause proves nothing."""
    click = evidence.opt_out
    if click is None or not click.more_due:
        return
    side = next(side for side in evidence.sides if side.truth.business.slug == click.business)
    people = {side.consumers[foreign_id] for foreign_id in click.foreign_ids if foreign_id in side.consumers}
    if not any(touch.state == "suppressed" for touch in side.touches if touch.consumer_id in people):
        yield Fault("optout_untested", click.business, ", ".join(click.foreign_ids), "nothing was stopped by it")
