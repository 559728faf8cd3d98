"""Who may have which mail sent, to whom, of which class (architecture 3; S-053, S-055, S-081).

A test of a campaign goes as the campaign would, to the location's own people only (domain/staff_tests.py).

Mail of our own goes out under the platform's sender identity. What a person asked for themselves (the confirmation of an opt-in, the answer to a
privacy request) carries no marketing headers and passes over suppressions: it answers them. Everything else respects those of its address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.mailer.domain.contents import ContentHead
from services.mailer.domain.moves import Move
from services.mailer.domain.states import State
from shared.schemas.mailer import PLATFORM_SENDER, Audience, MessageInput, Origin
from shared.schemas.token import MessageClass
from shared.schemas.topics import TOPICS

_OPTOUT: Final = "links.optout"
_LOOK_AGAIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OriginRule:
    """`submitters` are the services that may submit it, `message_class` None where the content decides, `needs_topic`: about what was asked only."""

    submitters: frozenset[str]
    audiences: frozenset[Audience]
    message_class: MessageClass | None
    carries_optout: bool
    needs_topic: bool = False


ORIGINS: Final[Mapping[Origin, OriginRule]] = {
    "campaign": OriginRule(frozenset(("scheduler",)), frozenset(("consumer",)), None, carries_optout=True),
    "test": OriginRule(frozenset(("scheduler",)), frozenset(("staff",)), None, carries_optout=True),
    "account": OriginRule(
        frozenset(("portal", "scheduler")), frozenset(("staff",)), "transactional", carries_optout=False
    ),
    "lead": OriginRule(
        frozenset(("portal",)), frozenset(("visitor",)), "commercial", carries_optout=True, needs_topic=True
    ),
    "privacy_case": OriginRule(
        frozenset(("optout",)), frozenset(("consumer", "staff", "visitor")), "transactional", carries_optout=False
    ),
    "opt_in": OriginRule(frozenset(("optout",)), frozenset(("consumer",)), "transactional", carries_optout=False),
}
"""No origin lets the operator write to consumers of its own accord: a consumer gets campaigns of a business and answers (S-055)."""
BUSINESS_MAIL: Final[frozenset[Origin]] = frozenset(("campaign", "test"))
"""Sent as the business; everything else is mail of our own."""


def judge_origin(message: MessageInput, submitter: str, content: ContentHead | None) -> str | None:
    """Return None, or why this message cannot be taken under its origin."""
    rule = ORIGINS[message.origin]
    if submitter not in rule.submitters:
        return "origin_not_yours"
    if message.audience not in rule.audiences:
        return "audience_refused"
    if is_own_mail(message) != (message.subscriber_id == message.location_id == PLATFORM_SENDER):
        return "sender_mismatched"
    if not message.touches and message.origin == "campaign":
        return "touch_missing"
    if message.origin == "test" and (message.touches or message.campaign_id or message.calendar):
        return "test_touches_somebody"
    if message.origin in BUSINESS_MAIL and message.topic not in (None, *TOPICS):
        return "topic_unknown"
    if rule.needs_topic and (message.topic is None or message.topic != message.asked_topic):
        return "topic_not_asked"
    return _judge_content(rule, content) if content else None


def is_own_mail(message: MessageInput) -> bool:
    """Tell whether a message is mail of our own."""
    return message.origin not in BUSINESS_MAIL


def rests_on_consent(origin: Origin) -> bool:
    """Tell whether mail needs permission on file; mail of our own and tests do not, suppressions stop them at the marker."""
    return origin == "campaign"


def keep_waiting(origin: Origin, move: Move, *, now: datetime) -> Move:
    """Return `move`, but for mail that nobody above plans (our own, tests) and that is to be planned again: it waits until its time is over."""
    if origin != "campaign" and move.state is State.RECHECK:
        return Move(State.ACCEPTED, move.reason, now + _LOOK_AGAIN)
    return move


def _judge_content(rule: OriginRule, content: ContentHead) -> str | None:
    if rule.message_class not in (None, content.message_class):
        return "class_mismatched"
    return None if rule.carries_optout == (_OPTOUT in content.fields) else "optout_mismatched"
