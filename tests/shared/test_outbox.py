"""The outbox: at least once, whatever the other side does."""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from shared.kit.auth import Signer
from shared.kit.db import Database
from shared.kit.http import ASGITransport, RefusedError, ServiceClient, SilentError
from shared.kit.outbox import OutboxDelivery, put_outbox
from shared.schemas.wire import Wire


class Command(Wire):
    """A command with a number."""

    number: int


class _Peer:
    """An ASGI application that answers as it is told and remembers what it was sent."""

    def __init__(self) -> None:
        self.status = 200
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        self.bodies.append(message["body"])
        content = b'{"code": "thing_unknown"}' if self.status in (404, 409) else b"{}"
        await send(
            {"type": "http.response.start", "status": self.status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": content})


@pytest.fixture
def peer() -> _Peer:
    """Return the other side."""
    return _Peer()


@pytest.fixture
def delivery(peer: _Peer, worker: Database) -> OutboxDelivery:
    """Return a delivery to the peer."""
    client = ServiceClient(
        service="peer", base_url="http://peer", signer=Signer("portal", b"k" * 32), transport=ASGITransport(app=peer)
    )
    return OutboxDelivery(worker, {"peer": client})


async def _put(database: Database, number: int) -> None:
    async with database.transaction() as connection:
        await put_outbox(connection, destination="peer", method="PUT", path="/v1/x", body=Command(number=number))


async def _left(database: Database) -> list[Any]:
    async with database.transaction() as connection:
        return list((await connection.execute(text("select attempts, refused from outbox order by id"))).all())


async def test_a_command_is_delivered_and_forgotten(
    api: Database, worker: Database, delivery: OutboxDelivery, peer: _Peer
) -> None:
    """Architecture 2: written with its cause, delivered at least once."""
    await _put(api, 1)
    await delivery.step()
    assert (peer.bodies, await _left(worker)) == ([b'{"number":1}'], [])


async def test_a_command_of_a_rolled_back_cause_never_existed(
    api: Database, delivery: OutboxDelivery, peer: _Peer
) -> None:
    """The outbox row lives and dies with its cause."""
    with suppress(RuntimeError):
        async with api.transaction() as connection:
            await put_outbox(connection, destination="peer", method="PUT", path="/v1/x", body=Command(number=1))
            raise RuntimeError
    await delivery.step()
    assert peer.bodies == []


async def test_a_silent_peer_gets_the_command_later(
    api: Database, worker: Database, delivery: OutboxDelivery, peer: _Peer
) -> None:
    """F9: the outbox grows and drains."""
    await _put(api, 1)
    peer.status = 503
    await delivery.step()
    assert [row.attempts for row in await _left(worker)] == [1]
    peer.status = 200
    async with worker.transaction() as connection:
        await connection.execute(text("update outbox set next_at = clock_timestamp()"))
    await delivery.step()
    assert await _left(worker) == []


async def test_a_refused_command_is_parked_with_its_code_and_blocks_nothing(
    api: Database, worker: Database, delivery: OutboxDelivery, peer: _Peer
) -> None:
    """F14: a poison command is parked, the rest flows on."""
    await _put(api, 1)
    peer.status = 409
    await delivery.step()
    peer.status = 200
    await _put(api, 2)
    await delivery.step()
    assert [row.refused for row in await _left(worker)] == ["409 thing_unknown"]
    assert len(peer.bodies) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 408])
async def test_a_refusal_that_is_not_of_the_command_is_tried_again(
    api: Database, worker: Database, delivery: OutboxDelivery, peer: _Peer, status: int
) -> None:
    """Architecture 2: a command that must not be lost; clocks, keys and roll-outs come right again."""
    await _put(api, 1)
    peer.status = status
    await delivery.step()
    assert [row.refused for row in await _left(worker)] == [None]


async def test_a_client_tells_refusal_from_silence(peer: _Peer) -> None:
    """What to do on silence is the caller's decision; so it must be told apart."""
    client = ServiceClient(
        service="peer", base_url="http://peer", signer=Signer("portal", b"k" * 32), transport=ASGITransport(app=peer)
    )
    peer.status = 404
    with pytest.raises(RefusedError) as refused:
        await client.send("GET", "/")
    assert (refused.value.status, refused.value.code) == (404, "thing_unknown")
    for status in (500, 503, 429):
        peer.status = status
        with pytest.raises(SilentError):
            await client.send("GET", "/")
    await client.close()
    unreachable = ServiceClient(service="peer", base_url="http://127.0.0.1:9", signer=Signer("portal", b"k" * 32))
    with pytest.raises(SilentError):
        await unreachable.send("GET", "/")
    await unreachable.close()
