"""Repeats and versions of requests: idempotency keys, If-Match."""

import asyncio
from uuid import uuid4

from sqlalchemy import text

from shared.kit.db import Database
from shared.kit.http import AsyncClient
from tests.shared.things import (
    assert_problem,
    client_credential,
)


async def test_a_repeated_creating_post_gets_the_first_answer(http: AsyncClient, api: Database) -> None:
    """Rest manners: Idempotency-Key; a twin at the same moment waits and gets the same."""
    headers = client_credential() | {"Idempotency-Key": "once"}
    twins = await asyncio.gather(*(http.post("/v1/things", json={"number": 5}, headers=headers) for _ in range(3)))
    again = await http.post("/v1/things", json={"number": 5}, headers=headers)
    assert len({answer.text.replace(" ", "") for answer in [*twins, again]}) == 1
    assert {answer.status_code for answer in [*twins, again]} == {201}
    async with api.transaction() as connection:
        assert await connection.scalar(text("select count(*) from changes where kind = 'made_5'")) == 1
    assert_problem(await http.post("/v1/things", json={"number": 6}, headers=headers), 422, "idempotency_key_reused")


async def test_a_refused_creation_leaves_nothing_behind(http: AsyncClient) -> None:
    """Nothing half-applied: the key is free again."""
    headers = client_credential() | {"Idempotency-Key": "k13"}
    assert_problem(await http.post("/v1/things", json={"number": 13}, headers=headers), 409, "conflict")
    assert (await http.post("/v1/things", json={"number": 14}, headers=headers)).status_code == 201


async def test_an_edit_needs_the_version_it_was_made_on(http: AsyncClient) -> None:
    """ETag and If-Match."""
    path = f"/v1/things/{uuid4()}"
    assert_problem(await http.put(path, json={"number": 1}, headers=client_credential()), 428, "version_needed")
    assert_problem(
        await http.put(path, json={"number": 1}, headers=client_credential() | {"If-Match": "W/x"}),
        412,
        "version_mismatch",
    )
    assert (await http.put(path, json={"number": 1}, headers=client_credential() | {"If-Match": '"3"'})).headers[
        "etag"
    ] == '"4"'
