"""May this message be taken at all? Pure; every no has a stable code."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.mailer.domain.contents import ContentHead
from services.mailer.domain.link_hosts import hosts_of, judge_links
from services.mailer.domain.origins import is_own_mail, judge_origin
from services.mailer.domain.procedure_names import names_procedure
from services.mailer.domain.staff_tests import judge_test
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.mailer import MessageInput


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is known when a message is offered.

    `unreachable` are the address keys that bounced (L-075), `erased` the messages about erased people (S-036), `own_hosts` our own pages, to which
    every mail may lead; `submitter` is the service that offers it, `tests_left` how many more tests the business may have sent at present.
    """

    known: Collection[UUID]
    taken: Collection[UUID]
    location: LocationFacts | None
    subscriber: SubscriberFacts | None
    content: ContentHead | None
    unreachable: Collection[str] = ()
    erased: Collection[UUID] = ()
    own_hosts: frozenset[str] = frozenset()
    submitter: str = "scheduler"
    tests_left: int = 0


def judge_message(message: MessageInput, known: Acceptance, *, now: datetime) -> str | None:
    """Return None to accept, `repeated` for one we have, or the code of the refusal.

    Consumer mail needs an accepted agreement (S-052) and a live location (S-074); the address must already be canonical (S47), because a repaired
    address is another mailbox than the one whose permission is asked.
    """
    if message.message_id in known.known:
        return "repeated"
    return _judge_sender(message, known) or _judge_recipient(message, known, now) or _judge_fields(message, known)


def _judge_sender(message: MessageInput, known: Acceptance) -> str | None:
    if (code := judge_origin(message, known.submitter, known.content)) is not None:
        return code
    if known.location is None and is_own_mail(message):
        return "platform_sender_missing"
    if known.location is None or known.location.subscriber_id != message.subscriber_id:
        return "location_unknown"
    if known.subscriber is None or known.subscriber.agreement_version is None or not known.subscriber.active:
        return "agreement_required"
    if known.location.state != "live":
        return "location_not_live"
    if known.content is None or known.content.subscriber_id not in (None, message.subscriber_id):
        return "content_unknown"
    return None


def _judge_recipient(message: MessageInput, known: Acceptance, now: datetime) -> str | None:
    if message.useful_until <= now:
        return "too_late"
    if message.message_id in known.erased:
        return "recipient_erased"
    if message.address_key in known.unreachable:
        return "address_unreachable"
    touches = [touch.touch_id for touch in message.touches]
    if len(set(touches)) != len(touches) or any(touch in known.taken for touch in touches):
        return "touch_taken"
    try:
        if canonical_address(message.address).address != message.address:
            return "address_not_canonical"
    except AddressRefusedError as refused:
        return refused.code
    return judge_test(message, known.location, tests_left=known.tests_left) if known.location else None


def _judge_fields(message: MessageInput, known: Acceptance) -> str | None:
    """Links in fields lead where the location allows (S-054); what a mailbox list shows names none of a practice's procedures (L-106)."""
    location, content = known.location, known.content
    if location is None or content is None:
        return None
    if location.vertical == "dental" and location.procedure_names:
        shown = content.fields if content.shown_fields is None else content.shown_fields
        if names_procedure(message.fields, shown, location.procedure_names):
            return "health_in_subject"
    return judge_links(message.fields, known.own_hosts | hosts_of(location))
