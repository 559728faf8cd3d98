"""Small rules: what is forbidden, who is a minor, which names are notes (S-059, N-19, N-74)."""

from datetime import date

import pytest

from services.ingest.domain.forbidden_fields import blank_card_numbers, forbidden_name
from services.ingest.domain.person import Person, has_marker, minor_until, unpack_person

TODAY = date(2026, 3, 2)


def test_forbidden_fields_are_known_however_they_are_spelled() -> None:
    """S-059: Open Dental's `SSN`, `MedicaidID`, `MedUrgNote`, and others' ways to write them."""
    for spelled in (
        "SSN",
        "ssn",
        "Social Security Number",
        "socialSecurityNumber",
        "MedicaidID",
        "MedUrgNote",
        "card-number",
    ):
        assert forbidden_name(spelled), spelled
    for allowed in ("first_name", "note", "class", "session", "vehicle"):
        assert forbidden_name(allowed) is None


@pytest.mark.parametrize(
    ("text", "left", "found"),
    [
        ("card 4111 1111 1111 1111 ok", "card  ok", 1),
        ("4111-1111-1111-1111", "", 1),
        ("378282246310005", "", 1),
        ("4111 1111 1111 1112", "4111 1111 1111 1112", 0),
        ("0000000000000000", "0000000000000000", 0),
        ("VIN 1HGCM82633A004352", "VIN 1HGCM82633A004352", 0),
        ("12345678901234567890123", "12345678901234567890123", 0),
    ],
)
def test_card_numbers_are_blanked_and_other_numbers_stay(text: str, left: str, found: int) -> None:
    """N-85: 13 to 19 digits that pass the Luhn check."""
    assert blank_card_numbers(text) == (left, found)


@pytest.mark.parametrize(
    ("born", "until"),
    [
        ("2008-03-02", None),
        ("2008-03-03", "2026-03-03"),
        ("2016-02-29", "2034-03-01"),
        ("1900-01-01", None),
        ("0001-01-01", None),
        ("2026-03-03", None),
        ("2026-03-02", "2044-03-02"),
    ],
)
def test_a_minor_is_one_until_the_birthday(born: str, until: str | None) -> None:
    """L-121, N-74: 29 February comes of age on 1 March; unknown years and the future say nothing."""
    found = minor_until(date.fromisoformat(born), TODAY)
    assert found == (date.fromisoformat(until) if until else None)


def test_notes_in_names_are_seen_and_names_are_not_taken_for_notes() -> None:
    """N-19, N-20."""
    for note in ("DECEASED", "Ann (moved)", "do not contact", "*** Ann", "DO_NOT_EMAIL", "Ann DNC"):
        assert has_marker("", note), note
    for name in ("O'Brien", "Moved", "Dee Ceased-Smith", "Mailer", "Müller", "Ann"):
        assert not has_marker(name, ""), name


def test_a_person_is_unpacked_as_packed() -> None:
    """Names may hold anything but the separator."""
    person = Person("P1", 'A"nn, 名', "O'Brien", "", "a@example.com", "", "1980-01-01")
    assert unpack_person(person.pack()) == person
