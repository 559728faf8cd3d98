"""Minimum information for health mail: a shared mailbox must not tell a procedure, a diagnosis, a balance or a speciality (L-102, L-106).

What mailbox lists and other people's eyes meet without opening the mail is refused. In the opened body the practice's own words to its patient are a
warning, and fields that would fill in this patient's procedure, diagnosis or balance are refused as well: a family may read it (L-123).
"""

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from services.mailer.content.findings import LintRules
from services.mailer.content.rules.draft import TEMPLATE_CODE, Draft, words_of
from services.mailer.content.words import HEALTH, HEALTH_FIELDS
from services.mailer.domain.procedure_names import find_procedure

_SEPARATORS: Final = str.maketrans("/-_.?&=#+", " " * 9)


def in_subject(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Shown by lock screens and mailbox lists."""
    yield from _judge("subject", [draft.source.subject], draft, rules)


def in_preheader(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Shown beside the subject, and behind it the first words of the body as far as there is room."""
    yield from _judge("preheader", [draft.preheader], draft, rules)
    yield from _judge("beginning, which mailbox lists show as well,", [draft.listed], draft, rules)


def in_title(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Shown by tabs, prints and calendars."""
    yield from _judge("title", draft.facts.titles, draft, rules)


def in_alt(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Shown in previews while pictures are off."""
    yield from _judge("alternative text", draft.facts.alts, draft, rules)


def in_link(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Kept by proxies, histories and link scanners; the host is the business's name and stays out of it."""
    yield from _judge("link", map(_path_words, draft.facts.links), draft, rules)


def field_in_body(draft: Draft, rules: LintRules) -> Iterator[str]:
    """This patient's procedure, diagnosis or balance."""
    if draft.source.vertical == "auto":
        return
    for template in (draft.source.text, draft.facts.visible_text):
        if found := HEALTH_FIELDS.search(" ".join(TEMPLATE_CODE.findall(template))):
            yield f"The field {found[0]!r} would tell everybody at this address about one patient."


def in_body(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Words the practice chose itself; the author should know who may read them."""
    yield from _judge("body", [draft.source.text, draft.facts.visible_text], draft, rules, with_fields=False)


def _judge(
    place: str, templates: Iterable[str], draft: Draft, rules: LintRules, *, with_fields: bool = True
) -> Iterator[str]:
    if draft.source.vertical == "auto":
        return
    for template in templates:
        words = words_of(template)
        if found := HEALTH.search(words):
            yield f"{found[0]!r} in the {place} tells a shared mailbox too much."
        elif named := find_procedure(words, rules.procedure_names):
            yield f"{named!r} in the {place} is one of the location's procedures."
        code = " ".join(TEMPLATE_CODE.findall(template))
        if with_fields and (found := HEALTH_FIELDS.search(code)):
            yield f"The field {found[0]!r} in the {place} may tell a shared mailbox too much."


def _path_words(link: str) -> str:
    """A link's path, query and fragment as words; template marks stay as they are."""
    if "{{" in link:
        return link
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return unquote(" ".join((parts.path, parts.query, parts.fragment))).translate(_SEPARATORS)
