"""Who may have which mail sent to whom: every origin's rule, one by one."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.mailer.domain.contents import ContentHead
from services.mailer.domain.moves import Move
from services.mailer.domain.origins import ORIGINS, judge_origin, keep_waiting
from services.mailer.domain.states import State
from shared.schemas.mailer import PLATFORM_SENDER, MessageInput, MessageTouch

AT = datetime(2026, 3, 2, tzinfo=UTC)
OWN: dict[str, Any] = {"subscriber_id": PLATFORM_SENDER, "location_id": PLATFORM_SENDER}
PLAIN = ContentHead(None, "transactional", (), ())
SELLING = ContentHead(None, "commercial", ("links.optout",), ())
BUSINESS = {
    "subscriber_id": uuid4(),
    "location_id": uuid4(),
    "touches": [MessageTouch(touch_id=uuid4(), person_id=uuid4())],
}
ASKED = {"topic": "recare", "asked_topic": "recare"}


def message(**values: Any) -> MessageInput:
    """A message of our own to somebody."""
    given: dict[str, Any] = OWN | {
        "message_id": uuid4(), "content_id": uuid4(), "address": "ann@example.com", "address_key": "1." + "A" * 22, "fields": {},
        "due_at": AT, "useful_until": AT, "recheck_after": AT,
    }  # fmt: skip
    return MessageInput(**given | values)


@pytest.mark.parametrize(
    ("values", "submitter", "content", "code"),
    [
        ({"origin": "account", "audience": "staff"}, "portal", PLAIN, None),
        ({"origin": "account", "audience": "consumer"}, "portal", PLAIN, "audience_refused"),
        ({"origin": "account", "audience": "staff"}, "scheduler", PLAIN, None),
        ({"origin": "account", "audience": "staff"}, "optout", PLAIN, "origin_not_yours"),
        ({"origin": "account", "audience": "staff"}, "portal", SELLING, "class_mismatched"),
        ({"origin": "lead", "audience": "visitor", **ASKED}, "portal", SELLING, None),
        ({"origin": "lead", "audience": "consumer", **ASKED}, "portal", SELLING, "audience_refused"),
        ({"origin": "lead", "audience": "visitor"}, "portal", SELLING, "topic_not_asked"),
        ({"origin": "lead", "audience": "visitor", **ASKED, "topic": "prices"}, "portal", SELLING, "topic_not_asked"),
        ({"origin": "lead", "audience": "visitor", **ASKED}, "portal", PLAIN, "class_mismatched"),
        ({"origin": "lead", "audience": "visitor", **ASKED}, "portal", ContentHead(None, "commercial", (), ()), "optout_mismatched"),
        ({"origin": "opt_in"}, "optout", PLAIN, None),
        ({"origin": "opt_in"}, "portal", PLAIN, "origin_not_yours"),
        ({"origin": "opt_in", "audience": "staff"}, "optout", PLAIN, "audience_refused"),
        ({"origin": "privacy_case"}, "optout", PLAIN, None),
        ({"origin": "privacy_case", "audience": "visitor"}, "optout", PLAIN, None),
        ({"origin": "privacy_case"}, "optout", SELLING, "class_mismatched"),
        ({"origin": "privacy_case", "location_id": uuid4()}, "optout", PLAIN, "sender_mismatched"),
        ({"origin": "campaign"}, "scheduler", PLAIN, "sender_mismatched"),
        ({"origin": "campaign", "subscriber_id": uuid4(), "location_id": uuid4()}, "scheduler", PLAIN, "touch_missing"),
        ({"origin": "campaign", "audience": "staff"}, "scheduler", PLAIN, "audience_refused"),
        ({"origin": "campaign", **BUSINESS}, "scheduler", SELLING, None),
        ({"origin": "campaign", **BUSINESS, "topic": "care"}, "scheduler", SELLING, None),
        ({"origin": "campaign", **BUSINESS, "topic": "recare"}, "scheduler", SELLING, "topic_unknown"),
        ({"origin": "campaign", **BUSINESS}, "scheduler", PLAIN, "optout_mismatched"),
        ({"origin": "campaign"}, "portal", PLAIN, "origin_not_yours"),
    ],
)  # fmt: skip
def test_an_origin_is_taken_from_its_service_for_its_audience_and_class_only(
    values: dict[str, Any], submitter: str, content: ContentHead, code: str | None
) -> None:
    """S-053, S-055, S-081."""
    assert judge_origin(message(**values), submitter, content) == code


def test_what_is_to_be_planned_again_waits_instead_where_nobody_plans_it() -> None:
    """L-054: mail of our own under an unverified domain is kept; a business's goes back to the scheduler; every other end stands."""
    again, failed = Move(State.RECHECK, "sender_domain_unverified"), Move(State.FAILED, "shredded")
    assert keep_waiting("campaign", again, now=AT) == again
    assert keep_waiting("account", failed, now=AT) == failed
    waits = keep_waiting("account", again, now=AT)
    assert (waits.state, waits.reason) == (State.ACCEPTED, "sender_domain_unverified")
    assert waits.next_at is not None
    assert waits.next_at > AT


def test_no_origin_lets_the_operator_market_to_consumers() -> None:
    """S-053, S-055: whatever reaches a consumer is a campaign of a business or an answer to the consumer."""
    reaching = {origin for origin, rule in ORIGINS.items() if "consumer" in rule.audiences}
    assert reaching == {"campaign", "privacy_case", "opt_in"}
    assert all(ORIGINS[origin].message_class == "transactional" for origin in reaching - {"campaign"})
