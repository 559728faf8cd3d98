"""The one usable address of a source's e-mail column, or the reason why there is none (N-10, N-15, N-18)."""

import pytest

from services.ingest.domain.address_choice import AddressRules, choose_address


@pytest.mark.parametrize(
    "text", ["ann@example.com;bob@example.com", "patient declined, ann@example.com", " ann@example.com ; "]
)
def test_of_several_entries_the_first_usable_one_is_chosen(text: str) -> None:
    """N-10: `;` and `,` separate."""
    choice = choose_address(text, AddressRules())
    assert choice.address is not None
    assert choice.address.address == "ann@example.com"


@pytest.mark.parametrize(
    "text", ["anna lee@example.com", "ann@example.com  Bcc: victim@example.org", "a@example.com b@example.com"]
)
def test_a_word_of_a_text_is_never_taken_for_the_address(text: str) -> None:
    """N-18: a space in an address is a slip, and what follows it may be a stranger's mailbox."""
    assert choose_address(text, AddressRules()).problem == "address_invalid"
