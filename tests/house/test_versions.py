"""What people edit together carries a version: an edit on anything but the present one changes nothing."""

from dataclasses import replace

import pytest

from tests.fixtures.services import Neighbours
from tests.house.attacks import Attacker
from tests.house.doors import doors_of
from tests.house.worlds import build_world

WITHOUT = {
    "PUT /v1/directory/{kind}/{entry_id}": "carries its version in the body; the newest wins",
    "PUT /v1/hold": "a command of portal's: HOLD and its release are never refused for a version",
    "PUT /v1/contents/{content_id}": "frozen: other bytes under a used id are refused",
    "PUT /v1/stops/{scope}/{stop_id}": "a command of services from their outbox: stopping is never refused for a version",
    "DELETE /v1/operators/{operator_id}": "likewise",
    "DELETE /v1/subscribers/{subscriber_id}/clients/{client_id}": "revoking goes one way and is never refused for a version",
}
"""Doors that change a thing in place and need no If-Match, with the reason."""


@pytest.mark.parametrize("service", ["scheduler", "mailer", "optout", "portal"])
async def test_an_edit_needs_the_present_version(
    service: str, neighbours: Neighbours, subtests: pytest.Subtests
) -> None:
    """S-120, RFC 9110 13.1.1: 428 without If-Match, 412 with a stale one; every door that edits takes it or is named with its reason."""
    opened = await neighbours.open(service)
    world = await build_world(neighbours, opened)
    doors = [door for door in doors_of(opened.app) if door.method in ("PUT", "PATCH", "DELETE")]
    assert [door.name for door in doors if not door.takes_header("If-Match") and door.name not in WITHOUT] == []
    for door in sorted(doors, key=lambda door: door.method == "DELETE"):
        if not door.takes_header("If-Match"):
            continue
        with subtests.test(f"{service} {door.name}"):
            good = Attacker(service, door, world, neighbours).good()
            for version, expected in ((None, (428, "version_needed")), ('"7"', (412, "version_mismatch"))):
                headers = {name: value for name, value in good.headers.items() if name != "If-Match"}
                edit = replace(good, headers=headers | ({"If-Match": version} if version else {}))
                assert isinstance(edit.content, bytes | None)
                answer = await opened.http.request(edit.method, edit.url, headers=edit.headers, content=edit.content)
                assert (answer.status_code, answer.json()["code"]) == expected
