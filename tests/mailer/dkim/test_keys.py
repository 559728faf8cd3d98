"""The life of a key, decided on values: published, then used; retired late; lost means held."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.mailer.domain.sender_domain import (
    RecordState,
    SenderKey,
    apply_findings,
    judge_domain,
    judge_signing,
    pick_signers,
    plan_check,
)

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RSA = SenderKey("r1", "rsa", "AAAA", "pending", NOW)
ED = SenderKey("e1", "ed25519", "BBBB", "pending", NOW)
ACTIVE = [replace(key, state="active", record="found", activated_at=NOW) for key in (RSA, ED)]
LATER = NOW + timedelta(days=100)


def see(keys: list[SenderKey], now: datetime = NOW, **findings: RecordState) -> list[SenderKey]:
    """The keys after a look at the DNS."""
    return apply_findings(keys, findings, now)


def states(keys: list[SenderKey]) -> dict[str, str]:
    """State by selector."""
    return {key.selector: key.state for key in keys}


def test_a_key_signs_only_after_its_record_was_found() -> None:
    """L-051: never a signature that nobody can look up."""
    assert states(see([RSA, ED], r1="missing", e1="unknown")) == {"r1": "pending", "e1": "pending"}
    assert states(see([RSA, ED], r1="wrong", e1="found")) == {"r1": "pending", "e1": "active"}
    found = see([RSA, ED], r1="found", e1="found")
    assert found == ACTIVE
    assert judge_domain(found) == "verified"


def test_ed25519_alone_is_not_enough() -> None:
    """L-051: the second signature beside RSA, which every receiver verifies."""
    alone = see([RSA, ED], r1="missing", e1="found")
    assert pick_signers(alone) == []
    assert judge_signing(alone, is_required=False) == "sender_domain_unverified"
    rsa_only = see([RSA, ED], r1="found", e1="missing")
    assert [key.selector for key in pick_signers(rsa_only)] == ["r1"]


def test_rotation_overlaps() -> None:
    """L-051: the new key signs when it is found; the old record stays for the life of the last message and its key is deleted then."""
    new = [replace(RSA, selector="r2", created_at=LATER), replace(ED, selector="e2", created_at=LATER)]
    waiting = see([*ACTIVE, *new], LATER, r1="found", e1="found", r2="missing", e2="missing")
    assert [key.selector for key in pick_signers(waiting)] == ["r1", "e1"]
    turned = see(waiting, LATER, r1="found", e1="found", r2="found", e2="missing")
    assert states(turned) == {"r1": "retiring", "e1": "active", "r2": "active", "e2": "pending"}
    assert [key.selector for key in pick_signers(turned)] == ["e1", "r2"]
    assert turned[0].retire_at == LATER + timedelta(days=8)
    done = see(turned, LATER, r1="found", e1="found", r2="found", e2="found")
    kept = see(done, LATER + timedelta(days=7), r1="missing", e1="found", r2="found", e2="found")
    assert len(kept) == 4
    assert judge_domain(kept) == "verified"
    assert states(see(kept, LATER + timedelta(days=8))) == {"r2": "active", "e2": "active"}


def test_a_lost_record_holds_and_a_found_one_frees() -> None:
    """L-054: loss of alignment holds the stream, whatever the mode; a silent DNS is no loss."""
    assert judge_signing(see(ACTIVE, LATER, r1="unknown", e1="unknown"), is_required=True) == "sign"
    lost = see(ACTIVE, LATER, r1="missing", e1="found")
    assert judge_domain(lost) == "lost"
    assert judge_signing(lost, is_required=False) == "sender_domain_unverified"
    assert lost[0].missing_since == LATER
    still = see(lost, LATER + timedelta(days=1), r1="unknown", e1="found")
    assert judge_domain(still) == "lost"
    assert judge_signing(see(still, LATER, r1="found", e1="found"), is_required=True) == "sign"


def test_where_nothing_was_ever_verified_the_setting_decides() -> None:
    """L-054: production holds; the demo goes unsigned."""
    assert judge_signing([], is_required=True) == "sender_domain_unverified"
    assert judge_signing([], is_required=False) == "unsigned"
    assert judge_signing([RSA, ED], is_required=False) == "unsigned"
    assert judge_signing([RSA, ED], is_required=True) == "sender_domain_unverified"


def test_checks_come_daily_and_sooner_while_something_is_awaited() -> None:
    """L-054."""
    assert plan_check(ACTIVE, NOW) == NOW + timedelta(days=1)
    assert plan_check([RSA], NOW) == NOW + timedelta(minutes=1)
    assert plan_check([RSA], NOW + timedelta(hours=2)) == NOW + timedelta(hours=2, minutes=10)
    assert plan_check([RSA], LATER) == LATER + timedelta(hours=1)
    lost = see(ACTIVE, LATER, r1="missing", e1="found")
    assert plan_check(lost, LATER) == LATER + timedelta(minutes=1)
