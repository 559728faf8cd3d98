"""The canonicaliser: one verdict, two outputs."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from shared.schemas.address import AddressKeys, AddressRefusedError, canonical_address


@pytest.mark.parametrize(
    ("raw", "address", "folded"),
    [
        ("Jane@Example.COM ", "Jane@example.com", "jane@example.com"),
        ("jane@example.com", "jane@example.com", "jane@example.com"),
        ("jane+dentist@example.com", "jane+dentist@example.com", "jane+dentist@example.com"),
        ("müller@exämple.de", "müller@xn--exmple-cua.de", "müller@xn--exmple-cua.de"),
        ("Mu\u0308ller@exämple.de", "Müller@xn--exmple-cua.de", "müller@xn--exmple-cua.de"),
        ("O'Brien@Example.org", "O'Brien@example.org", "o'brien@example.org"),
    ],
)
def test_an_address_has_one_delivery_form_and_one_folded_form(raw: str, address: str, folded: str) -> None:
    """N-11, N-12, N-13."""
    found = canonical_address(raw)
    assert (found.address, found.folded) == (address, folded)


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "none",
        "415 555 0100",
        "a@b@example.com",
        '"quoted"@example.com',
        "a(comment)@example.com",
        "<a@example.com>",
        "@route:a@example.com",
        "a@example.com\r\nRCPT TO:<b@example.com>",
        "a\x00b@example.com",
        "a\u2028@example.com",
        "a b@example.com",
        ".a@example.com",
        "a..b@example.com",
        "a@example",
        "a@-example.com",
        "a@example.test",
        "a@localhost",
        "a@[127.0.0.1]",
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@" + "x." * 130 + "com",
    ],
)
def test_a_hostile_or_impossible_address_is_refused_with_a_code(hostile: str) -> None:
    """S47, N-18: nothing that could name another mailbox on the wire gets in."""
    with pytest.raises(AddressRefusedError) as refused:
        canonical_address(hostile)
    assert refused.value.code.startswith("address_")
    assert not hostile or hostile not in str(refused.value)


_PLAIN = st.from_regex(r"[a-zA-Z0-9._+'-]{1,12}@[a-zA-Z0-9.-]{1,12}\.[a-z]{1,6}", fullmatch=True)


@given(_PLAIN)
def test_the_short_way_and_the_validator_agree(raw: str) -> None:
    """The quick path for plain addresses must never accept or change what the validator would not (S75)."""
    try:
        checked = validate_email(raw, check_deliverability=False, strict=True)
        expected = f"{checked.local_part}@{checked.ascii_domain.lower()}"
    except EmailNotValidError:
        expected = None
    try:
        found = canonical_address(raw).address
    except AddressRefusedError:
        found = None
    assert found == expected


@given(_PLAIN)
def test_canonical_is_a_fixed_point(raw: str) -> None:
    """S75: canonicalising twice changes nothing."""
    try:
        once = canonical_address(raw)
    except AddressRefusedError:
        return
    assert canonical_address(once.address) == once
    assert canonical_address(once.folded).folded == once.folded


def test_address_keys_carry_their_key_id_and_change_with_the_key() -> None:
    """S84: a keyed hash, the key's id in front, so that a later key can stand beside the first."""
    keys = AddressKeys({"1": b"a" * 32, "2": b"b" * 32})
    assert keys.key_of("jane@example.com").startswith("2.")
    assert keys.key_of("jane@example.com", "1").startswith("1.")
    assert keys.all_keys_of("jane@example.com") == [
        keys.key_of("jane@example.com"),
        keys.key_of("jane@example.com", "1"),
    ]
    assert keys.key_of("jane@example.com") != keys.key_of("joan@example.com")


def test_short_address_keys_are_refused() -> None:
    """S84."""
    with pytest.raises(ValueError, match="32 octets"):
        AddressKeys({"1": b"short"})


def test_the_masked_hint_shows_first_letters_only() -> None:
    """S37: the page shows a masked address."""
    assert canonical_address("jane.doe@mail.example.com").masked == "j***@m***.com"
