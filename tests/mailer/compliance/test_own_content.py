"""Stock content of mail of our own: through the same suite as any content, in every language, and fit for its origin."""

import pytest

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import LintRules
from services.mailer.content.own_stock import OwnContent, choose_own, own_contents
from services.mailer.domain.origins import ORIGINS

KEYS = sorted(own_contents())


def test_there_is_one_for_everything_a_person_may_ask_for_in_both_languages() -> None:
    """S-055: opt-in confirmations, proofs and privacy answers, and word to a business of its slow week; any other language gets English."""
    kinds = ("opt_in", "privacy_case", "privacy_proof", "slow_week")
    assert [(kind, language) for kind in kinds for language in ("en", "es")] == KEYS
    assert choose_own("opt_in", "de") == choose_own("opt_in", "en")
    assert choose_own("newsletter", "en") is None


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_own_content_keeps_every_rule_that_binds_it(key: tuple[str, str]) -> None:
    """L-005, L-007, L-133, N-102, S-054: no finding at all, no way out to press where there is nothing to stop."""
    own: OwnContent = own_contents()[key]
    done = compile_content(own.source, LintRules(for_platform=True))
    assert done.findings == ()
    assert done.content is not None
    assert ("links.optout" in done.content.fields) == ORIGINS[own.origin].carries_optout  # type: ignore[index]
    assert own.source.message_class == ORIGINS[own.origin].message_class  # type: ignore[index]
    assert done.preview is not None
    assert "1 Sample Street" in done.preview[1]
