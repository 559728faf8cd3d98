"""The rule of a comparison as pure functions: who is in which arm, how many it takes, who wins, and what the second variant says."""

import random
from datetime import datetime, time
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler import campaigns
from services.scheduler.domain.activation import find_contradictions
from services.scheduler.domain.campaign_settings import SendWindow, SettingsUnusableError, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import (
    REASONS,
    ArmCount,
    ComparisonPlan,
    arm_sentence,
    choose_arm,
    decide,
    find_plan,
    people_needed,
    rule_sentence,
    settings_of,
)
from services.scheduler.domain.comparison_settings import takes_comparison
from services.scheduler.domain.hold_out import hold_out_mark
from shared.kit.plugins import find_plugins
from tests.fixtures.services import ADDRESS_KEYS

TYPES: dict[str, CampaignType] = find_plugins(campaigns, "CAMPAIGN_TYPE")
KEY = b"k" * 32
CAMPAIGN = UUID(int=7)
MAILBOXES = [ADDRESS_KEYS.key_of(f"p{number}@example.com") for number in range(20_000)]
WINDOW = SendWindow(time(8), time(20))
COUNTS = st.integers(0, 400).flatmap(lambda people: st.builds(ArmCount, st.just(people), st.integers(0, people)))
LETTER: dict[str, Any] = {"words": {"headline": "Spring", "text": "We are here."}, "send_on": "2026-03-04"}
OTHER: dict[str, Any] = {"words": {"headline": "Summer", "text": "We are here."}}


def arms(share: int, campaign: UUID = CAMPAIGN, key: bytes = KEY) -> dict[str, str]:
    """Return the arm of every mailbox."""
    return {mailbox: choose_arm(key, mailbox, campaign, share) for mailbox in MAILBOXES}


@pytest.mark.parametrize("share", [10, 50, 100])
def test_both_halves_have_the_size_that_was_asked_for(share: int) -> None:
    """S-003: a share of the mailboxes in two halves, within five standard deviations; at 100 nobody is left over."""
    found = list(arms(share).values())
    expected, spread = len(found) * share / 200, (len(found) * share / 200 * (1 - share / 200)) ** 0.5
    for arm in ("a", "b"):
        assert abs(found.count(arm) - expected) < 5 * spread
    assert (found.count("rest") == 0) == (share == 100)


@given(st.sampled_from(MAILBOXES), st.integers(10, 100), st.integers(10, 100), st.uuids())
def test_a_mailbox_stays_in_its_arm_and_a_larger_share_lets_nobody_change(
    mailbox: str, one: int, other: int, campaign: UUID
) -> None:
    """The same at every look; who is compared at a smaller share is in the same arm at a larger one; without an address nobody is compared."""
    smaller, larger = sorted((one, other))
    before = choose_arm(KEY, mailbox, campaign, smaller)
    assert before == choose_arm(KEY, mailbox, campaign, smaller)
    assert before == "rest" or choose_arm(KEY, mailbox, campaign, larger) == before
    assert choose_arm(KEY, None, campaign, larger) == "rest"


def test_campaigns_keys_and_the_hold_out_draw_their_own() -> None:
    """An arm tells nothing of another campaign's, nor of who is left out."""
    first, second, foreign = arms(100), arms(100, UUID(int=8)), arms(100, key=b"o" * 32)
    for other in (second, foreign):
        same = sum(first[mailbox] == other[mailbox] for mailbox in MAILBOXES)
        assert abs(same - len(MAILBOXES) / 2) < 5 * (len(MAILBOXES) / 4) ** 0.5
    people = [UUID(int=number << 64 | number * 7919) for number in range(len(MAILBOXES))]
    out = [hold_out_mark(KEY, person, "newsletter") < 5000 for person in people]
    same = sum((first[mailbox] == "a") == is_out for mailbox, is_out in zip(MAILBOXES, out, strict=True))
    assert abs(same - len(MAILBOXES) / 2) < 5 * (len(MAILBOXES) / 4) ** 0.5


@pytest.mark.parametrize(
    ("expected", "points", "people"), [(5, 5, 435), (20, 10, 294), (50, 10, 388), (10, 10, 199), (50, 25, 58)]
)
def test_the_number_needed_is_that_of_the_textbooks(expected: int, points: int, people: int) -> None:
    """As R's power.prop.test gives it for a power of 0.8 at 0.05, two-sided, rounded up."""
    assert people_needed(expected, points) == people


def test_the_audience_must_hold_both_halves_and_whom_is_held_out_besides() -> None:
    """Each variant needs 435 people: 870 at the whole of an audience, twice as many at half of it, and more where some are left out."""
    assert ComparisonPlan(100, 14).audience_needed(0) == 870
    assert ComparisonPlan(50, 14).audience_needed(0) == 1740
    assert ComparisonPlan(50, 14).audience_needed(10) == 1934


@given(st.integers(1, 40), st.integers(1, 49))
def test_a_smaller_difference_needs_more_people(expected: int, points: int) -> None:
    """And always some."""
    assert people_needed(expected, points) >= people_needed(expected, points + 1) > 1


@pytest.mark.parametrize(
    ("a", "b", "winner", "reason"),
    [
        ((20, 2), (20, 12), "b", "b_better"),
        ((20, 12), (20, 2), "a", "a_better"),
        ((20, 5), (20, 6), "a", "no_difference"),
        ((435, 22), (435, 44), "b", "b_better"),
        ((435, 22), (435, 30), "a", "no_difference"),
        ((0, 0), (20, 20), "a", "too_few"),
        ((20, 0), (0, 0), "a", "too_few"),
        ((20, 0), (20, 0), "a", "no_difference"),
    ],
)
def test_who_wins(a: tuple[int, int], b: tuple[int, int], winner: str, reason: str) -> None:
    """Golden: a winner only beyond chance; without one the first variant, and why is said."""
    verdict = decide(ArmCount(*a), ArmCount(*b))
    assert (verdict.winner, verdict.reason) == (winner, reason)
    assert verdict.reason in REASONS


@given(COUNTS, COUNTS)
def test_a_decision_is_the_same_seen_from_either_side_and_never_against_its_figures(a: ArmCount, b: ArmCount) -> None:
    """Swapping the variants swaps the winner; the difference lies in its interval; B wins only where more of it came."""
    verdict, swapped = decide(a, b), decide(b, a)
    mirrored = {"a_better": "b_better", "b_better": "a_better"}
    assert swapped.reason == mirrored.get(verdict.reason, verdict.reason)
    assert (verdict.winner == "b") == (verdict.reason == "b_better")
    if verdict.difference is None or verdict.lower is None or verdict.upper is None:
        assert verdict.reason == "too_few"
        return
    assert verdict.lower - 1e-9 <= verdict.difference <= verdict.upper + 1e-9
    assert verdict.winner == "a" or verdict.difference > 0


def test_chance_alone_makes_a_winner_in_about_one_of_twenty() -> None:
    """The stated confidence: equal variants of 435 people at 5 %, a thousand comparisons, one look each; peeking is what would break it."""
    dice = random.Random(11)

    def drawn() -> ArmCount:
        return ArmCount(435, sum(dice.random() < 0.05 for _ in range(435)))

    found = [decide(drawn(), drawn()).reason for _ in range(1000)]
    assert 20 <= 1000 - found.count("no_difference") <= 80


def test_a_difference_of_the_size_looked_for_is_found_in_about_four_of_five_cases() -> None:
    """The stated power, with the number of people it asks for."""
    dice = random.Random(5)

    def drawn(share: float) -> ArmCount:
        return ArmCount(435, sum(dice.random() < share for _ in range(435)))

    found = [decide(drawn(0.05), drawn(0.10)).reason for _ in range(500)]
    assert 370 <= found.count("b_better") <= 440


@given(
    st.sampled_from(["a", None]), st.dictionaries(st.sampled_from(["words", "offer", "links"]), st.text(), min_size=1)
)
def test_the_second_variant_says_otherwise_only_what_it_names(first: str | None, own: dict[str, str]) -> None:
    """A is the settings as they stand; B has its own words, offer or links and all else of A."""
    settings = {"words": "w", "offer": "o", "links": "l", "budget": 3, "comparison": {"b": own}}
    assert settings_of(settings, first) == settings
    second = settings_of(settings, "b")
    assert {name: second[name] for name in own} == own
    assert {name: value for name, value in second.items() if name not in own} == {
        name: value for name, value in settings.items() if name not in own
    }


@pytest.mark.parametrize(
    ("comparison", "wrong"),
    [
        ({"share_percent": 50, "wait_days": 14, "b": OTHER}, []),
        ({"share_percent": 100, "wait_days": 1, "expected_percent": 40, "difference_points": 50, "b": OTHER}, []),
        ({}, ["comparison.b", "comparison.share_percent", "comparison.wait_days"]),
        ("x", ["comparison"]),
        ({"share_percent": 9, "wait_days": 29, "b": OTHER}, ["comparison.share_percent", "comparison.wait_days"]),
        ({"share_percent": 50.5, "wait_days": True, "b": OTHER}, ["comparison.share_percent", "comparison.wait_days"]),
        (
            {"share_percent": 50, "wait_days": 7, "expected_percent": 60, "difference_points": 41, "b": OTHER},
            ["comparison.difference_points"],
        ),
        ({"share_percent": 50, "wait_days": 7, "b": {"words": LETTER["words"]}}, ["comparison.b"]),
        ({"share_percent": 50, "wait_days": 7, "b": {}}, ["comparison.b"]),
        ({"share_percent": 50, "wait_days": 7, "b": {"send_on": "2026-04-01"}}, ["comparison.b"]),
        ({"share_percent": 50, "wait_days": 7, "b": {"words": {"headline": "x"}}}, ["comparison.b.words.text"]),
        ({"share_percent": 50, "wait_days": 7, "b": {"offer": {"text": "x"}}}, ["comparison.b.offer"]),
        ({"share_percent": 50, "wait_days": 7, "b": OTHER, "peek": True}, ["comparison.peek"]),
    ],
)
def test_settings_that_compare_nothing_are_refused_by_name(comparison: object, wrong: list[str]) -> None:
    """Every figure in its bounds; two variants that differ; B within what the type's mail can say."""
    settings = LETTER | {"comparison": comparison}
    found: list[str] = []
    try:
        check_settings(TYPES["newsletter"], settings, window=WINDOW)
    except SettingsUnusableError as refused:
        found = [row["field"].removeprefix("settings.") for row in refused.members["errors"]]  # type: ignore[attr-defined]
    assert found == wrong


@pytest.mark.parametrize("slug", sorted(TYPES))
def test_only_campaigns_by_hand_compare(slug: str) -> None:
    """Series follow records, a few people a day: there is no occasion on which to decide."""
    assert takes_comparison(TYPES[slug]) == (slug in ("newsletter", "promotion", "seasonal"))


def test_an_offer_that_ends_before_the_rest_gets_it_is_a_contradiction() -> None:
    """In either variant; and marks in the second variant's words are told."""

    offer = {"text": "Ten off", "expires_on": "2026-03-10"}
    rule = {"share_percent": 50, "wait_days": 7, "b": {"words": {"headline": "{{ x }}", "text": "t"}}}
    found = find_contradictions(
        TYPES["promotion"],
        LETTER | {"offer": offer, "comparison": rule},
        now_local=datetime.fromisoformat("2026-03-01"),
    )
    assert [(field, code) for field, code, _ in found] == [
        ("settings.comparison.b.words.headline", "field_unknown"),
        ("settings.comparison.wait_days", "offer_over"),
    ]
    for changed in ({"share_percent": 100}, {"wait_days": 6}):
        whole = LETTER | {"offer": offer, "comparison": rule | changed | {"b": OTHER}}
        assert find_contradictions(TYPES["promotion"], whole, now_local=datetime.fromisoformat("2026-03-01")) == []


def test_the_rule_and_the_arms_read_as_sentences() -> None:
    """S-003: the rule names its share, its time, its measure and its size; a touch says what it has to do with it."""
    plan = find_plan({"comparison": {"share_percent": 50, "wait_days": 14, "b": OTHER}})
    assert plan == ComparisonPlan(50, 14, 5, 5)
    said = rule_sentence(plan)
    for part in ("50 percent", "14 days", "once", "booked or come", "Newcombe", "435 people"):
        assert part in said
    assert find_plan({}) is None
    assert arm_sentence(None, None) == ""
    assert "variant B" in arm_sentence("b", "b")
    assert "waits" in arm_sentence("rest", None)
    assert "variant A, which won" in arm_sentence("rest", "a")
