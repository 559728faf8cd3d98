"""Locations: onboarding as a state machine, edits by version, and who may see them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from services.portal.api.examples import LOCATION_INPUT
from services.portal.domain.location import Location
from services.portal.domain.onboarding import StateMoveRefusedError, check_move, missing_for_live
from tests.portal.steps import Portal

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def build(**values: Any) -> Location:
    """Return a location of a subscriber that is complete."""
    given: dict[str, Any] = {**LOCATION_INPUT, "subscriber_id": uuid4(), "location_id": uuid4(), "state": "onboarding"}
    times: dict[str, Any] = {"live_at": None, "version": 1, "created_at": NOW, "changed_at": NOW}
    return Location(**(given | times | values))


@pytest.mark.parametrize(
    ("values", "agreement", "missing"),
    [
        ({}, "2026-01", []),
        ({}, None, ["agreement"]),
        ({"hours": []}, "2026-01", ["hours"]),
        ({"postal_address": {"line1": " ", "city": "X"}}, "2026-01", ["postal_address"]),
        ({"zone": ""}, "2026-01", ["zone"]),
        ({"sender": {}}, "2026-01", ["sender"]),
        ({"hours": [], "zone": "", "postal_address": {}}, None, ["agreement", "postal_address", "hours", "zone"]),
    ],
)
def test_what_a_location_lacks_is_listed(values: dict[str, Any], agreement: str | None, missing: list[str]) -> None:
    """S-074: agreement, postal address, hours, zone and sender before live."""
    assert missing_for_live(build(**values), agreement_version=agreement) == missing


def test_the_state_machine_knows_its_moves() -> None:
    """S-074: nothing leaves closed, nothing returns to onboarding, staying is always allowed."""
    allowed = {("onboarding", "live"), ("onboarding", "closed"), ("live", "suspended"), ("live", "closed")}
    allowed |= {("suspended", "live"), ("suspended", "closed")}
    states = ("onboarding", "live", "suspended", "closed")
    for old in states:
        for new in states:
            try:
                check_move(build(state=old), new, agreement_version="1")
                moved = True
            except StateMoveRefusedError:
                moved = False
            assert moved == (old == new or (old, new) in allowed), (old, new)


async def test_a_location_goes_live_only_when_nothing_is_missing(portal: Portal) -> None:
    """S-074: 409 location_incomplete with the list; then live with its instant."""
    subscriber_id = await portal.subscriber()
    path = f"/v1/locations/{await portal.location(subscriber_id, hours=[])}"
    refused = await portal.call("POST", f"{path}/state", json={"state": "live"})
    assert (refused.status_code, refused.json()["code"]) == (409, "location_incomplete")
    assert refused.json()["missing"] == ["agreement", "hours"]
    await portal.agreement(subscriber_id)
    change = {"hours": LOCATION_INPUT["hours"]}
    tag = (await portal.call("GET", path)).headers["etag"]
    assert (await portal.call("PATCH", path, portal.operator | {"If-Match": tag}, json=change)).status_code == 200
    live = await portal.call("POST", f"{path}/state", json={"state": "live"})
    assert (live.status_code, live.json()["state"]) == (200, "live")
    assert live.json()["live_at"] is not None
    again = await portal.call("POST", f"{path}/state", json={"state": "live"})
    assert again.json() == live.json()
    back = await portal.call("POST", f"{path}/state", json={"state": "onboarding"})
    assert (back.status_code, back.json()["code"]) == (409, "state_move_refused")


async def test_a_live_location_cannot_be_edited_into_an_incomplete_one(portal: Portal) -> None:
    """S-074: what live needs, it keeps needing."""
    subscriber_id = await portal.subscriber()
    await portal.agreement(subscriber_id)
    path = f"/v1/locations/{await portal.location(subscriber_id)}"
    live = await portal.call("POST", f"{path}/state", json={"state": "live"})
    headers = portal.operator | {"If-Match": live.headers["etag"]}
    refused = await portal.call("PATCH", path, headers, json={"hours": []})
    assert (refused.status_code, refused.json()["missing"]) == (409, ["hours"])
    assert (await portal.call("GET", path)).json() == live.json()


async def test_an_edit_of_a_location_needs_the_version_that_was_read(portal: Portal) -> None:
    """S-120: If-Match; what is absent stays, a stale version changes nothing."""
    path = f"/v1/locations/{await portal.location(await portal.subscriber())}"
    read = await portal.call("GET", path)
    headers = portal.operator | {"If-Match": read.headers["etag"]}
    change = {"closures": ["2026-07-03"], "website": "", "vertical": "auto", "state": "live"}
    edited = await portal.call("PATCH", path, headers, json=change)
    assert edited.json() == read.json() | {"closures": ["2026-07-03"], "website": "", "version": 2}
    assert (await portal.call("PATCH", path, json=change)).json()["code"] == "version_needed"
    for stale in (read.headers["etag"], "x", "*", '"-1"', '"99999999999999999999999"'):
        answer = await portal.call("PATCH", path, portal.operator | {"If-Match": stale}, json=change)
        assert (answer.status_code, answer.json()["code"]) == (412, "version_mismatch"), stale


async def test_malformed_hours_zones_and_addresses_are_refused(portal: Portal) -> None:
    """N-49, N-50: zones by name, hours that open before they close and are local; addresses that we would write from."""
    path = f"/v1/subscribers/{await portal.subscriber()}/locations"
    row = {"weekday": "mon", "opens": "08:00", "closes": "12:00"}
    for wrong in (
        {"zone": "EST"},
        {"zone": "Mars/Olympus"},
        {"hours": [row | {"opens": "13:00"}]},
        {"hours": [row | {"opens": "08:00+01:00"}]},
        {"hours": [row] * 22},
        {"closures": ["25 December"]},
        {"sender": {"header_from": "a@b@example.com", "reply_to": "x@example.com"}},
        {"test_recipients": ["ada@example.com", "a@b@example.com"]},
        {"test_recipients": [f"p{number}@example.com" for number in range(11)]},
        {"capacity": {"chairs_or_bays": -1}},
        {"capacity": {"chairs_or_bays": 3, "visit_minutes": 0}},
        {"sender": {"header_from": "x@example.com\r\nBcc: y@example.com", "reply_to": "x@example.com"}},
    ):
        answer = await portal.call("POST", path, json=LOCATION_INPUT | wrong)
        assert answer.status_code == 422, (wrong, answer.text)
        assert answer.json()["errors"]


async def test_who_gets_tests_is_named_by_the_business_and_kept_as_it_is_delivered_to(portal: Portal) -> None:
    """Tests of campaigns go to its own people: set here alone, in the form that RCPT carries; without a value nobody beside its reply to."""
    subscriber_id = await portal.subscriber()
    none = await portal.location(subscriber_id, test_recipients=[])
    path = f"/v1/locations/{await portal.location(subscriber_id, test_recipients=[' Ada@EXAMPLE.com'])}"
    read = await portal.call("GET", path)
    assert read.json()["test_recipients"] == ["Ada@example.com"]
    assert (await portal.call("GET", f"/v1/locations/{none}")).json()["test_recipients"] == []
    edit = {"test_recipients": ["Bob@Example.com", "cy@example.com"]}
    edited = await portal.call("PATCH", path, portal.operator | {"If-Match": read.headers["etag"]}, json=edit)
    assert edited.json()["test_recipients"] == ["Bob@example.com", "cy@example.com"]


async def test_foreign_and_unknown_locations_answer_alike(portal: Portal) -> None:
    """S2: also for a client that is bound to another location of the same subscriber."""
    own = await portal.subscriber()
    foreign = await portal.location(await portal.subscriber())
    mine, other = await portal.location(own), await portal.location(own)
    client = await portal.client(own, scopes=["locations"], location_ids=[mine])
    bound = await portal.headers_of(client)
    for location_id in (foreign, other, str(uuid4())):
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"name": "x"}),
            ("POST", "/state", {"state": "closed"}),
        ):
            answer = await portal.call(
                method, f"/v1/locations/{location_id}{path}", bound | {"If-Match": '"1"'}, json=body
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    listed = (await portal.call("GET", f"/v1/subscribers/{own}/locations", bound)).json()["items"]
    assert [row["location_id"] for row in listed] == [mine]
    added = await portal.call("POST", f"/v1/subscribers/{own}/locations", bound, json=LOCATION_INPUT)
    assert (added.status_code, added.json()["code"]) == (403, "not_allowed")
    assert (await portal.call("GET", f"/v1/locations/{mine}", bound)).status_code == 200
