"""Return addresses: only what we minted is believed (L-072, L-080, N-97)."""

from uuid import UUID, uuid4

import pytest

from services.mailer.smtp.verp import Purpose, ReturnAddresses

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.mark.parametrize("purpose", ["b", "unsub"])
def test_a_minted_local_part_fits_and_comes_back_even_with_folded_case(purpose: Purpose) -> None:
    """RFC 5321 4.5.3.1.1: 64 octets; relays change the case of local parts."""
    addresses, message_id = ReturnAddresses({"zz": NEW}), uuid4()
    local = addresses.mint(purpose, message_id)
    assert len(local) <= 64
    assert local == addresses.mint(purpose, message_id)
    assert addresses.verify(local) == addresses.verify(local.upper()) == (purpose, message_id)


def test_any_changed_letter_is_not_believed() -> None:
    """A forged bounce would make a competitor's customers unreachable."""
    addresses = ReturnAddresses({"1": NEW})
    local = addresses.mint("b", UUID(int=7))
    for index, letter in enumerate(local):
        other = "0" if letter != "0" else "1"
        assert addresses.verify(local[:index] + other + local[index + 1 :]) is None
    assert addresses.verify("unsub" + local[1:]) is None
    assert ReturnAddresses({"1": OLD}).verify(local) is None
    for text in ("", "b+", local + "x", "x" * 10_000, "b+é"):
        assert addresses.verify(text) is None


def test_old_keys_verify_and_the_newest_mints() -> None:
    """Bounces come days later, refusals years."""
    old, both = ReturnAddresses({"1": OLD}), ReturnAddresses({"1": OLD, "2": NEW})
    assert both.verify(old.mint("b", UUID(int=1))) == ("b", UUID(int=1))
    assert ".2-" in both.mint("b", UUID(int=1))


def test_weak_or_missing_keys_are_refused() -> None:
    """No default for a secret."""
    for keys in ({}, {"1": b"short"}, {"long": NEW}):
        with pytest.raises(ValueError, match="32 octets"):
            ReturnAddresses(keys)
