"""Tests of campaigns: one of the location's own people sees the mail before anybody else does, never a consumer.

Whom a location may name is portal's to keep; no source system, import or form of consumers writes there. A test is limited in number, because it
rests on no consent.
"""

from datetime import timedelta
from typing import Final

from shared.schemas.location import LocationFacts
from shared.schemas.mailer import MessageInput

MOST_TESTS: Final = 20
"""Tests of a business within TEST_SPAN: enough for a campaign in two languages on the screens of an office."""
TEST_SPAN: Final = timedelta(days=1)
INERT: Final = "preview"
"""Stands where an opt-out link has its token: it is none, so its page says that it leads nowhere and its POST stops nothing."""


def judge_test(message: MessageInput, location: LocationFacts, *, tests_left: int) -> str | None:
    """Return None, or why this test cannot be taken. What is no test is not judged here."""
    if message.origin != "test":
        return None
    if message.address not in (location.sender.reply_to, *location.test_recipients):
        return "test_recipient_unknown"
    return None if tests_left > 0 else "test_limit_reached"
