"""Checks every chain of the ledger, so that one altered row is found and named (doctor)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.optout.domain.chain import first_broken
from services.optout.domain.entries import GENESIS
from services.optout.store.ledger import find_missing, read_head, read_links, read_subscribers
from shared.kit.db import Database


@dataclass(frozen=True, slots=True)
class Fault:
    """`altered`: the chain is not what was appended from this position on. `cut_off`: the suppression log knows `entry_id`, the chain does not;
    its end lies at this position.
    """

    subscriber_id: UUID
    chain_position: int
    kind: Literal["altered", "cut_off"] = "altered"
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at and what is wrong with it."""

    chains: int
    entries: int
    faults: list[Fault]


async def verify_chains(database: Database) -> Verification:
    """Read every chain and compare its hashes. `database` is the worker role's: it crosses subscribers. At most 5,000 entries at a time in memory,
    and a transaction for each, so that a long ledger holds up nobody.
    """
    faults: list[Fault] = []
    async with database.transaction() as connection:
        subscribers = await read_subscribers(connection)
    entries = 0
    for subscriber_id in subscribers:
        link = (0, GENESIS)
        while True:
            async with database.transaction() as connection:
                links = await read_links(connection, subscriber_id, after=link[0])
            if not links:
                break
            entries += len(links)
            if (position := first_broken(links, after=link)) is not None:
                faults.append(Fault(subscriber_id, position))
                break
            link = (links[-1].chain_position, links[-1].hash)
    async with database.transaction() as connection:
        for subscriber_id, entry_id in await find_missing(connection):
            faults.append(Fault(subscriber_id, await read_head(connection, subscriber_id), "cut_off", entry_id))
    return Verification(len(subscribers), entries, faults)
