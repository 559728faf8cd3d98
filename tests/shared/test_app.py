"""A service's application: callers, refusals, limits, pushed facts."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, FastAPI

from shared.kit.app import UndeclaredRouteError, create_app
from shared.kit.http import AsyncClient
from tests.fixtures.clocks import MONDAY_MORNING
from tests.shared.things import (
    CANARY,
    Deps,
    assert_problem,
    client_credential,
    push_fact,
    service_credential,
    things_router,
)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (dict, 401, "not_authenticated"),
        (lambda: {"Authorization": "Basic eDp5"}, 401, "not_authenticated"),
        (lambda: {"Authorization": "Bearer x.y.z"}, 401, "not_authenticated"),
        (lambda: client_credential(key=Ed25519PrivateKey.from_private_bytes(b"x" * 32)), 401, "not_authenticated"),
        (lambda: client_credential(aud="elsewhere"), 401, "not_authenticated"),
        (lambda: client_credential(iss="elsewhere"), 401, "not_authenticated"),
        (lambda: client_credential(start=-60), 401, "not_authenticated"),
        (lambda: client_credential(start=60), 401, "not_authenticated"),
        (lambda: client_credential(scope="other"), 403, "not_allowed"),
        (lambda: service_credential("mailer"), 403, "not_allowed"),
    ],
)
async def test_only_the_declared_caller_passes(
    http: AsyncClient, headers: Callable[[], dict[str, str]], status: int, code: str
) -> None:
    """S1: deny by default; forged, foreign, expired, early and uncovered credentials."""
    assert_problem(await http.post("/v1/things", json={"number": 1}, headers=headers()), status, code)


async def test_a_good_client_and_a_named_service_pass(http: AsyncClient) -> None:
    """S1."""
    assert (await http.post("/v1/things", json={"number": 1}, headers=client_credential())).status_code == 201
    assert (await http.get("/v1/inner", headers=service_credential("mailer"))).status_code == 200
    assert_problem(
        await http.get("/v1/inner", headers=service_credential("mailer", audience="other")), 401, "not_authenticated"
    )
    assert_problem(
        await http.get("/v1/inner", headers=service_credential("mailer", seed=b"z" * 32)), 401, "not_authenticated"
    )
    assert_problem(await http.get("/v1/inner", headers=client_credential()), 403, "not_allowed")


async def test_a_revoked_client_is_refused_once_the_service_has_read_it(http: AsyncClient, deps: Deps) -> None:
    """S12, architecture 2: within 10 s; here the service's re-read is brought forward."""
    client = uuid4()
    assert (await http.post("/v1/things", json={"number": 1}, headers=client_credential(sub=client))).status_code == 201
    await push_fact(
        http, "revoked_client", str(client), {"client_id": str(client), "revoked_at": MONDAY_MORNING.isoformat()}
    )
    deps.verifier._read_at = float("-inf")
    assert_problem(
        await http.post("/v1/things", json={"number": 1}, headers=client_credential(sub=client)),
        401,
        "not_authenticated",
    )
    assert (await http.post("/v1/things", json={"number": 1}, headers=client_credential())).status_code == 201


async def test_a_token_seen_before_is_no_pass_for_another_nor_beyond_its_time(http: AsyncClient, deps: Deps) -> None:
    """S1, S12: its signature is not verified again for some seconds; its words, its time and every other token are."""
    headers = client_credential()
    assert (await http.post("/v1/things", json={"number": 1}, headers=headers)).status_code == 201
    head, words, signature = headers["Authorization"].removeprefix("Bearer ").split(".")
    _, others, _ = client_credential(scope="things operator")["Authorization"].split(".")
    for forged in (f"{head}.{others}.{signature}", f"{head}.{words}.{signature[:-2]}AA", f"{head}.{words}."):
        wrong = {"Authorization": f"Bearer {forged}"}
        assert_problem(await http.post("/v1/things", json={"number": 1}, headers=wrong), 401, "not_authenticated")
    deps.clock.move(timedelta(minutes=16))
    assert_problem(await http.post("/v1/things", json={"number": 1}, headers=headers), 401, "not_authenticated")


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
        (b'{"number": 1, "x": "' + b"y" * 1_100_000 + b'"}', 413, "too_large"),
    ],
)
async def test_a_bad_body_is_refused_in_one_shape_and_never_repeated(
    http: AsyncClient, content: bytes, status: int, code: str
) -> None:
    """S79, S60: problem details, no echo."""
    answer = await http.post(
        "/v1/things", content=content, headers={"content-type": "application/json"} | client_credential()
    )
    assert_problem(answer, status, code)
    assert CANARY not in answer.text


async def test_an_unexpected_failure_tells_nothing(http: AsyncClient) -> None:
    """S79: no stack, no text."""
    answer = await http.get("/v1/broken")
    assert_problem(answer, 500, "internal_error")
    assert CANARY not in answer.text


async def test_unknown_paths_and_methods_have_the_same_shape(http: AsyncClient) -> None:
    """S71."""
    assert_problem(await http.get("/v1/nothing"), 404, "not_found")
    assert_problem(await http.delete("/v1/things"), 405, "method_not_allowed")


async def test_a_request_id_comes_back_and_a_hostile_one_is_replaced(http: AsyncClient) -> None:
    """S78."""
    assert (await http.get("/health/live", headers={"x-request-id": "abc-1"})).headers["x-request-id"] == "abc-1"
    assert (await http.get("/health/live", headers={"x-request-id": "a b\x01"})).headers["x-request-id"] != "a b\x01"


async def test_too_many_requests_at_once_are_refused_early(http: AsyncClient) -> None:
    """Reliability 5.4: 503 with Retry-After, before anything is parsed."""
    answers = await asyncio.gather(*(http.get("/v1/slow") for _ in range(9)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [503] * 4
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)


async def test_an_older_fact_never_overwrites_a_newer_one(http: AsyncClient) -> None:
    """Commands go downhill at least once and in any order."""
    body = {"key_id": "k2", "public_key": "AAAA"}
    assert (await push_fact(http, "verification_key", "k2", body, version=3))["kept"]
    assert not (await push_fact(http, "verification_key", "k2", body, version=2))["kept"]
    unknown = await http.put(
        "/v1/directory/unheard_of/1", json={"version": 1, "body": {}}, headers=service_credential()
    )
    assert_problem(unknown, 404, "kind_unknown")
    wrong = await http.put(
        "/v1/directory/verification_key/1",
        json={"version": 1, "body": {"key_id": CANARY}},
        headers=service_credential(),
    )
    assert_problem(wrong, 422, "invalid_request")
    assert CANARY not in wrong.text


async def test_hold_is_put_and_released_by_portal_alone(http: AsyncClient) -> None:
    """I20: a person confirms, through portal."""
    assert (await http.put("/v1/hold", json={"on_hold": True}, headers=service_credential())).json() == {
        "on_hold": True
    }
    assert_problem(
        await http.put("/v1/hold", json={"on_hold": False}, headers=service_credential("mailer")), 403, "not_allowed"
    )


async def test_metrics_are_for_the_machine_itself(http: AsyncClient) -> None:
    """S87."""
    assert "dueback_http_requests_total" in (await http.get("/metrics")).text
    assert_problem(await http.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}), 404, "not_found")


async def test_answers_carry_security_headers_and_set_no_cookie(http: AsyncClient) -> None:
    """S20, S94."""
    headers = (await http.get("/health/ready")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers


async def test_the_application_describes_itself(deps: Deps) -> None:
    """OpenAPI, with problem details named."""
    app: FastAPI = create_app(service="things", deps=deps, routers=[things_router()])
    assert "/v1/things" in json.dumps(app.openapi())


async def test_no_environment_has_requests_traced_elsewhere(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    """S80: addresses of requests carry tokens; what switches tracing on in other FastAPI programs does nothing here."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    app: FastAPI = create_app(service="things", deps=deps, routers=[things_router()])
    assert [app._telemetry[name] for name in ("auto_configure", "tracing", "metrics", "logs")] == [False] * 4
