"""No path re-permits but the person's own later act: random histories against the real permission function and the real ledger (I9, S36, S38).

DUEBACK_LEDGER_STEPS sets how many steps are tried in memory; the usual run does a few thousand.
"""

import asyncio
import os
from collections.abc import Coroutine, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from services.optout.domain.entries import PLATFORM, LedgerEntry, NewEntry
from services.optout.domain.permission import Decision, Question, decide_permission
from services.optout.store.evidence import find_evidence
from services.optout.store.journal import NotAgain
from services.optout.store.ledger import append_entries, read_links
from shared.kit.db import Database
from tests.fixtures.database import MakeDatabase, ServiceDatabase
from tests.optout.consent_machine import CLINIC, SHOP, ConsentMachine
from tests.optout.memory_ledger import Ledger

STEPS_A_HISTORY = 50
USUAL_STEPS = 44  # a history draws a few less than it may
STEPS = int(os.environ.get("DUEBACK_LEDGER_STEPS", "2500"))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

Result = TypeVar("Result")


class StoredLedger:
    """The real store, one database for all histories; a restore is done as a superuser does it."""

    def __init__(self, made: ServiceDatabase) -> None:
        self._loop = asyncio.new_event_loop()
        self._database = Database(made.worker, application="test", pool_size=1)
        self._superuser = self._run(asyncpg.connect(made.superuser))

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._loop.run_until_complete(work)

    def clear(self) -> "StoredLedger":
        """Begin a history."""
        self.restore({CLINIC: 0, SHOP: 0, PLATFORM: 0})
        return self

    def close(self) -> None:
        """Disconnect."""
        self._run(self._superuser.close())
        self._run(self._database.close())
        self._loop.close()

    def append(self, entries: Sequence[NewEntry], at: datetime) -> list[UUID]:
        """Append in one transaction."""

        async def work() -> list[UUID]:
            async with self._database.transaction() as connection:
                filed = await append_entries(connection, entries, recorded_at=at, journal=NotAgain())
            return [each.entry_id for each in filed]

        return self._run(work())

    def on_file(self, subscriber_id: UUID) -> list[LedgerEntry]:
        """Return a chain."""

        async def work() -> list[LedgerEntry]:
            async with self._database.transaction() as connection:
                return await read_links(connection, subscriber_id)

        return self._run(work())

    def decide(self, questions: Sequence[Question]) -> list[Decision]:
        """Find the evidence as the mailer's question does."""

        async def work() -> list[list[LedgerEntry]]:
            async with self._database.raw() as connection:
                return await find_evidence(connection, questions)

        return [decide_permission(*each) for each in zip(questions, self._run(work()), strict=True)]

    def back_up(self) -> object:
        """Return how long each chain is."""
        return {each: len(self.on_file(each)) for each in (CLINIC, SHOP, PLATFORM)}

    def restore(self, mark: Any) -> None:
        """Remove what came later."""
        for subscriber_id, length in mark.items():
            self._run(
                self._superuser.execute(
                    "with gone as (delete from ledger where subscriber_id = $1 and chain_position > $2 returning entry_id) "
                    "delete from suppression_log where subscriber_id = $1 and entry_id in (select entry_id from gone)",
                    subscriber_id,
                    length,
                )
            )


@pytest.fixture
def stored(make_database: MakeDatabase) -> Iterator[StoredLedger]:
    """A ledger in PostgreSQL."""
    ledger = StoredLedger(make_database("optout"))
    yield ledger
    ledger.close()


def test_nobody_who_said_stop_is_written_to_but_by_their_own_later_act() -> None:
    """I9: opt-outs, imports, merges, aliases, deletions, erasures, re-creations, restores, old links."""
    histories = max(1, -(-STEPS // USUAL_STEPS))
    run_state_machine_as_test(
        ConsentMachine,
        settings=settings(
            max_examples=histories, stateful_step_count=STEPS_A_HISTORY, deadline=None, suppress_health_check=QUIET
        ),
    )


def test_the_same_holds_in_the_real_ledger(stored: StoredLedger) -> None:
    """I9, I20: with PostgreSQL's own repeats, chains and look-ups."""

    class StoredMachine(ConsentMachine):
        def open_ledger(self) -> Ledger:
            return stored.clear()

    run_state_machine_as_test(
        StoredMachine,
        settings=settings(max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=QUIET),
    )
