"""Markup: nothing that runs, posts or draws from elsewhere; template marks only where escaping protects (S51, S55, S-094)."""

from collections.abc import Iterator
from typing import Final

from services.mailer.content.findings import LintRules
from services.mailer.content.rules.draft import Draft
from services.mailer.content.rules.links import is_own

_FORBIDDEN_TAGS: Final = frozenset(
    (
        "applet", "audio", "base", "button", "embed", "form", "frame", "iframe", "input", "link", "object", "script", "select", "svg",
        "textarea", "video",
    )
)  # fmt: skip


def refused_markup(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Tags and attributes that run or post."""
    for tag in sorted(draft.facts.tags & _FORBIDDEN_TAGS):
        yield f"<{tag}> has no place in a mail."
    for name in sorted(draft.facts.handlers):
        yield f"The attribute {name} has no place in a mail."


def refused_mark(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Fields in places that escaping does not protect."""
    for name in sorted(draft.facts.marked):
        yield f"Fields cannot stand in the attribute {name}."
    if draft.facts.has_marks_in_style:
        yield "Fields cannot stand in styles."


def remote_resource(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Loading something tells somebody that the mail was opened."""
    if draft.facts.has_style_urls:
        yield "Styles load nothing."
    if not all(is_own(source, rules) for source in draft.facts.sources):
        yield "Pictures come from the sender's own hosts only."
