"""Both parts are there, say the same, need no pictures and are small enough to be shown whole (N-102)."""

import re
from collections.abc import Iterator
from typing import Final

from services.mailer.content.findings import LintRules
from services.mailer.content.rules.draft import Draft, words_of

LARGEST_PART: Final = 90_000
"""Letters or octets of HTML; webmail clips a message at about 102 kB and then hides the footer with the way out."""
FEWEST_WORDS: Final = 5
_FEWEST_WITH_PICTURES: Final = 12
_STUB: Final = re.compile(
    r"(?:view|see|read|open|ver|vea|abrir|voir) (?:[\w-]+ ){0,4}(?:online|browser|html|navegador|en l[ií]nea|navigateur)"
    r"|does not support html|no (?:admite|soporta) html|enable html",
    re.IGNORECASE,
)


def text_missing(draft: Draft, rules: LintRules) -> Iterator[str]:
    """There is a text part with words of its own."""
    if len(words_of(draft.source.text).split()) < FEWEST_WORDS:
        yield "The text part must say what the HTML part says."


def text_stub(draft: Draft, rules: LintRules) -> Iterator[str]:
    """It does not send its reader elsewhere."""
    if found := _STUB.search(words_of(draft.source.text)):
        yield f"{found[0]!r}: the text part is the mail itself, not a pointer to it."


def text_thin(draft: Draft, rules: LintRules) -> Iterator[str]:
    """It says about as much as the HTML part."""
    if len(words_of(draft.source.text)) < len(words_of(draft.facts.visible_text)) // 4:
        yield "The text part says much less than the HTML part."


def too_large(draft: Draft, rules: LintRules) -> Iterator[str]:
    """The footer with the way out is shown."""
    if draft.largest_part > LARGEST_PART:
        yield f"The HTML has {draft.largest_part} octets; above {LARGEST_PART} webmail cuts the footer off."


def alt_missing(draft: Draft, rules: LintRules) -> Iterator[str]:
    """A picture that says nothing says so with an empty alternative text."""
    if draft.facts.images_without_alt:
        yield f"{draft.facts.images_without_alt} pictures have no alternative text."


def image_only(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Pictures are often off: the words stand beside them."""
    if draft.facts.images and len(words_of(draft.facts.visible_text).split()) < _FEWEST_WITH_PICTURES:
        yield "With its pictures off the mail says nothing."
