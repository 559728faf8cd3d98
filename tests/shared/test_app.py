"""A service's application: callers, refusals, limits, idempotency, pushed facts; all against a small real application."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, FastAPI, Response
from sqlalchemy import text

from shared.kit.app import UndeclaredRouteError, create_app
from shared.kit.auth import AUDIENCE, ISSUER, Caller, Signer, Verifier, anyone, needs, only_service
from shared.kit.clock import ManualClock
from shared.kit.db import Database
from shared.kit.errors import ConflictError
from shared.kit.feed import NewChange, append_changes
from shared.kit.http import ASGITransport, AsyncClient
from shared.kit.ids import new_id
from shared.kit.requests import IfMatch, OnceOnly, Transaction, set_version
from shared.schemas.access import RevokedClient, VerificationKey
from shared.schemas.wire import Wire
from tests.fixtures.clocks import MONDAY_MORNING

PORTAL = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
SERVICE_SEED = b"s" * 32
CANARY = "canary-7731"


class Thing(Wire):
    """A thing with a number."""

    number: int
    made: str = ""


@dataclass(frozen=True)
class Deps:
    """What the small application depends on."""

    api_db: Database
    verifier: Verifier
    clock: ManualClock


def _router() -> APIRouter:
    router = APIRouter()

    @router.post("/v1/things", status_code=201)
    async def make(
        body: Thing,
        connection: Transaction,
        once: OnceOnly,
        response: Response,
        caller: Annotated[Caller, needs("things")],
    ) -> Thing:
        """Make a thing."""

        async def create() -> Thing:
            if body.number == 13:
                raise ConflictError("thirteen")
            await append_changes(connection, [NewChange(None, f"made_{body.number}", uuid4())])
            return Thing(number=body.number, made=str(new_id()))

        return await once.answer(connection, caller.name, create, response=response)  # type: ignore[no-any-return]

    @router.put("/v1/things/{thing_id}")
    async def edit(
        thing_id: UUID,
        body: Thing,
        version: IfMatch,
        response: Response,
        caller: Annotated[Caller, needs("things", services=("mailer",))],
    ) -> Thing:
        """Edit a thing."""
        set_version(response, version + 1)
        return body

    @router.get("/v1/inner")
    async def inner(caller: Annotated[Caller, only_service("mailer")]) -> Thing:
        """For one service."""
        return Thing(number=1)

    @router.get("/v1/broken")
    async def broken(caller: Annotated[Caller, anyone()]) -> Thing:
        """Fail with a value in the text."""
        raise RuntimeError(f"choked on {CANARY}")

    @router.get("/v1/slow")
    async def slow(caller: Annotated[Caller, anyone()]) -> Thing:
        """Take a while."""
        await asyncio.sleep(0.3)
        return Thing(number=2)

    return router


@pytest.fixture
async def deps(api: Database) -> Deps:
    """Return Deps whose verifier knows one service key."""
    keys = {"mailer": Ed25519PrivateKey.from_private_bytes(SERVICE_SEED).public_key().public_bytes_raw()}
    keys["portal"] = keys["mailer"]
    clock = ManualClock(MONDAY_MORNING)
    return Deps(api, Verifier("things", api, clock, keys), clock)


@pytest.fixture
async def http(deps: Deps) -> AsyncIterator[AsyncClient]:
    """Return a client of the small application, with portal's key pushed."""
    app = create_app(
        service="things",
        deps=deps,
        routers=[_router()],
        facts={"verification_key": VerificationKey, "revoked_client": RevokedClient},
        most_requests=5,
    )
    async with AsyncClient(
        transport=ASGITransport(app=app, raise_app_exceptions=False), base_url="http://things"
    ) as client:
        public = base64.b64encode(PORTAL.public_key().public_bytes_raw()).decode()
        await _push(client, "verification_key", "k1", {"key_id": "k1", "public_key": public})
        yield client


def _service(name: str = "portal", audience: str = "things", seed: bytes = SERVICE_SEED) -> dict[str, str]:
    return {"Authorization": f"Bearer {Signer(name, seed).assertion_for(audience)}"}


async def _push(client: AsyncClient, kind: str, entry: str, body: dict[str, Any], version: int = 1) -> dict[str, Any]:
    answer = await client.put(
        f"/v1/directory/{kind}/{entry}", json={"version": version, "body": body}, headers=_service()
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _client(
    scope: str = "things",
    *,
    sub: UUID | None = None,
    minutes: int = 15,
    start: int = 0,
    key: Any = PORTAL,
    **claims: Any,
) -> dict[str, str]:
    now = MONDAY_MORNING + timedelta(minutes=start)
    body = {"iss": ISSUER, "aud": AUDIENCE, "sub": str(sub or uuid4()), "scope": scope, "subscriber": str(uuid4())}
    body |= {"iat": int(now.timestamp()), "exp": int((now + timedelta(minutes=minutes)).timestamp())} | claims
    return {"Authorization": f"Bearer {jwt.encode(body, key, algorithm='EdDSA', headers={'kid': 'k1'})}"}


def _is_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body = answer.json()
    assert (body["status"], body["code"], body["request_id"]) == (status, code, answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "not_authenticated"),
        ({"Authorization": "Basic eDp5"}, 401, "not_authenticated"),
        ({"Authorization": "Bearer x.y.z"}, 401, "not_authenticated"),
        (_client(key=Ed25519PrivateKey.from_private_bytes(b"x" * 32)), 401, "not_authenticated"),
        (_client(aud="elsewhere"), 401, "not_authenticated"),
        (_client(iss="elsewhere"), 401, "not_authenticated"),
        (_client(start=-60), 401, "not_authenticated"),
        (_client(start=60), 401, "not_authenticated"),
        (_client(scope="other"), 403, "not_allowed"),
        (_service("mailer"), 403, "not_allowed"),
    ],
)
async def test_only_the_declared_caller_passes(
    http: AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    """S1: deny by default; forged, foreign, expired, early and uncovered credentials."""
    _is_problem(await http.post("/v1/things", json={"number": 1}, headers=headers), status, code)


async def test_a_good_client_and_a_named_service_pass(http: AsyncClient) -> None:
    """S1."""
    assert (await http.post("/v1/things", json={"number": 1}, headers=_client())).status_code == 201
    assert (await http.get("/v1/inner", headers=_service("mailer"))).status_code == 200
    _is_problem(await http.get("/v1/inner", headers=_service("mailer", audience="other")), 401, "not_authenticated")
    _is_problem(await http.get("/v1/inner", headers=_service("mailer", seed=b"z" * 32)), 401, "not_authenticated")
    _is_problem(await http.get("/v1/inner", headers=_client()), 403, "not_allowed")


async def test_a_revoked_client_is_refused_once_the_service_has_read_it(http: AsyncClient, deps: Deps) -> None:
    """S12, architecture 2: within 10 s; here the service's re-read is brought forward."""
    client = uuid4()
    assert (await http.post("/v1/things", json={"number": 1}, headers=_client(sub=client))).status_code == 201
    await _push(
        http, "revoked_client", str(client), {"client_id": str(client), "revoked_at": MONDAY_MORNING.isoformat()}
    )
    deps.verifier._read_at = float("-inf")
    _is_problem(
        await http.post("/v1/things", json={"number": 1}, headers=_client(sub=client)), 401, "not_authenticated"
    )
    assert (await http.post("/v1/things", json={"number": 1}, headers=_client())).status_code == 201


async def test_an_undeclared_route_does_not_start(deps: Deps) -> None:
    """S1: an undeclared route fails the build."""
    router = APIRouter()
    router.add_api_route("/v1/open", lambda: None)
    with pytest.raises(UndeclaredRouteError, match="/v1/open"):
        create_app(service="things", deps=deps, routers=[router])


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"number": "' + CANARY.encode() + b'"}', 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"number": ' + CANARY.encode(), 400, "body_unreadable"),
        (b"\xff\xfe\x00", 400, "body_unreadable"),
        (b'{"number": 1, "x": "' + b"y" * 9_000_000 + b'"}', 413, "too_large"),
    ],
)
async def test_a_bad_body_is_refused_in_one_shape_and_never_repeated(
    http: AsyncClient, content: bytes, status: int, code: str
) -> None:
    """S79, S60: problem details, no echo."""
    answer = await http.post("/v1/things", content=content, headers={"content-type": "application/json"} | _client())
    _is_problem(answer, status, code)
    assert CANARY not in answer.text


async def test_an_unexpected_failure_tells_nothing(http: AsyncClient) -> None:
    """S79: no stack, no text."""
    answer = await http.get("/v1/broken")
    _is_problem(answer, 500, "internal_error")
    assert CANARY not in answer.text


async def test_unknown_paths_and_methods_have_the_same_shape(http: AsyncClient) -> None:
    """S71."""
    _is_problem(await http.get("/v1/nothing"), 404, "not_found")
    _is_problem(await http.delete("/v1/things"), 405, "method_not_allowed")


async def test_a_request_id_comes_back_and_a_hostile_one_is_replaced(http: AsyncClient) -> None:
    """S78."""
    assert (await http.get("/health/live", headers={"x-request-id": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert (await http.get("/health/live", headers={"x-request-id": "a b\x01"})).headers["x-request-id"] != "a b\x01"


async def test_too_many_requests_at_once_are_refused_early(http: AsyncClient) -> None:
    """Reliability 5.4: 503 with Retry-After, before anything is parsed."""
    answers = await asyncio.gather(*(http.get("/v1/slow") for _ in range(9)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [503] * 4
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)


async def test_a_repeated_creating_post_gets_the_first_answer(http: AsyncClient, api: Database) -> None:
    """Rest manners: Idempotency-Key; a twin at the same moment waits and gets the same."""
    headers = _client() | {"Idempotency-Key": "once"}
    twins = await asyncio.gather(*(http.post("/v1/things", json={"number": 5}, headers=headers) for _ in range(3)))
    again = await http.post("/v1/things", json={"number": 5}, headers=headers)
    assert len({answer.text.replace(" ", "") for answer in [*twins, again]}) == 1
    assert {answer.status_code for answer in [*twins, again]} == {201}
    async with api.transaction() as connection:
        assert await connection.scalar(text("select count(*) from changes where kind = 'made_5'")) == 1
    _is_problem(await http.post("/v1/things", json={"number": 6}, headers=headers), 422, "idempotency_key_reused")


async def test_a_refused_creation_leaves_nothing_behind(http: AsyncClient) -> None:
    """Nothing half-applied: the key is free again."""
    headers = _client() | {"Idempotency-Key": "k13"}
    _is_problem(await http.post("/v1/things", json={"number": 13}, headers=headers), 409, "conflict")
    assert (await http.post("/v1/things", json={"number": 14}, headers=headers)).status_code == 201


async def test_an_edit_needs_the_version_it_was_made_on(http: AsyncClient) -> None:
    """ETag and If-Match."""
    path = f"/v1/things/{uuid4()}"
    _is_problem(await http.put(path, json={"number": 1}, headers=_client()), 428, "version_needed")
    _is_problem(
        await http.put(path, json={"number": 1}, headers=_client() | {"If-Match": "W/x"}), 412, "version_mismatch"
    )
    assert (await http.put(path, json={"number": 1}, headers=_client() | {"If-Match": '"3"'})).headers["etag"] == '"4"'


async def test_an_older_fact_never_overwrites_a_newer_one(http: AsyncClient) -> None:
    """Commands go downhill at least once and in any order."""
    body = {"key_id": "k2", "public_key": "AAAA"}
    assert (await _push(http, "verification_key", "k2", body, version=3))["kept"]
    assert not (await _push(http, "verification_key", "k2", body, version=2))["kept"]
    unknown = await http.put("/v1/directory/unheard_of/1", json={"version": 1, "body": {}}, headers=_service())
    _is_problem(unknown, 404, "kind_unknown")
    wrong = await http.put(
        "/v1/directory/verification_key/1", json={"version": 1, "body": {"key_id": CANARY}}, headers=_service()
    )
    _is_problem(wrong, 422, "invalid_request")
    assert CANARY not in wrong.text


async def test_hold_is_put_and_released_by_portal_alone(http: AsyncClient) -> None:
    """I20: a person confirms, through portal."""
    assert (await http.put("/v1/hold", json={"on_hold": True}, headers=_service())).json() == {"on_hold": True}
    _is_problem(await http.put("/v1/hold", json={"on_hold": False}, headers=_service("mailer")), 403, "not_allowed")


async def test_metrics_are_for_the_machine_itself(http: AsyncClient) -> None:
    """S87."""
    assert "dueback_http_requests_total" in (await http.get("/metrics")).text
    _is_problem(await http.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}), 404, "not_found")


async def test_answers_carry_security_headers_and_set_no_cookie(http: AsyncClient) -> None:
    """S20, S94."""
    headers = (await http.get("/health/ready")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


async def test_the_application_describes_itself(deps: Deps) -> None:
    """OpenAPI, with problem details named."""
    app: FastAPI = create_app(service="things", deps=deps, routers=[_router()])
    assert "/v1/things" in json.dumps(app.openapi())
