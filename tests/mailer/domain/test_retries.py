"""Retry times and last questions (L-070, S-025, N-92)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.mailer.domain.readiness import judge_readiness
from services.mailer.domain.retries import RetryPlan, plan_retry

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FAR = NOW + timedelta(days=90)


def test_waits_start_at_half_an_hour_and_grow_to_four_hours() -> None:
    """L-070, RFC 5321 4.5.4.1."""
    waits = []
    for attempts in range(1, 7):
        next_at = plan_retry(RetryPlan(), now=NOW, attempts=attempts, jitter=0.0, accepted_at=NOW, useful_until=FAR)
        assert next_at
        waits.append((next_at - NOW).total_seconds() / 60)
    assert waits == [30, 60, 120, 240, 240, 240]


@given(
    attempts=st.integers(1, 10_000),
    jitter=st.floats(0, 0.999),
    useful=st.integers(-1000, 10_000),
    age=st.integers(0, 20_000),
)
def test_a_retry_is_never_early_never_useless_and_never_after_giving_up(
    attempts: int, jitter: float, useful: int, age: int
) -> None:
    """S-025: a reminder that can no longer be useful is dropped, never sent late."""
    useful_until, accepted_at = NOW + timedelta(minutes=useful), NOW - timedelta(minutes=age)
    next_at = plan_retry(
        RetryPlan(), now=NOW, attempts=attempts, jitter=jitter, accepted_at=accepted_at, useful_until=useful_until
    )
    if next_at is not None:
        assert NOW + timedelta(minutes=30) <= next_at < min(useful_until, accepted_at + timedelta(days=5))
        assert next_at <= NOW + timedelta(hours=5)


def test_pointless_comes_before_stale_and_both_before_go() -> None:
    """N-92: slow relay for six hours, appointment in four: expired."""
    hour = timedelta(hours=1)
    assert judge_readiness(now=NOW, useful_until=NOW, recheck_after=NOW) == "expired"
    assert judge_readiness(now=NOW, useful_until=NOW + hour, recheck_after=NOW) == "recheck"
    assert judge_readiness(now=NOW, useful_until=NOW + hour, recheck_after=NOW + hour) == "go"
