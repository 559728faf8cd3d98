"""./dueback doctor ledger: one altered row is named with its chain and position, and the exit code says so."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from services.optout.store.ledger import append_entries
from shared.kit.db import Database
from tests.fixtures.database import MakeDatabase
from tests.optout.test_permission import NOW, entry

ROOT = Path(__file__).parents[2]


def _doctor(**environment: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "doctor", "ledger", "--data", "/nonexistent"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, (ran.stdout + ran.stderr).strip()


async def test_the_doctor_names_the_chain_and_the_position_of_an_altered_row(make_database: MakeDatabase) -> None:
    """L-092: 0 when all is as it was written, 1 with what is wrong."""
    made = make_database("optout")
    subscribers = [uuid4() for _ in range(3)]
    worker = Database(made.worker, application="test")
    async with worker.transaction() as connection:
        consents = [entry(n, "consent", subscriber_id=each) for each in subscribers for n in range(1, 6)]
        await append_entries(connection, consents, recorded_at=NOW)
    await worker.close()
    assert _doctor(OPTOUT_DATABASE_WORKER=made.worker) == (
        0,
        "Ledger: 3 chains with 15 entries, all as they were written.",
    )
    superuser = await asyncpg.connect(made.superuser)
    await superuser.execute(
        "update ledger set occurred_at = occurred_at + interval '1 microsecond' where subscriber_id = $1 and entry_id = $2",
        subscribers[1],
        UUID(int=4),
    )
    await superuser.close()
    assert _doctor(OPTOUT_DATABASE_WORKER=made.worker) == (
        1,
        f"Chain {subscribers[1]} is not what was written: it breaks at position 4.",
    )


def test_a_doctor_with_nothing_to_look_at_says_so() -> None:
    """Exit code 2 is neither well nor ill."""
    code, text = _doctor(OPTOUT_DATABASE_WORKER="")
    assert (code, "start ./dueback" in text) == (2, True)
    code, text = _doctor(OPTOUT_DATABASE_WORKER="postgresql://nobody:secret@127.0.0.1:1/none")
    assert (code, "cannot be read" in text, "secret" in text) == (2, True, False)
