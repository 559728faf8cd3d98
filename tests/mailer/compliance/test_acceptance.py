"""What fields may bring into a mail: links of the location only, and no procedure into what a mailbox list shows."""

from typing import Any
from uuid import uuid4

import pytest

from services.mailer.domain.link_hosts import hosts_of, judge_links
from services.mailer.domain.procedure_names import find_procedure, names_procedure
from tests.fixtures.builders import build_location
from tests.mailer.delivery.world import World

LOCATION = build_location(uuid4(), website="https://www.bright.example.com/start", link_hosts=["book.example.net"])


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://bright.example.com/x", None),
        ("https://WWW.bright.example.com", None),
        ("https://book.example.net/?c=1", None),
        ("https://evil.bright.example.com/", "link_not_allowed"),
        ("https://bright.example.com@evil.example/", "link_not_allowed"),
        ("https://bright.example.com.evil.example/", "link_not_allowed"),
        ("http://partner.example.org", "link_not_allowed"),
        ("https://bit.ly/x", "link_shortened"),
        ("www.partner.example.org/x", "link_not_allowed"),
        ("WWW.bright.example.com", None),
        ("bit.ly/3xYz", "link_shortened"),
        ("bright@bit.ly", None),
        ("https://[broken", "link_not_allowed"),
    ],
)
def test_fields_lead_to_the_locations_own_hosts_only(link: str, code: str | None) -> None:
    """S-054: whichever field a web address stands in, readers' programs make a link of it."""
    hosts = hosts_of(LOCATION)
    shapes: list[dict[str, Any]] = [
        {"links": {"book": link}},
        {"person": {"first_name": f"see {link} now"}},
        {"people": [{"note": link}]},
    ]
    assert [judge_links(fields, hosts) for fields in shapes] == [code] * 3


def test_a_shortener_is_refused_even_where_a_location_allows_it() -> None:
    """S-054: nobody can see where it leads."""
    assert judge_links({"links": {"book": "https://bit.ly/x"}}, {"bit.ly"}) == "link_shortened"


@pytest.mark.parametrize(
    ("text", "found"),
    [("Your ROOT  canal", True), ("root canals", False), ("Rénovation", True), ("RENOVATION now", True), ("x D1110.", True), ("ad1110", False)],
)  # fmt: skip
def test_a_procedure_is_found_by_word_whatever_its_case_and_accents(text: str, found: bool) -> None:
    """L-106: the location's own descriptions."""
    assert bool(find_procedure(text, ["Root canal", "renovation", "D1110"])) is found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"person": {"first_name": "Crown"}}, False),
        ({"person": {"first_name": "Ann (root canal)"}}, True),
        ({"person": {"first_name": "Ann"}, "offer": {"text": "A crown for you"}}, True),
        ({"person": {"first_name": "Ann"}, "people": [{"time": "9"}, {"time": "crown, 9"}]}, True),
        ({"person": {"first_name": "Ann"}, "hidden": "crown"}, False),
        ({}, False),
    ],
)
def test_a_person_called_like_a_procedure_still_gets_mail(fields: dict[str, Any], found: bool) -> None:
    """L-106: one word in a person's name is a name; more of them, or in any other shown field, is a procedure."""
    shown = ("person.first_name", "offer.text", "people[].time")
    assert names_procedure(fields, shown, ["Crown", "Root canal"]) is found


async def test_messages_are_refused_one_by_one_with_a_stable_code(alone: World) -> None:
    """S-054, L-106: the scheduler is told why, the others are taken."""
    facts = alone.location.model_copy(update={"procedure_names": ["Deep Cleaning"], "link_hosts": ["book.example.net"]})
    await alone.neighbours.push("mailer", "location", str(facts.location_id), facts, version=2)
    given = [
        {"person": {"greeting": "Ann"}},
        {"person": {"greeting": "Ann"}, "links": {"book": "https://book.example.net/a"}},
        {"person": {"greeting": "Ann"}, "links": {"book": "https://partner.example.org/a"}},
        {"person": {"greeting": "Ann"}, "links": {"book": "https://tinyurl.com/a"}},
        {"person": {"greeting": "Ann: deep cleaning"}},
    ]
    messages = [alone.message(f"ann{n}@example.com", uuid4(), fields=fields) for n, fields in enumerate(given)]
    receipts = await alone.submit(*messages)
    assert [(each["result"], each["code"]) for each in receipts] == [
        ("accepted", None),
        ("accepted", None),
        ("refused", "link_not_allowed"),
        ("refused", "link_shortened"),
        ("refused", "health_in_subject"),
    ]
