"""What rules look at and what a rule is. A rule is a pure function of a draft: it yields one sentence for the author per breach."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from services.mailer.content.findings import ContentSource, LintRules, Severity
from services.mailer.content.html_facts import HtmlFacts
from services.mailer.content.template_language import Reading

TEMPLATE_CODE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


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
    def said(self) -> str:
        """Everything the content says by itself."""
        facts = self.facts
        parts = (self.source.subject, self.preheader, self.source.text, facts.visible_text, *facts.alts, *facts.titles)
        return " ".join(map(words_of, parts))


def words_of(template: str) -> str:
    """Return what a template says itself, without what is filled in."""
    return TEMPLATE_CODE.sub(" ", template)


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
