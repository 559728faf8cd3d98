"""Addresses that are not written to unasked, and what a front desk does about them (N-04, N-14 to N-18)."""

from typing import Any
from uuid import uuid4

import pytest

from services.ingest.domain.address_quality import CONSUMER_DOMAINS, address_problem, one_slip, suggested_address
from tests.fixtures.builders import build_location
from tests.ingest.desk import Desk
from tests.ingest.practice import Practice, appointment, at, consumer


@pytest.mark.parametrize(
    ("address", "problem", "suggestion"),
    [
        ("jo@gmial.com", "typo_suspected", "jo@gmail.com"),
        ("jo@gmail.con", "typo_suspected", "jo@gmail.com"),
        ("jo@hotmial.com", "typo_suspected", "jo@hotmail.com"),
        ("jo@yaho.com", "typo_suspected", "jo@yahoo.com"),
        ("jo@gmial.con", "typo_suspected", "jo@gmail.com"),
        ("jo@smith-family.con", "typo_suspected", "jo@smith-family.com"),
        ("info@smiles.example.com", "role_address", None),
        ("jo@mailinator.com", "disposable", None),
        ("4155550101@vtext.com", "text_gateway", None),
        ("jo@ymail.com", None, None),
        ("jo@love.com", None, None),
        ("jo@yahoo.ca", None, None),
    ],
)
def test_an_address_that_needs_a_look_says_why(address: str, problem: str | None, suggestion: str | None) -> None:
    """N-14, N-16, N-17: typos with a suggestion, roles, throw-away domains, gateways; true neighbours of big domains are left alone."""
    assert (address_problem(address, hold_roles=True), suggested_address(address)) == (problem, suggestion)


def test_no_true_consumer_domain_is_a_typo_of_another_and_a_fleet_has_role_mailboxes() -> None:
    """N-14, N-16."""
    assert [name for name in CONSUMER_DOMAINS if address_problem(f"jo@{name}", hold_roles=True)] == []
    assert address_problem("fleet@couriers.example.com", hold_roles=False) is None
    assert [one_slip("abc", other) for other in ("abc", "acb", "ab", "abcd", "abd", "bca", "a")] == [
        *(False, True, True, True, True, False, False)
    ]


async def test_a_suspected_typo_is_kept_and_not_written_to_until_it_is_confirmed(practice: Practice) -> None:
    """N-14: never corrected silently; the confirmation holds for this address through later syncs, and for no other."""
    await practice.upload(consumer("P1", email="Jo@gmial.com"))
    desk = Desk(practice)
    person = await desk.id_of("P1")
    shown = await desk.read(person)
    assert (shown["address"], shown["address_problem"], shown["suggestion"]) == (
        "Jo@gmial.com",
        "typo_suspected",
        "Jo@gmail.com",
    )
    assert (await practice.recipients(person)).recipients[0].address is None
    assert (await practice.facts("consumer"))[-1]["address_key"] is None
    confirmed = await desk.send("PATCH", person, confirm_email=True)
    assert (confirmed.json()["address_problem"], confirmed.json()["address"]) == (None, "Jo@gmial.com")
    assert (await practice.recipients(person)).recipients[0].address == "Jo@gmial.com"
    await practice.upload(consumer("P1", email="Jo@gmial.com", phone="1", source_updated_at=at(5)))
    assert (await practice.recipients(person)).recipients[0].address == "Jo@gmial.com"
    await practice.upload(consumer("P1", email="Jo@hotmial.com", source_updated_at=at(6)))
    assert (await practice.recipients(person)).recipients[0].address is None


async def test_a_throw_away_address_cannot_be_confirmed(practice: Practice) -> None:
    """N-17: refused for mail, shown, counted."""
    report = await practice.upload(consumer("P1", email="jo@mailinator.com"))
    assert report.flagged_addresses == {"disposable": 1}
    desk = Desk(practice)
    answer = await desk.send("PATCH", await desk.id_of("P1"), confirm_email=True)
    assert answer.json()["address_problem"] == "disposable"


async def test_an_edit_of_a_name_keeps_the_reason_why_there_is_no_address(practice: Practice) -> None:
    """N-15: a placeholder stays one."""
    await practice.upload(consumer("P1", email="none@none.com"))
    desk = Desk(practice)
    answer = await desk.send("PATCH", await desk.id_of("P1"), first_name="Jo")
    assert answer.json()["address_problem"] == "placeholder"


async def test_the_capture_rate_of_a_location_says_why_people_cannot_be_reached(practice: Practice) -> None:
    """N-04, N-17: active people only; a minor is reached through the guardian."""
    await practice.upload(
        consumer("P1"),
        consumer("P2", email=practice.location.sender.reply_to),
        consumer("P3", email="none@none.com"),
        consumer("P4", email="jo@gmial.com"),
        consumer("P5", email="", status="inactive"),
        consumer("P6", email="", birth_on="2020-01-01", guardian="P1"),
        consumer("P7", email="kid@example.com", birth_on="2020-01-01"),
        consumer("P8", email=""),
    )
    desk = Desk(practice)
    answer = await desk.http.get("/v1/capture", headers=desk.headers)
    (found,) = answer.json()["items"]
    problems = ("own_address", "placeholder", "typo_suspected", "minor_without_guardian", "address_missing")
    assert (found["people"], found["captured"], found["rate"]) == (7, 2, 0.2857)
    assert found["problems"] == dict.fromkeys(problems, 1)


async def test_the_front_desk_sees_todays_visitors_without_an_address(practice: Practice) -> None:
    """Of the location's own day; cancelled, reachable and parked ones are not asked."""
    today = practice.clock.now()
    times: dict[str, Any] = {"starts_at": today.isoformat()}
    tomorrow = {"starts_at": today.replace(day=today.day + 1, hour=23).isoformat()}
    await practice.upload(
        consumer("P1", email=""),
        consumer("P2"),
        consumer("P3", email="", birth_on="2020-01-01", guardian="P2"),
        appointment("A1", "P1", **times),
        appointment("A2", "P2", **times),
        appointment("A3", "P3", **times),
        appointment("A4", "P1", **tomorrow),
        appointment("A5", "P1", **times, status="cancelled"),
        appointment("A6", "P9", **times),
    )
    desk = Desk(practice)
    params = {"location_id": str(practice.location.location_id)}
    answer = await desk.http.get("/v1/visitors", params=params, headers=desk.headers)
    assert [row["consumer"]["foreign_id"] for row in answer.json()["items"]] == ["P1"]
    later = await desk.http.get("/v1/visitors", params=params | {"on": "2027-01-01"}, headers=desk.headers)
    assert later.json()["items"] == []
    for unknown in (uuid4(), build_location(practice.subscriber.subscriber_id).location_id):
        refused = await desk.http.get("/v1/visitors", params={"location_id": str(unknown)}, headers=desk.headers)
        assert refused.json()["code"] == "location_unknown"
