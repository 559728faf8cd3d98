"""The token endpoint: what it grants, how it refuses, and keys that rotate."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.portal.actions.rotate_signing_key import rotate_signing_key
from services.portal.domain.throttle import PER_CLIENT, Bucket, seconds_to_wait, with_failure
from shared.kit.auth import AUDIENCE, Caller
from shared.kit.clock import ManualClock
from shared.kit.errors import NotAuthenticatedError
from tests.fixtures.services import OPERATOR_ID, OPERATOR_SECRET
from tests.portal.steps import Portal, ask_token

FORM = {"content-type": "application/x-www-form-urlencoded"}
GOOD = f"grant_type=client_credentials&client_id={OPERATOR_ID}&client_secret={OPERATOR_SECRET}"


async def _caller(portal: Portal, token: str) -> Caller:
    caller: Caller = await portal.opened.deps.verifier.caller_of(token)
    return caller


async def test_a_client_gets_a_token_that_every_service_verifies_offline(portal: Portal) -> None:
    """Architecture 2: subscriber, locations and scopes travel in an EdDSA token of 15 minutes."""
    subscriber_id = await portal.subscriber()
    location_id = await portal.location(subscriber_id)
    client = await portal.client(subscriber_id, location_ids=[location_id])
    answer = (await ask_token(portal.opened, client["client_id"], client["client_secret"])).json()
    caller = await _caller(portal, answer["access_token"])
    assert (caller.kind, caller.name, caller.subscriber_id) == ("client", client["client_id"], UUID(subscriber_id))
    assert caller.location_ids == {UUID(location_id)}
    assert caller.scopes == {"ingest", "records"}
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 900, "ingest records")


async def test_a_token_ends_after_fifteen_minutes_of_business_time(portal: Portal, clock: ManualClock) -> None:
    """Architecture 2: short-lived, by the business clock."""
    token = portal.operator["Authorization"].removeprefix("Bearer ")
    clock.move(timedelta(minutes=15))
    await _caller(portal, token)
    clock.move(timedelta(seconds=31))
    with pytest.raises(NotAuthenticatedError):
        await _caller(portal, token)


async def test_credentials_may_come_by_http_basic_and_a_scope_may_be_narrowed(portal: Portal) -> None:
    """RFC 6749 2.3.1 and 3.3."""
    basic = base64.b64encode(f"{OPERATOR_ID}:{OPERATOR_SECRET}".encode()).decode()
    answer = await portal.opened.http.post(
        "/v1/token",
        data={"grant_type": "client_credentials", "scope": "locations"},
        headers={"Authorization": f"Basic {basic}"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "locations"


async def test_a_scope_that_the_client_does_not_hold_is_refused(portal: Portal) -> None:
    """RFC 6749 5.2."""
    answer = await ask_token(portal.opened, OPERATOR_ID, OPERATOR_SECRET, scope="operator records")
    assert (answer.status_code, answer.json()["code"], answer.json()["error"]) == (
        400,
        "scope_refused",
        "invalid_scope",
    )


async def test_unknown_wrong_and_revoked_get_the_same_answer(portal: Portal) -> None:
    """S16: no way to tell an id that exists from one that does not."""
    subscriber_id = await portal.subscriber()
    known, gone = await portal.client(subscriber_id), await portal.client(subscriber_id)
    await portal.call("DELETE", f"/v1/subscribers/{subscriber_id}/clients/{gone['client_id']}")
    answers = [
        await ask_token(portal.opened, uuid4(), "x" * 51),
        await ask_token(portal.opened, "no uuid at all", "x" * 51),
        await ask_token(portal.opened, known["client_id"], "x" * 51),
        await ask_token(portal.opened, known["client_id"], "ü\x00"),
        await ask_token(portal.opened, gone["client_id"], gone["client_secret"]),
        await ask_token(portal.opened, OPERATOR_ID, known["client_secret"]),
    ]
    seen = {(a.status_code, a.headers["www-authenticate"], _without_request_id(a.json())) for a in answers}
    assert seen == {(401, 'Basic realm="dueback"', _without_request_id(answers[0].json()))}
    assert answers[0].json()["error"] == "invalid_client"


def _without_request_id(body: dict[str, Any]) -> str:
    return repr({name: value for name, value in body.items() if name != "request_id"})


MALFORMED: list[tuple[str, dict[str, str], str, str]] = [
    ("?client_secret=x", FORM, GOOD, "token_request_invalid"),
    ("", {"content-type": "application/json"}, "{}", "token_request_invalid"),
    ("", FORM, "", "token_request_invalid"),
    ("", FORM, GOOD + "&grant_type=client_credentials", "token_request_invalid"),
    ("", FORM, GOOD + "&x=%ff", "token_request_invalid"),
    ("", FORM, GOOD.replace("client_secret=", "other="), "token_request_invalid"),
    ("", FORM, GOOD.replace(f"client_id={OPERATOR_ID}", "client_id="), "token_request_invalid"),
    ("", FORM | {"authorization": "Basic QTpC"}, GOOD, "token_request_invalid"),
    ("", FORM | {"authorization": "Basic ***"}, "grant_type=client_credentials", "token_request_invalid"),
    ("", FORM | {"authorization": "Basic QQ=="}, "grant_type=client_credentials", "token_request_invalid"),
    ("", FORM | {"authorization": "Bearer x"}, "grant_type=client_credentials", "token_request_invalid"),
    ("", FORM, GOOD.replace("client_credentials", "password"), "grant_unsupported"),
    ("", FORM, GOOD + "&" + "x" * 9000 + "=1", "too_large"),
]


async def test_a_malformed_token_request_is_refused_by_name(portal: Portal) -> None:
    """RFC 6749 5.2 and S26: never a secret in the query, never credentials twice."""
    for query, headers, body, code in MALFORMED:
        answer = await portal.opened.http.post(f"/v1/token{query}", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413 if code == "too_large" else 400, code), body
        assert answer.headers["content-type"] == "application/problem+json"


async def test_many_wrong_secrets_mean_a_pause_but_never_lock_out_who_was_here_before(portal: Portal) -> None:
    """S15: throttled per client and source; the owner of the secret is heard all the time from where it is at home."""
    subscriber_id = await portal.subscriber()
    home, stranger = await portal.client(subscriber_id), await portal.client(subscriber_id)
    assert (await ask_token(portal.opened, home["client_id"], home["client_secret"])).status_code == 200
    for attempted in (home, stranger):
        answers = [await ask_token(portal.opened, attempted["client_id"], "wrong") for _ in range(12)]
        assert {a.status_code for a in answers[:10]} == {401}
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 6
    assert (await ask_token(portal.opened, stranger["client_id"], stranger["client_secret"])).status_code == 429
    assert (await ask_token(portal.opened, home["client_id"], home["client_secret"])).status_code == 200


def test_a_pause_after_failures_ends_by_itself() -> None:
    """S15: a bucket leaks; however many failures, the next attempt is at most one leak away."""
    bucket = Bucket()
    for second in range(1000):
        bucket = with_failure(bucket, second / 1000, PER_CLIENT)
    assert 0 < seconds_to_wait(bucket, 1.0, PER_CLIENT) <= PER_CLIENT[1]
    assert seconds_to_wait(bucket, 1.0 + PER_CLIENT[1], PER_CLIENT) == 0
    assert seconds_to_wait(Bucket(), 0.0, PER_CLIENT) == 0


async def test_the_published_keys_verify_a_token(portal: Portal) -> None:
    """RFC 7517: anybody can check a token with the published key of its kid."""
    token = portal.operator["Authorization"].removeprefix("Bearer ")
    keys = (await portal.opened.http.get("/v1/keys")).json()["keys"]
    key = {row["kid"]: row for row in keys}[jwt.get_unverified_header(token)["kid"]]
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    claims = jwt.decode(
        token, public, algorithms=["EdDSA"], audience=AUDIENCE, options={"verify_exp": False, "verify_iat": False}
    )
    assert claims["sub"] == str(OPERATOR_ID)
    assert "subscriber" not in claims


async def test_a_rotated_key_signs_after_its_head_start_and_the_old_one_still_verifies(
    portal: Portal, clock: ManualClock
) -> None:
    """S82: rotation with overlap, no token refused on the way."""

    async def kid_and_caller() -> tuple[str, Caller]:
        token = (await ask_token(portal.opened, OPERATOR_ID, OPERATOR_SECRET)).json()["access_token"]
        return jwt.get_unverified_header(token)["kid"], await _caller(portal, token)

    async def shown() -> set[str]:
        return {row["kid"] for row in (await portal.opened.http.get("/v1/keys")).json()["keys"]}

    deps = portal.opened.deps
    async with deps.worker_db.transaction() as connection:
        successor = await rotate_signing_key(connection, cipher=deps.key_cipher, now=clock.now())
    old, _ = await kid_and_caller()
    assert old != successor.key_id
    assert await shown() == {old, successor.key_id}
    clock.move(timedelta(seconds=61))
    assert (await kid_and_caller())[0] == successor.key_id
    await _caller(portal, portal.operator["Authorization"].removeprefix("Bearer "))
    clock.move(timedelta(minutes=17))
    assert await shown() == {successor.key_id}


async def test_no_secret_and_no_private_key_is_kept_or_logged(
    portal: Portal, capfd: pytest.CaptureFixture[str]
) -> None:
    """S26, S77: a secret is shown once and exists here only as its hash."""
    client = await portal.client(await portal.subscriber())
    await ask_token(portal.opened, client["client_id"], client["client_secret"])
    refused = await ask_token(portal.opened, client["client_id"], client["client_secret"] + "x")
    stored = await portal.whole_database()
    out, err = capfd.readouterr()
    for place in (stored, out, err, refused.text):
        assert client["client_secret"] not in place
        assert client["client_secret"].encode().hex() not in place
        assert OPERATOR_SECRET not in place
