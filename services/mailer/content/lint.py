"""The rules a content keeps before it may be published, each with a stable code and the requirement it stands for.

Anything that law or the policy asks of every mail is checked here on the template itself, not on a rendering: what stands outside every `if` and
`for` is in every mail.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from services.mailer.content.fields import OPTOUT
from services.mailer.content.findings import ContentSource, Finding, LintRules
from services.mailer.content.html_facts import MARK, HtmlFacts
from services.mailer.content.notices import LANGUAGES
from services.mailer.content.template_language import Reading
from services.mailer.content.words import FALSE_NEED, FALSE_THREAD, HEALTH, HEALTH_FIELDS, OFFER

LARGEST_HTML: Final = 90_000
"""Letters of compiled HTML; webmail clips a message at about 102 kB and then hides the footer with the way out (N-102)."""
LONGEST_SUBJECT: Final = 150
FEWEST_WORDS: Final = 5
SMALLEST_OPTOUT_PX: Final = 11

_FORBIDDEN_TAGS: Final = frozenset(
    (
        "applet",
        "audio",
        "base",
        "button",
        "embed",
        "form",
        "frame",
        "iframe",
        "input",
        "link",
        "object",
        "script",
        "select",
        "svg",
        "textarea",
        "video",
    )
)
_REQUIRED: Final = (
    ("optout_missing", "S-031", (OPTOUT,)),
    ("postal_address_missing", "L-007", ("location.postal_address",)),
    ("business_name_missing", "S-009", ("business.name", "location.name")),
    ("sent_by_missing", "S-009", ("notice.sent_by",)),
    ("advertisement_missing", "L-006", ("notice.advertisement",)),
)
_TEMPLATE_CODE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LINK_FIELDS: Final = re.compile(r"links\.[a-z][a-z0-9_]*|location\.website")


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked content before it is judged: its source, the readings of its three templates, the facts of its compiled HTML."""

    source: ContentSource
    subject: Reading
    text: Reading
    html: Reading
    preheader: str
    facts: HtmlFacts
    html_letters: int

    @property
    def fields(self) -> set[str]:
        """Every field any of the three uses."""
        return self.subject.fields | self.text.fields | self.html.fields

    @property
    def said(self) -> str:
        """Everything the content says by itself."""
        return " ".join(
            map(_words_of, (self.source.subject, self.preheader, self.source.text, self.facts.visible_text))
        )


def lint_content(draft: Draft, rules: LintRules) -> list[Finding]:
    """Return all findings, errors first."""
    findings = [
        *_lint_required(draft),
        *_lint_class(draft),
        *_lint_subject(draft),
        *_lint_markup(draft.facts),
        *_lint_links(draft.facts, rules),
        *_lint_promotion(draft, rules),
        *_lint_size(draft),
    ]
    return sorted(findings, key=lambda finding: finding.severity)


def _words_of(template: str) -> str:
    """What a template says itself, without what is filled in."""
    return _TEMPLATE_CODE.sub(" ", template)


def _lint_required(draft: Draft) -> Iterator[Finding]:
    """What every mail says in both parts, outside of every `if` and `for` and visibly."""
    source, facts = draft.source, draft.facts
    if source.language not in LANGUAGES:
        yield Finding("language_unknown", "L-006", f"The required sentences do not exist in {source.language!r}.")
    if len(_words_of(source.text).split()) < FEWEST_WORDS:
        yield Finding("text_missing", "N-102", "The text part must say what the HTML part says.")
    linked = {mark[1] for link in facts.links if (mark := MARK.fullmatch(link))}
    for code, rule, names in _REQUIRED:
        if code == "advertisement_missing" and source.message_class != "commercial":
            continue
        seen = linked if code == "optout_missing" else facts.shown
        what = " or ".join(f"{{{{ {name} }}}}" for name in names)
        if not draft.text.always & set(names):
            yield Finding(f"{code}_text", rule, f"The text part must show {what} outside of every if and for.")
        if not draft.html.always & seen & set(names):
            yield Finding(
                f"{code}_html",
                rule,
                f"The HTML part must show {what} (the opt-out as a link) outside of every if and for.",
            )


def _lint_class(draft: Draft) -> Iterator[Finding]:
    """Transactional content holds no promotion at all (L-002); commercial content does not pose as a transaction (L-005)."""
    if draft.source.message_class == "transactional":
        if found := OFFER.search(draft.said):
            yield Finding(
                "offer_in_transactional",
                "L-002",
                f"{found[0]!r} is promotion: make the content commercial or leave it out.",
            )
        if any(field.partition(".")[0] == "offer" for field in draft.fields):
            yield Finding("offer_in_transactional", "L-002", "Fields of `offer` make a content commercial.")
    elif found := FALSE_NEED.search(_words_of(draft.source.subject)):
        yield Finding(
            "subject_misleading",
            "L-005",
            f"{found[0]!r} in the subject of a commercial mail does not match its content.",
        )


def _lint_subject(draft: Draft) -> Iterator[Finding]:
    subject = draft.source.subject
    words = _words_of(subject)
    if not subject.strip():
        yield Finding("subject_missing", "L-005", "The subject is empty.")
    if draft.subject.has_loops or "\n" in subject or "\r" in subject:
        yield Finding("subject_broken", "S46", "The subject is one line without loops.")
    if len(words) > LONGEST_SUBJECT:
        yield Finding(
            "subject_long", "L-005", f"More than {LONGEST_SUBJECT} letters are cut off everywhere.", "warning"
        )
    if FALSE_THREAD.search(words):
        yield Finding("subject_misleading", "L-005", "A subject must not pretend to be an answer.")
    if draft.source.vertical != "auto":
        yield from _lint_health("subject", subject)
        yield from _lint_health("preheader", draft.preheader)


def _lint_health(place: str, template: str) -> Iterator[Finding]:
    if found := HEALTH.search(_words_of(template)):
        yield Finding(f"health_in_{place}", "L-106", f"{found[0]!r} in the {place} tells a shared mailbox too much.")
    if found := HEALTH_FIELDS.search(" ".join(_TEMPLATE_CODE.findall(template))):
        yield Finding(
            f"health_in_{place}", "L-106", f"The field {found[0]!r} in the {place} may tell a shared mailbox too much."
        )


def _lint_markup(facts: HtmlFacts) -> Iterator[Finding]:
    """Nothing that runs, posts or draws from elsewhere; template marks only where escaping protects."""
    for tag in sorted(facts.tags & _FORBIDDEN_TAGS):
        yield Finding("markup_refused", "S55", f"<{tag}> has no place in a mail.")
    for name in sorted(facts.handlers):
        yield Finding("markup_refused", "S55", f"The attribute {name} has no place in a mail.")
    for name in sorted(facts.marked):
        yield Finding("mark_refused", "S51", f"Fields cannot stand in the attribute {name}.")
    if facts.has_marks_in_style:
        yield Finding("mark_refused", "S51", "Fields cannot stand in styles.")
    if facts.has_style_urls:
        yield Finding("remote_resource", "S-094", "Styles load nothing.")
    if facts.images_without_alt:
        yield Finding(
            "alt_missing", "L-008", f"{facts.images_without_alt} pictures have no alternative text.", "warning"
        )


def _lint_links(facts: HtmlFacts, rules: LintRules) -> Iterator[Finding]:
    for link in facts.links:
        if not link or link.startswith("#"):
            continue
        mark = MARK.fullmatch(link.removeprefix("tel:").removeprefix("mailto:"))
        if mark and (_LINK_FIELDS.fullmatch(mark[1]) or (link.startswith("tel:") and mark[1] == "location.phone")):
            continue
        if not _is_own(link, rules):
            yield Finding(
                "link_refused",
                "S-054",
                "A link leads to a given address ({{ links.… }}, {{ location.website }}) or to an allowed host.",
            )
    for source in facts.sources:
        if not _is_own(source, rules):
            yield Finding("remote_resource", "S-094", "Pictures come from the sender's own hosts only.")


def _is_own(address: str, rules: LintRules) -> bool:
    """A fixed https address on an allowed host; marks would let a field choose the host."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    return parts.scheme == "https" and host in rules.own_hosts and "@" not in parts.netloc and "{" not in address


def _lint_promotion(draft: Draft, rules: LintRules) -> Iterator[Finding]:
    """The operator's name stands in the sent-by notice only, which the mailer writes itself (S-053)."""
    said = " ".join((draft.said, *draft.facts.links, *draft.facts.sources))
    if rules.operator.lower() in said.lower():
        yield Finding(
            "operator_promotion", "S-053", f"{rules.operator} is named by the sent-by notice and nowhere else."
        )


def _lint_size(draft: Draft) -> Iterator[Finding]:
    facts = draft.facts
    if draft.html_letters > LARGEST_HTML:
        yield Finding(
            "too_large",
            "N-102",
            f"The HTML has {draft.html_letters} letters; above {LARGEST_HTML} webmail cuts the footer off.",
        )
    if facts.smallest_optout_px is not None and facts.smallest_optout_px < SMALLEST_OPTOUT_PX:
        yield Finding("optout_small", "L-008", f"The opt-out link is smaller than {SMALLEST_OPTOUT_PX} px.")
    if len(_words_of(draft.source.text)) < len(_words_of(facts.visible_text)) // 4:
        yield Finding("text_thin", "N-102", "The text part says much less than the HTML part.", "warning")
