"""The class of a content: recorded, and true to what it says (L-001 to L-003)."""

from collections.abc import Iterator

from services.mailer.content.findings import LintRules
from services.mailer.content.rules.draft import Draft
from services.mailer.content.words import INVITATION, OFFER
from shared.schemas.contents import TRANSACTIONAL_PURPOSES


def class_missing(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Without a class nothing is published; in doubt it is commercial (L-001)."""
    if draft.source.message_class not in ("commercial", "transactional"):
        yield "The content needs a class: commercial or transactional; in doubt commercial."


def unreasoned(draft: Draft, rules: LintRules) -> Iterator[str]:
    """A class has a reason; without one it is in doubt, and in doubt it is commercial (L-001)."""
    if draft.source.message_class == "transactional" and draft.source.purpose is None:
        yield "A transactional content needs its primary purpose with it; in doubt make it commercial."


def contradicted(draft: Draft, rules: LintRules) -> Iterator[str]:
    """The primary purpose decides (16 CFR 316.3). A commercial content may have any: that is the stricter side."""
    purpose = draft.source.purpose
    if draft.source.message_class == "transactional" and purpose is not None and purpose not in TRANSACTIONAL_PURPOSES:
        yield f"Its primary purpose, {purpose}, makes the content commercial."


def offer_in_transactional(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Mixed content counts as commercial (16 CFR 316.3(a)(2)); ours is stricter and simple: no offer at all (L-002)."""
    if draft.is_commercial:
        return
    if found := OFFER.search(draft.said):
        yield f"{found[0]!r} is promotion: make the content commercial or leave it out."
    if any(field.partition(".")[0] == "offer" for field in draft.fields):
        yield "Fields of `offer` make a content commercial."


def invitation_in_transactional(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Reviews, referrals, newsletters and social media are not part of a transaction (16 CFR 316.3(a)(3), L-003)."""
    if not draft.is_commercial and (found := INVITATION.search(draft.said)):
        yield f"{found[0]!r} is an invitation that has nothing to do with the transaction: make the content commercial."
