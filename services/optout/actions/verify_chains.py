"""Checks every chain of the ledger, so that one altered row is found and named (doctor)."""

from dataclasses import dataclass
from uuid import UUID

from services.optout.domain.chain import first_broken
from services.optout.domain.entries import GENESIS
from services.optout.store.ledger import read_chain, read_subscribers
from shared.kit.db import Database


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """A chain that is not what was appended, and where that begins."""

    subscriber_id: UUID
    chain_position: int


async def verify_chains(database: Database) -> list[BrokenChain]:
    """Return the broken chains, none if all is as it was written. `database` is the worker role's: it crosses subscribers."""
    broken: list[BrokenChain] = []
    async with database.transaction() as connection:
        for subscriber_id in await read_subscribers(connection):
            link = (0, GENESIS)
            async for entries in read_chain(connection, subscriber_id):
                if (position := first_broken(entries, after=link)) is not None:
                    broken.append(BrokenChain(subscriber_id, position))
                    break
                link = (entries[-1].chain_position, entries[-1].hash)
    return broken
