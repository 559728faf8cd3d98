"""A small real application of one service, for the tests of plumbing."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, Response

from shared.kit.auth import AUDIENCE, ISSUER, Caller, Signer, Verifier, anyone, needs, only_service
from shared.kit.clock import ManualClock
from shared.kit.db import Database
from shared.kit.errors import ConflictError
from shared.kit.feed import NewChange, append_changes
from shared.kit.http import AsyncClient
from shared.kit.ids import new_id
from shared.kit.requests import IfMatch, OnceOnly, Transaction, set_version
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


def things_router() -> APIRouter:
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


def service_credential(name: str = "portal", audience: str = "things", seed: bytes = SERVICE_SEED) -> dict[str, str]:
    return {"Authorization": f"Bearer {Signer(name, seed).assertion_for(audience)}"}


async def push_fact(
    client: AsyncClient, kind: str, entry: str, body: dict[str, Any], version: int = 1
) -> dict[str, Any]:
    answer = await client.put(
        f"/v1/directory/{kind}/{entry}", json={"version": version, "body": body}, headers=service_credential()
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def client_credential(
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


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body = answer.json()
    assert (body["status"], body["code"], body["request_id"]) == (status, code, answer.headers["x-request-id"])
