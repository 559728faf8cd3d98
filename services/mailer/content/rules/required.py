"""What every mail says in both parts, outside of every `if` and `for` and so that it can be read (L-006 to L-008, S-009, S-031)."""

from collections.abc import Iterator
from typing import Final, Literal

from services.mailer.content.fields import OPTOUT
from services.mailer.content.findings import LintRules
from services.mailer.content.html_style import Look
from services.mailer.content.rules.draft import Draft, Find

POSTAL_ADDRESS: Final = ("location.postal_address",)
BUSINESS_NAME: Final = ("business.name", "location.name")
SENT_BY: Final = ("notice.sent_by",)
ADVERTISEMENT: Final = ("notice.advertisement",)
WAY_OUT: Final = (OPTOUT,)

When = Literal["always", "commercial", "for_others"]
"""What a rule binds: every content, commercial ones, or all but transactional mail of our own."""

SMALLEST_PX: Final = 11.0
LEAST_CONTRAST: Final = 4.5
"""WCAG 2.2, 1.4.3 (AA) for text of ordinary size."""


def in_text(names: tuple[str, ...], when: When = "always") -> Find:
    """Return the rule that the text part always shows one of these fields."""

    def find(draft: Draft, rules: LintRules) -> Iterator[str]:
        if _binds(draft, rules, when) and not draft.text.always & set(names):
            yield f"The text part must show {_marks(names)} outside of every if and for."

    return find


def in_html(names: tuple[str, ...], when: When = "always") -> Find:
    """Return the rule that the HTML part always shows one of these fields where a reader sees it; the opt-out as a link with words."""

    def find(draft: Draft, rules: LintRules) -> Iterator[str]:
        if _binds(draft, rules, when) and not draft.html.always & _seen(draft, names).keys() & set(names):
            yield (
                f"The HTML part must show {_marks(names)} (the opt-out as a link with words) outside of every if and for, "
                "not hidden by style, size or colour."
            )

    return find


def large_enough(names: tuple[str, ...]) -> Find:
    """Return the rule that a shown notice can be read without a magnifying glass."""

    def find(draft: Draft, rules: LintRules) -> Iterator[str]:
        looks = _looks(draft, names)
        if looks and max(look.px for look in looks) < SMALLEST_PX:
            yield f"{_marks(names)} is smaller than {SMALLEST_PX:g} px."

    return find


def clear_enough(names: tuple[str, ...]) -> Find:
    """Return the rule that a shown notice stands out from its background."""

    def find(draft: Draft, rules: LintRules) -> Iterator[str]:
        looks = _looks(draft, names)
        if looks and (best := max(look.contrast for look in looks)) < LEAST_CONTRAST:
            yield f"{_marks(names)} has a contrast of {best:.1f} to its background, less than {LEAST_CONTRAST:g}."

    return find


def _binds(draft: Draft, rules: LintRules, when: When) -> bool:
    return draft.is_commercial or when == "always" or (when == "for_others" and not rules.for_platform)


def _looks(draft: Draft, names: tuple[str, ...]) -> list[Look]:
    return [look for name in names for look in _seen(draft, names).get(name, [])]


def _seen(draft: Draft, names: tuple[str, ...]) -> dict[str, list[Look]]:
    """An opt-out counts as the link it is, everything else as words."""
    return draft.facts.linked if names == WAY_OUT else draft.facts.shown


def _marks(names: tuple[str, ...]) -> str:
    return " or ".join(f"{{{{ {name} }}}}" for name in names)
