"""Routes: weight, priority, fail-over, and connection limits that hold over any number of processes."""

from collections import Counter
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.mailer.domain.routes import LaneState, Share, choose_route, grant_share, should_keep


def _lane(name: str, **values: object) -> LaneState:
    defaults = {"priority": 0, "weight": 1, "open": 0, "most": None, "is_up": True}
    return LaneState(name, **(defaults | values))  # type: ignore[arg-type]


def test_sessions_are_spread_by_weight() -> None:
    """Two relays that share the load 3 to 1."""
    opened: Counter[str] = Counter()
    for _ in range(40):
        name = choose_route([_lane("a", weight=3, open=opened["a"]), _lane("b", weight=1, open=opened["b"])])
        opened[str(name)] += 1
    assert opened == {"a": 30, "b": 10}


def test_a_backup_takes_over_only_when_everything_before_it_is_down() -> None:
    """A relay that is merely full is waited for."""
    backup = _lane("backup", priority=1)
    assert choose_route([_lane("a", most=2, open=2), backup]) is None
    assert choose_route([_lane("a", is_up=False), backup]) == "backup"
    assert choose_route([_lane("a", is_up=False), _lane("b", open=5), backup]) == "b"
    assert choose_route([_lane("a", is_up=False)]) is None


def test_what_has_no_budget_now_is_not_chosen_and_a_backup_is_only_for_what_is_used_up() -> None:
    """A rate is waited for on the better route, while its equals send; an hour that is used up is like a relay that is down."""
    paced, backup = _lane("a", has_budget=False), _lane("backup", priority=1)
    assert choose_route([paced, _lane("b", open=9), backup]) == "b"
    assert choose_route([paced, backup]) is None
    assert choose_route([_lane("a", is_up=False, has_budget=False), backup]) == "backup"
    assert choose_route([_lane("a", is_up=False, is_due=True, has_budget=False), backup]) == "backup"
    assert should_keep("a", [paced, backup])
    assert not should_keep("a", [_lane("a", is_up=False, has_budget=False), backup])


def test_a_relay_that_was_down_is_tried_by_one_session() -> None:
    """The others stay on the backup until it serves again."""
    backup = _lane("backup", priority=1, open=3)
    due = _lane("a", is_up=False, is_due=True)
    assert choose_route([due, backup]) == "a"
    assert not should_keep("backup", [due, backup])
    assert should_keep("backup", [_lane("a", is_up=False, is_due=False, open=1), backup])
    assert choose_route([_lane("a", is_up=False, is_due=False, open=1), backup]) == "backup"
    assert choose_route([_lane("late", is_up=False, is_due=True, priority=2), backup]) == "backup"


def test_a_session_leaves_a_backup_when_the_first_relay_is_back_and_a_share_that_shrank() -> None:
    """Fail-over ends by itself, within one message a session."""
    backup = _lane("backup", priority=1, open=3)
    assert should_keep("backup", [_lane("a", is_up=False), backup])
    assert not should_keep("backup", [_lane("a"), backup])
    assert not should_keep("a", [_lane("a", most=2, open=3)])
    assert should_keep("a", [_lane("a", most=2, open=2)])
    assert not should_keep("gone", [_lane("a")])


@given(st.integers(0, 40), st.integers(1, 6), st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=60))
def test_processes_together_never_hold_more_than_the_limit(
    limit: int, count: int, steps: list[tuple[int, bool]]
) -> None:
    """Whoever comes, goes, asks first or lets go late."""
    ids = [uuid4() for _ in range(count)]
    shares: dict[UUID, Share] = {}
    for turn, leaves in steps:
        one = ids[turn % count]
        if leaves:
            shares.pop(one, None)
            continue
        before = shares.get(one, Share(0, 0))
        granted = grant_share(limit, shares, one)
        shares[one] = Share(granted, max(granted, before.open - 1))  # sessions end one by one, new ones open at once
        assert sum(share.open for share in shares.values()) <= limit


def test_shares_become_even_once_everybody_has_let_go() -> None:
    """20 connections, first one process, then three."""
    ids = sorted(uuid4() for _ in range(3))
    shares = {ids[0]: Share(grant_share(20, {}, ids[0]), 20)}
    assert shares[ids[0]].granted == 20
    for _ in range(3):
        for one in ids:
            granted = grant_share(20, shares, one)
            shares[one] = Share(granted, granted)
    assert sorted(share.granted for share in shares.values()) == [6, 7, 7]
