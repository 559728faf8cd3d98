"""Walks the router table of every service and tries bad input at every door: a clear refusal, nothing echoed, nothing half-applied.

Bodies come from the worked examples of the OpenAPI description, so a route without one fails here.
"""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from shared.kit.settings import SERVICES
from tests.fixtures.services import Neighbours, OpenService
from tests.house.attacks import Attack, Attacker, World, problem_with
from tests.house.doors import Door, doors_of
from tests.house.worlds import build_world


async def _send(opened: OpenService, attack: Attack) -> Any:
    content = attack.content() if callable(attack.content) else attack.content
    return await opened.http.request(
        attack.method, attack.url, headers=attack.headers, content=content, params=attack.params
    )


async def _read_version(opened: OpenService, attacker: Attacker) -> dict[str, str]:
    """Return If-Match with the version that is read where the door stands, as whoever edits does; nothing where none is to be read."""
    good = attacker.good()
    shown = await opened.http.get(good.url, headers=good.headers) if attacker.door.takes_header("If-Match") else None
    return {"If-Match": shown.headers["etag"]} if shown is not None and "etag" in shown.headers else {}


class Rows:
    """Counts the rows of every table of a service, as somebody whom no row policy binds."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", statement: str) -> None:
        self._connection = connection
        self._statement = statement

    @classmethod
    async def open(cls, opened: OpenService, but: set[str]) -> "Rows":
        """Connect and find the tables to count, all but the named."""
        connection = await asyncpg.connect(opened.database.superuser)
        tables = await connection.fetch(
            "select tablename as name from pg_tables where schemaname = 'public' order by 1"
        )
        return cls(
            connection,
            " union all ".join(
                f"select '{t['name']}', count(*) from {t['name']}" for t in tables if t["name"] not in but
            ),
        )

    async def count(self) -> dict[str, int]:
        """Return rows per table."""
        return {row[0]: row[1] for row in await self._connection.fetch(self._statement)}

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()


def _without_token(world: World) -> World:
    """An opt-out with a good token is carried out whatever its body says (RFC 8058) and waits for leases: here it is unknown."""
    return replace(world, own={name: value for name, value in world.own.items() if name != "token"})


def _ends_something(door: Door) -> bool:
    """HOLD, a deletion and a mailer that has polled change what the other examples meet: they come last."""
    return door.method == "DELETE" or door.path.endswith(("/hold", "/poll"))


_ACCOUNTS = {"ingest": {"batches", "rejections", "batch_results", "changes"}}
"""Tables that account for what was refused: a batch of nothing but rejected lines is news of its connection."""


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_refuses_bad_input(service: str, neighbours: Neighbours, subtests: pytest.Subtests) -> None:
    """S1, S2, S10, S26, S60, S62, S71, S79: problem details with a stable code and the right status at every door."""
    opened = await neighbours.open(service)
    world = await build_world(neighbours, opened)
    rows = await Rows.open(opened, _ACCOUNTS.get(service, set()))
    for door in doors_of(opened.app):
        with subtests.test(f"{service} {door.name}"):
            assert door.declaration, "does not say who may call"
            assert door.lacks() == [], "has no worked example of this"
            attacker = Attacker(service, door, _without_token(world), neighbours)
            before, wrong = await rows.count(), []
            for attack in attacker.all():
                finding = problem_with(await _send(opened, attack), attack, page=door.is_page)
                if finding:
                    wrong.append(finding)
            assert "\n".join(wrong) == ""
            assert await rows.count() == before, "something was half-applied"
    await rows.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_every_worked_example_is_taken_and_once_per_key(
    service: str, neighbours: Neighbours, subtests: pytest.Subtests
) -> None:
    """The examples are true; a creating POST answers a repeat alike and refuses another body under the same key."""
    opened = await neighbours.open(service)
    world = await build_world(neighbours, opened)
    versions: dict[str, str] = {}
    for door in sorted(doors_of(opened.app), key=_ends_something):
        with subtests.test(f"{service} {door.name}"):
            attacker = Attacker(service, door, _without_token(world), neighbours)
            keyed = {"Idempotency-Key": "once"} if door.takes_header("Idempotency-Key") else {}
            example = attacker.good(more_headers=keyed | await _read_version(opened, attacker))
            edited = next((thing for thing in versions if example.url.startswith(thing)), example.url)
            if door.takes_header("If-Match") and edited in versions:
                example = replace(example, headers=example.headers | {"If-Match": versions[edited]})
            first = await _send(opened, example)
            assert first.is_success, first.text
            if "etag" in first.headers:
                versions[edited] = first.headers["etag"]
            if keyed:
                again = await _send(opened, example)
                assert (again.status_code, again.json().keys()) == (first.status_code, first.json().keys())
                assert isinstance(example.content, bytes)
                refused = await _send(opened, replace(example, content=example.content + b" "))
                assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_batch_id_with_another_body_is_refused(neighbours: Neighbours) -> None:
    """A repeat of a batch is harmless, another body under its id is refused and changes nothing."""
    opened = await neighbours.open("ingest")
    world = await build_world(neighbours, opened)
    [door] = [door for door in doors_of(opened.app) if door.name == "POST /v1/batches"]
    example = Attacker("ingest", door, world, neighbours).good()
    first = await _send(opened, example)
    again = await _send(opened, example)
    assert (first.status_code, again.status_code) == (200, 200), again.text
    rows = await Rows.open(opened, set())
    before = await rows.count()
    assert isinstance(example.content, bytes)
    refused = await _send(opened, replace(example, content=example.content.replace(b"Ann", b"Bob")))
    assert (refused.status_code, refused.json()["code"]) == (422, "batch_id_reused")
    assert await rows.count() == before
    await rows.close()
