"""The legal moves of a message."""

from typing import get_args

from services.mailer.domain.states import FINAL, WAITING, State, may_move
from shared.schemas.mailer import FINAL_STATES, MessageState


def test_an_uncertain_message_is_never_claimed_again() -> None:
    """I3: no machine resends; only a definite reply, a log, a report or a person settles it."""
    definite = {State.SENT, State.DEFERRED, State.BOUNCED, State.EXPIRED}
    assert {new for new in State if may_move(State.UNCERTAIN, new)} == definite


def test_a_final_state_other_than_uncertain_is_left_only_by_a_persons_wish_to_send_again() -> None:
    """Every intent has one end; what failed or bounced may be given back, what was sent or dropped for a reason never."""
    given_back = {State.FAILED, State.BOUNCED}
    for old in FINAL - {State.UNCERTAIN}:
        assert {new for new in State if may_move(old, new)} == ({State.RECHECK} if old in given_back else set())


def test_only_a_claimed_message_is_handed_over_and_only_a_handed_over_one_is_sent() -> None:
    """Architecture 4: no way around the marker."""
    assert [old for old in State if may_move(old, State.HANDING_OVER)] == [State.CLAIMED]
    assert {old for old in State if may_move(old, State.SENT)} == {State.HANDING_OVER, State.UNCERTAIN}
    assert {old for old in State if may_move(old, State.CLAIMED)} == WAITING


def test_a_message_that_is_being_handed_over_can_no_longer_be_cancelled() -> None:
    """The marker is the point of no return."""
    for dropped in (State.CANCELLED, State.SUPPRESSED, State.RECHECK):
        assert not may_move(State.HANDING_OVER, dropped)
        assert may_move(State.CLAIMED, dropped)


def test_a_definite_refusal_that_leaves_no_time_for_another_try_has_an_end() -> None:
    """S-025, I3: 4yz after the dot close to `useful_until` is neither sent nor tried again."""
    assert may_move(State.HANDING_OVER, State.EXPIRED)
    assert may_move(State.CLAIMED, State.EXPIRED)


def test_the_states_are_those_of_the_wire() -> None:
    """Consumers of the outcome feed know exactly these."""
    assert {state.value for state in State} == set(get_args(MessageState))
    assert {state.value for state in FINAL} == FINAL_STATES
