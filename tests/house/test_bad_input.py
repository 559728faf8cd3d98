"""Walks the router table of every service and tries bad input at every door: a clear refusal, nothing echoed, nothing half-applied.

Bodies come from the worked examples of the OpenAPI description, so a route without one fails here.
"""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from shared.kit.settings import SERVICES
from tests.fixtures.services import Neighbours, OpenService
from tests.house.attacks import Attack, Attacker, problem_with
from tests.house.doors import doors_of
from tests.house.worlds import build_world


async def _send(opened: OpenService, attack: Attack) -> Any:
    content = attack.content() if callable(attack.content) else attack.content
    return await opened.http.request(
        attack.method, attack.url, headers=attack.headers, content=content, params=attack.params
    )


class Rows:
    """Counts the rows of every table of a service, as somebody whom no row policy binds."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", statement: str) -> None:
        self._connection = connection
        self._statement = statement

    @classmethod
    async def open(cls, opened: OpenService) -> "Rows":
        """Connect and find the tables."""
        connection = await asyncpg.connect(opened.database.superuser)
        tables = await connection.fetch(
            "select tablename as name from pg_tables where schemaname = 'public' order by 1"
        )
        return cls(connection, " union all ".join(f"select '{t['name']}', count(*) from {t['name']}" for t in tables))

    async def count(self) -> dict[str, int]:
        """Return rows per table."""
        return {row[0]: row[1] for row in await self._connection.fetch(self._statement)}

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_refuses_bad_input(service: str, neighbours: Neighbours, subtests: pytest.Subtests) -> None:
    """S1, S2, S10, S26, S60, S62, S71, S79: problem details with a stable code and the right status at every door."""
    opened = await neighbours.open(service)
    world = await build_world(neighbours, opened)
    rows = await Rows.open(opened)
    for door in doors_of(opened.app):
        with subtests.test(f"{service} {door.name}"):
            assert door.declaration, "does not say who may call"
            assert door.lacks() == [], "has no worked example of this"
            attacker = Attacker(service, door, world, neighbours)
            before, wrong = await rows.count(), []
            for attack in attacker.all():
                finding = problem_with(await _send(opened, attack), attack, page=door.is_page)
                if finding:
                    wrong.append(finding)
            assert "\n".join(wrong) == ""
            assert await rows.count() == before, "something was half-applied"
    await rows.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_every_creating_post_is_answered_once_per_idempotency_key(
    service: str, neighbours: Neighbours, subtests: pytest.Subtests
) -> None:
    """Issue 1: the worked example is taken, its repeat gets the same answer, another body under the key is refused."""
    opened = await neighbours.open(service)
    world = await build_world(neighbours, opened)
    for door in doors_of(opened.app):
        if not door.takes_header("Idempotency-Key"):
            continue
        with subtests.test(f"{service} {door.name}"):
            attacker = Attacker(service, door, world, neighbours)
            first = attacker.good(more_headers={"Idempotency-Key": "once"})
            answers = [await _send(opened, first), await _send(opened, first)]
            assert [answer.status_code // 100 for answer in answers] == [2, 2], answers[0].text
            assert isinstance(first.content, bytes)
            other = replace(first, content=first.content + b" ")
            refused = await _send(opened, other)
            assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
