"""Operators beside the first one: secrets shown once, made and revoked by operators only, each with a name of their own in what they do."""

from uuid import uuid4

import pytest

from services.portal.api.examples import OPERATOR_INPUT
from tests.fixtures.services import OPERATOR_ID
from tests.portal.steps import Portal, ask_token


async def test_a_second_operator_acts_in_their_own_name(portal: Portal) -> None:
    """S-110: two approvals are two people's, so each person has a credential; a repeat of the creation shows no secret (S26)."""
    keyed = portal.operator | {"Idempotency-Key": "second"}
    first = await portal.call("POST", "/v1/operators", keyed, json=OPERATOR_INPUT)
    again = await portal.call("POST", "/v1/operators", keyed, json=OPERATOR_INPUT)
    made = first.json()
    assert (first.status_code, again.json()) == (201, made | {"client_secret": ""})
    assert made["created_by"] == f"client:{OPERATOR_ID}"
    assert made["client_secret"] not in await portal.whole_database()
    second = await portal.headers_of(made)
    third = await portal.call("POST", "/v1/operators", second, json={"name": "Third"})
    assert third.json()["created_by"] == f"client:{made['client_id']}"
    listed = (await portal.call("GET", "/v1/operators", second)).json()["items"]
    assert [row["name"] for row in listed] == ["Second approver", "Third"]
    assert all("client_secret" not in row for row in listed)


async def test_a_revoked_operator_gets_no_token_and_live_ones_are_refused(portal: Portal) -> None:
    """S12: revoking twice changes nothing; the first operator, who stands in the settings, is not to be found here."""
    made = await portal.make("/v1/operators", OPERATOR_INPUT)
    theirs = await portal.headers_of(made)
    gone = await portal.call("DELETE", f"/v1/operators/{made['client_id']}")
    assert (gone.status_code, gone.json()["revoked_at"] is not None) == (200, True)
    assert (await portal.call("DELETE", f"/v1/operators/{made['client_id']}")).json() == gone.json()
    assert (await ask_token(portal.opened, made["client_id"], made["client_secret"])).status_code == 401
    portal.opened.deps.verifier._read_at = float("-inf")  # ten seconds later
    assert (await portal.call("GET", "/v1/operators", theirs)).status_code == 401
    for unknown in (OPERATOR_ID, uuid4()):
        answer = await portal.call("DELETE", f"/v1/operators/{unknown}")
        assert (answer.status_code, answer.json()["code"]) == (404, "operator_unknown")


@pytest.mark.parametrize("name", ["", "two\nlines", "x" * 500])
async def test_an_operator_without_a_usable_name_is_refused(portal: Portal, name: str) -> None:
    """Bad input: a clear answer, nothing made."""
    answer = await portal.call("POST", "/v1/operators", json={"name": name})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await portal.call("GET", "/v1/operators")).json()["items"] == []


async def test_no_client_of_a_subscriber_makes_operators(portal: Portal) -> None:
    """S10: deny by default."""
    client = await portal.headers_of(await portal.client(await portal.subscriber()))
    for method, path in (("POST", "/v1/operators"), ("GET", "/v1/operators"), ("DELETE", f"/v1/operators/{uuid4()}")):
        answer = await portal.call(method, path, client, json=OPERATOR_INPUT)
        assert answer.status_code == 403
