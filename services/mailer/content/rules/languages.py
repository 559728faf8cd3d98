"""The language: one in which the required sentences exist, and the one the content is really written in (L-133)."""

from collections.abc import Iterator
from typing import Final

from services.mailer.content.findings import LintRules
from services.mailer.content.notices import LANGUAGES
from services.mailer.content.rules.draft import Draft

_SMALL_WORDS: Final = {
    language: frozenset(words.split())
    for language, words in (
        ("en", "the and your you with our for this that is are we to of at from have"),
        ("es", "el los las una con para por su sus usted que es son nosotros del y nos cita gracias"),
        ("fr", "le les des une avec pour votre vos vous que est sont nous du et au aux merci"),
    )
}
_FEWEST: Final = 6
"""Small words of another language before it is taken for what the content is written in."""


def unknown(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Notices are written by the mailer in the content's language."""
    if draft.source.language not in LANGUAGES:
        yield f"The required sentences do not exist in {draft.source.language!r}."


def other(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Notices in another language than the mail are not understood by its reader."""
    declared, said = draft.source.language, draft.said.lower().split()
    if draft.facts.language and draft.facts.language[:2].lower() not in (declared, "un"):
        yield f"The HTML says that it is written in {draft.facts.language!r}, the content in {declared!r}."
    found = {language: sum(word in words for word in said) for language, words in _SMALL_WORDS.items()}
    likely = max(found, key=lambda language: found[language])
    if declared in found and found[likely] >= _FEWEST and found[likely] > 3 * found[declared]:
        yield f"The words look like {likely!r}; the content, and so its notices, are declared {declared!r}."
