"""Whose mail it is: the subscriber's own, never the operator's and never a third party's (S-053, S-054, L-023, L-101)."""

from collections.abc import Iterator

from services.mailer.content.findings import LintRules
from services.mailer.content.rules.draft import Draft
from services.mailer.content.words import THIRD_PARTY


def operator(draft: Draft, rules: LintRules) -> Iterator[str]:
    """The operator's name stands in the sent-by notice only, which the mailer writes itself."""
    said = " ".join((draft.said, *draft.facts.links, *draft.facts.sources))
    if rules.operator.lower() in said.lower():
        yield f"{rules.operator} is named by the sent-by notice and nowhere else."


def third_party(draft: Draft, rules: LintRules) -> Iterator[str]:
    """No partner's coupon, no sponsor, no manufacturer's rebate; one advertiser a mail."""
    if found := THIRD_PARTY.search(draft.said):
        yield f"{found[0]!r}: a mail concerns the business alone, not its partners, sponsors or manufacturers."
