"""A person's fields as a front desk edits them, by name, and what follows from them; refusals in business words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.ingest.domain.address_choice import MISSING, AddressChoice, AddressRules, choose_address
from services.ingest.domain.conflict import STRICTNESS
from services.ingest.domain.person import Person, birthday_of, has_marker, minor_until
from shared.kit.errors import ConflictError, NotFoundError, Problem
from shared.schemas.address import Address

FIELDS: Final = (
    "first_name",
    "last_name",
    "preferred_name",
    "email",
    "phone",
    "birth_on",
    "language",
    "status",
)

CONFIRMED: Final = "confirmed_email"
"""Kept among the edits: the address that a person said is right, for as long as it is this one."""
CONFIRMABLE: Final = ("typo_suspected", "role_address")


class ConsumerUnknownError(NotFoundError):
    """No such consumer for this caller."""

    code, title = "consumer_unknown", "There is no such consumer."


class ConsumerMergedError(ConflictError):
    """The person has been merged, or is the one it would be merged into."""

    code, title = "consumer_merged", "This consumer was merged; work with the one that stayed, or undo the merge."


class NotMergedError(ConflictError):
    """There is no merge to undo."""

    code, title = "consumer_not_merged", "This consumer was not merged."


class AddressUnusableError(Problem):
    """The address is none that mail could go to."""

    status, code, title = 422, "address_unusable", "This is no e-mail address that mail could go to."


class AddressErasedError(ConflictError):
    """The address belongs to somebody who asked to be erased; only their own sign-up brings it back (N-38)."""

    code, title = (
        "address_erased",
        "The owner of this address asked to be erased; only their own sign-up brings it back.",
    )


@dataclass(frozen=True, slots=True)
class PersonState:
    """What a consumer's row holds of the person: the packed fields, the address chosen and what is kept in clear."""

    person: Person
    address: Address | None
    address_problem: str | None
    status: str
    language: str
    minor_until: date | None
    birthday: int | None


def values_of(person: Person, *, language: str, status: str) -> dict[str, str]:
    """Return a person's editable fields by name; dates as ISO 8601."""
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "preferred_name": person.preferred_name,
        "email": person.address,
        "phone": person.phone,
        "birth_on": person.birth_on,
        "language": language,
        "status": status,
    }


def state_of(
    foreign_id: str,
    values: Mapping[str, str],
    *,
    rules: AddressRules,
    today: date,
    strict: bool,
    confirmed: str = "",
    missing_because: str | None = None,
) -> PersonState:
    """Return what the fields make of a person. With `strict` an address that mail cannot go to raises AddressUnusableError.

    `confirmed`: an address of which a person has said that it is right; a suspected typo or a role mailbox is then written to.
    `missing_because`: the reason known earlier why there is none.
    """
    choice = choose_address(values["email"], rules)
    if strict and values["email"] and choice.address is None and choice.held is None:
        raise AddressUnusableError
    if choice is MISSING:
        choice = AddressChoice(None, missing_because or MISSING.problem)
    if choice.held is not None and choice.held.address.lower() == confirmed.lower() and choice.problem in CONFIRMABLE:
        choice = AddressChoice(choice.held, None)
    born = date.fromisoformat(values["birth_on"]) if values["birth_on"] else None
    names = (values["first_name"], values["last_name"], values["preferred_name"])
    status = values["status"]
    if has_marker(*names) and STRICTNESS.index(status) < STRICTNESS.index("held"):
        status = "held"
    kept = choice.address or choice.held
    address = kept.address if kept else ""
    person = Person(foreign_id, *names, address, values["phone"], values["birth_on"])
    until, birthday = minor_until(born, today), birthday_of(born, today)
    return PersonState(person, choice.address, choice.problem, status, values["language"], until, birthday)
