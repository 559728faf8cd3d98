"""The subject: one line, true, and no louder than it must be (L-005, S46)."""

import re
from collections.abc import Iterator
from typing import Final

from services.mailer.content.findings import LintRules
from services.mailer.content.rules.draft import Draft, words_of
from services.mailer.content.words import APPOINTMENT_CLAIM, BOOKING, FALSE_NEED, FALSE_THREAD

LONGEST_SUBJECT: Final = 150
_LOUD: Final = re.compile(r"[!?]{2,}|!.*!|\${2,}|\bfree!|★|\b100% ", re.IGNORECASE)
_FEWEST_LETTERS: Final = 8


def missing(draft: Draft, rules: LintRules) -> Iterator[str]:
    """A subject says something."""
    if not draft.source.subject.strip():
        yield "The subject is empty."


def broken(draft: Draft, rules: LintRules) -> Iterator[str]:
    """One line, the same number of words whatever the lists hold."""
    if draft.subject.has_loops or "\n" in draft.source.subject or "\r" in draft.source.subject:
        yield "The subject is one line without loops."


def long(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Mailbox lists cut it off."""
    if len(words_of(draft.source.subject)) > LONGEST_SUBJECT:
        yield f"More than {LONGEST_SUBJECT} letters are cut off everywhere."


def misleading(draft: Draft, rules: LintRules) -> Iterator[str]:
    """No answer that answers nothing, no transaction or alarm in a commercial mail."""
    words = words_of(draft.source.subject)
    if FALSE_THREAD.search(words):
        yield "A subject must not pretend to be an answer."
    if draft.is_commercial and (found := FALSE_NEED.search(words)):
        yield f"{found[0]!r} in the subject of a commercial mail does not match its content."


def claims_appointment(draft: Draft, rules: LintRules) -> Iterator[str]:
    """A commercial mail may invite to book; it must not read as if there were an appointment."""
    subject = words_of(draft.source.subject)
    has_one = any(field.partition(".")[0] == "appointment" for field in draft.fields)
    is_honest = has_one or BOOKING.search(subject) or FALSE_NEED.search(subject)  # the last is told by `misleading`
    if draft.is_commercial and not is_honest and (found := APPOINTMENT_CLAIM.search(subject)):
        yield f"{found[0]!r}: this commercial content is not about an appointment that was made."


def shouts(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Capitals and exclamation marks are what filters and readers take for advertising of the worse kind."""
    words = words_of(draft.source.subject)
    letters = [letter for letter in words if letter.isalpha()]
    if len(letters) >= _FEWEST_LETTERS and sum(map(str.isupper, letters)) > len(letters) // 2:
        yield "Most of the subject is in capitals."
    if _LOUD.search(words):
        yield "The subject shouts (exclamation or dollar signs in a row)."
