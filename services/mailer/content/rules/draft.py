"""What rules look at and what a rule is. A rule is a pure function of a draft: it yields one sentence for the author per breach."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

from services.mailer.content.findings import ContentSource, LintRules, Severity
from services.mailer.content.html_facts import HtmlFacts
from services.mailer.content.template_language import Reading

TEMPLATE_CODE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
LISTED: Final = 120
"""Letters that a mailbox list shows behind the subject, in the widest of the common programs."""
_UNSEEN: Final = re.compile("[\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufeff]")
"""Letters that take no room: between the letters of a word they would hide it from lists of words, not from readers."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked content before it is judged.

    Its source, the readings of its three templates, the facts of its compiled HTML; `largest_part` is the larger of the compiled HTML's letters
    and the octets of the HTML rendered with the sample.
    """

    source: ContentSource
    subject: Reading
    text: Reading
    html: Reading
    preheader: str
    facts: HtmlFacts
    largest_part: int

    @property
    def is_commercial(self) -> bool:
        """Whether its class is commercial."""
        return self.source.message_class == "commercial"

    @property
    def fields(self) -> set[str]:
        """Every field any of the three uses."""
        return self.subject.fields | self.text.fields | self.html.fields

    @property
    def listed(self) -> str:
        """The first words of the body, as far as mailbox lists show them because the preheader leaves room."""
        room = max(0, LISTED - len(words_of(self.preheader)))
        words = " ".join(words_of(self.facts.visible_text).split())
        return words if len(words) <= room else words[:room].rpartition(" ")[0]

    @property
    def said(self) -> str:
        """Everything the content says by itself."""
        facts = self.facts
        parts = (self.source.subject, self.preheader, self.source.text, facts.visible_text, *facts.alts, *facts.titles)
        return " ".join(map(words_of, parts))


def words_of(template: str) -> str:
    """Return what a template says itself, without what is filled in, its letters composed and none of them unseen."""
    return unicodedata.normalize("NFC", _UNSEEN.sub("", unescape(TEMPLATE_CODE.sub(" ", template))))


Find = Callable[[Draft, LintRules], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `code` is the stable name of its breach, `requirement` what it keeps, `find` yields a sentence per breach.

    `for_platform` false: the rule speaks of mail sent for a business and does not bind mail of our own.
    """

    requirement: str
    code: str
    severity: Severity
    find: Find
    for_platform: bool = True
