"""The opt-out token: opaque, unforgeable, never expiring."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.schemas.token import OptoutToken, TokenKeys, TokenRefusedError

KEYS = TokenKeys({"1": b"1" * 32})
TOKEN = OptoutToken(
    UUID("0192f0c1-7a00-7000-8000-000000000001"),
    UUID("0192f0c1-7a00-7000-8000-000000000002"),
    UUID("0192f0c1-7a00-7000-8000-000000000003"),
    "transactional",
    "1.AAAAAAAAAAAAAAAAAAAAAA",
    "j***@e***.com",
)
PINNED = (
    "AXHLpTKuU4CynbmpTG9qroYF-BAvDo70U4bODPr6KadDH62QfzhgcUKvRxUpvIdzQQPFA"
    "wpI19QNNhwjlmdHK6PPdzUIflmRyLSPV2iKGTUVZlc-Wcf2wvVVYqjsUyoKAWg-iRNvdug"
)


def test_a_token_opens_to_what_was_sealed() -> None:
    """L-035."""
    assert KEYS.open(KEYS.seal(TOKEN)) == TOKEN


def test_the_same_message_has_the_same_link_at_every_attempt() -> None:
    """L-031: the header is fixed before the first attempt."""
    assert KEYS.seal(TOKEN) == KEYS.seal(TOKEN)


def test_every_flipped_bit_is_refused() -> None:
    """S33: each single-bit flip of the token, at the level of its octets and of its letters."""
    sealed = KEYS.seal(TOKEN)
    for place in range(len(sealed)):
        for bit in range(7):
            forged = sealed[:place] + chr(ord(sealed[place]) ^ (1 << bit)) + sealed[place + 1 :]
            with pytest.raises(TokenRefusedError):
                KEYS.open(forged)


@given(st.text(max_size=500))
def test_any_other_text_is_refused(text: str) -> None:
    """S33, S37: without saying why."""
    with pytest.raises(TokenRefusedError):
        KEYS.open(text)


def test_cut_and_lengthened_tokens_are_refused() -> None:
    """S33."""
    sealed = KEYS.seal(TOKEN)
    for forged in (sealed[:-1], sealed[:-8], sealed + "A", sealed + "=", " " + sealed, ""):
        with pytest.raises(TokenRefusedError):
            KEYS.open(forged)


def test_old_tokens_open_after_keys_were_rotated() -> None:
    """L-009, I11: rotation adds a key and retires none."""
    rotated = TokenKeys({"1": b"1" * 32, "2": b"2" * 32})
    assert rotated.open(KEYS.seal(TOKEN)) == TOKEN
    with pytest.raises(TokenRefusedError):
        KEYS.open(rotated.seal(TOKEN))


def test_a_token_shows_neither_ids_nor_order() -> None:
    """S34: two tokens that differ in one id share no run of letters beyond the key id."""
    first, second = (
        KEYS.seal(TOKEN),
        KEYS.seal(
            OptoutToken(TOKEN.subscriber_id, TOKEN.location_id, uuid4(), "transactional", TOKEN.address_key, "x")
        ),
    )
    shared = sum(1 for a, b in zip(first[2:], second[2:], strict=False) if a == b)
    assert shared < 20


def test_the_token_format_is_pinned() -> None:
    """I11: a token mailed today must open in ten years; this vector may only ever be added to."""
    assert KEYS.open(PINNED) == TOKEN
