"""API clients: secrets shown once, nothing handed on beyond what is held, revocation."""

from uuid import UUID, uuid4

import pytest

from services.portal.api.examples import CLIENT_INPUT
from services.portal.domain.client import check_grant, hash_secret, is_secret
from shared.kit.errors import NotAllowedError
from tests.portal.steps import Portal, ask_token


async def test_a_secret_is_shown_once_and_a_repeat_shows_the_client_without_it(portal: Portal) -> None:
    """S26: the idempotency table keeps no secret."""
    path = f"/v1/subscribers/{await portal.subscriber()}/clients"
    keyed = portal.operator | {"Idempotency-Key": "bridge"}
    first = await portal.call("POST", path, keyed, json=CLIENT_INPUT)
    again = await portal.call("POST", path, keyed, json=CLIENT_INPUT)
    secret = first.json()["client_secret"]
    assert len(secret) >= 50
    assert again.status_code == 201
    assert again.json() == first.json() | {"client_secret": ""}
    assert secret not in await portal.whole_database()
    listed = (await portal.call("GET", path)).json()["items"]
    assert [row["client_id"] for row in listed] == [first.json()["client_id"]]
    assert "client_secret" not in listed[0]
    assert (await ask_token(portal.opened, first.json()["client_id"], secret)).status_code == 200


async def test_a_revoked_client_gets_no_token_and_stays_on_record(portal: Portal) -> None:
    """S12: revoking twice changes nothing; a foreign client answers like an unknown one."""
    subscriber_id, other = await portal.subscriber(), await portal.subscriber()
    client = await portal.client(subscriber_id)
    path = f"/v1/subscribers/{subscriber_id}/clients/{client['client_id']}"
    first = await portal.call("DELETE", path)
    assert (first.status_code, first.json()["revoked_at"] is not None) == (200, True)
    assert (await portal.call("DELETE", path)).json() == first.json()
    assert (await ask_token(portal.opened, client["client_id"], client["client_secret"])).status_code == 401
    for wrong in (f"/v1/subscribers/{other}/clients/{client['client_id']}", f"{path[:-36]}{uuid4()}"):
        answer = await portal.call("DELETE", wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_client_is_bound_to_its_subscribers_own_locations_only(portal: Portal) -> None:
    """S8: foreign ids inside a body are refused like unknown ones."""
    own, other = await portal.subscriber(), await portal.subscriber()
    foreign = await portal.location(other)
    path = f"/v1/subscribers/{own}/clients"
    for location_id in (foreign, str(uuid4())):
        answer = await portal.call("POST", path, json=CLIENT_INPUT | {"location_ids": [location_id]})
        assert (answer.status_code, answer.json()["code"]) == (409, "location_unknown")
    assert (await portal.call("GET", path)).json()["items"] == []


async def test_no_client_is_given_the_scopes_of_the_operator(portal: Portal) -> None:
    """S10: scopes outside the list are malformed, and so is a client without any."""
    path = f"/v1/subscribers/{await portal.subscriber()}/clients"
    for scopes in (["operator"], ["clients"], ["ingest", "everything"], []):
        answer = await portal.call("POST", path, json=CLIENT_INPUT | {"scopes": scopes})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_nobody_hands_on_more_than_they_hold() -> None:
    """S11: scopes and locations of a new client are a part of its maker's."""
    here, there = UUID(int=1), UUID(int=2)
    check_grant(["ingest"], [], held={"ingest", "clients"}, covered=())
    check_grant(["ingest"], [here], held={"ingest", "clients"}, covered=[here, there])
    for scopes, places, covered in (
        (["ingest", "records"], [], ()),
        (["ingest"], [], [here]),
        (["ingest"], [here, there], [here]),
    ):
        with pytest.raises(NotAllowedError):
            check_grant(scopes, places, held={"ingest", "clients"}, covered=covered)


def test_a_secret_is_recognised_by_its_hash() -> None:
    """S28: any text may be presented, also one that is no valid UTF-8."""
    assert is_secret("dueback_x", hash_secret("dueback_x"))
    assert not is_secret("dueback_\udcff", hash_secret("dueback_x"))
