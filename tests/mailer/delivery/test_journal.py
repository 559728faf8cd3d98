"""The reply journal turns what a killed worker had read into what is known."""

import asyncio
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.mailer.actions.recover_worker import recover_worker
from services.mailer.delivery.settler import Settler
from services.mailer.domain.states import State
from services.mailer.store.claiming import ClaimedMessage
from services.mailer.store.journal import ReplyJournal, dead_journals
from services.mailer.store.settling import AttemptRow, Settlement
from tests.mailer.delivery.world import World


def _sent(world: World, message: ClaimedMessage) -> Settlement:
    attempt = AttemptRow(uuid4(), world.now, world.now, "dot", 250, "2.0.0", "sent")
    ids = (message.subscriber_id, message.message_id, message.claim_id)
    return Settlement(*ids, State.SENT, None, None, 1, b"\x01" * 32, attempt)


def _kill(folder: Path, worker_id: UUID) -> Path:
    """Return the worker's journal as its death leaves it: nobody holds its lock."""
    path = folder / f"{worker_id}.journal"
    shutil.copy(path, folder / "copy")
    path.unlink()
    return Path(shutil.move(folder / "copy", path))


def _journals(folder: Path) -> list[Path]:
    return list(folder.glob("*.journal"))


async def _recover(world: World, folder: Path) -> None:
    await recover_worker(world.mailer.deps.worker_db, folder=folder, clock=world.neighbours.clock)


async def test_replies_read_before_a_kill_are_settled_and_the_rest_is_uncertain(alone: World, tmp_path: Path) -> None:
    """Architecture 4, step 6: three handed over, two replies read, the second cut in mid-line by the kill."""
    ann, bob, cyd = await alone.hand_over("ann@example.com", "bob@example.com", "cyd@example.com")
    await alone.queue("dan@example.com")
    [dan] = await alone.claim()
    journal = ReplyJournal(tmp_path, alone.worker_id)
    journal.note(_sent(alone, ann))
    journal.note(_sent(alone, bob))
    path = _kill(tmp_path, alone.worker_id)
    path.write_bytes(path.read_bytes()[:-20])
    await _recover(alone, tmp_path)
    assert await alone.state(ann.message_id) == ("sent", None)
    assert await alone.state(bob.message_id) == ("uncertain", "worker_died")
    assert await alone.state(cyd.message_id) == ("uncertain", "worker_died")
    assert await alone.state(dan.message_id) == ("accepted", None)
    assert not path.exists()
    await _recover(alone, tmp_path)
    assert sorted(outcome["state"] for outcome in await alone.outcomes()) == ["sent", "uncertain", "uncertain"]
    row = await alone.database.fetchrow("select attempts, sha256 from messages where message_id = $1", ann.message_id)
    assert (row["attempts"], row["sha256"]) == (1, b"\x01" * 32)
    assert await alone.database.fetchval("select count(*) from attempts") == 1


async def test_a_replay_of_what_is_settled_changes_nothing(alone: World, tmp_path: Path) -> None:
    """I12: a second recovery, or a kill during the first, is harmless."""
    [ann] = await alone.hand_over("ann@example.com")
    ReplyJournal(tmp_path, alone.worker_id).note(_sent(alone, ann))
    kept = _kill(tmp_path, alone.worker_id).read_bytes()
    await _recover(alone, tmp_path)
    (tmp_path / f"{alone.worker_id}.journal").write_bytes(kept)
    await _recover(alone, tmp_path)
    assert [outcome["state"] for outcome in await alone.outcomes()] == ["sent"]
    assert await alone.database.fetchval("select count(*) from attempts") == 1


async def test_a_journal_that_a_full_disk_damaged_costs_no_more_than_its_line(alone: World, tmp_path: Path) -> None:
    """F13, I12: recovery never needs a person, so an unreadable line must not stop the start."""
    ann, bob, cyd = await alone.hand_over("ann@example.com", "bob@example.com", "cyd@example.com")
    journal = ReplyJournal(tmp_path, alone.worker_id)
    for message in (ann, bob, cyd):
        journal.note(_sent(alone, message))
    path = _kill(tmp_path, alone.worker_id)
    first, second, third, _ = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([first, second[:40] + b'"}', b"[1, 2]", b'{"a": 1}', b"\xff", third, b""]))
    await _recover(alone, tmp_path)
    assert await alone.states() == {"sent": 2, "uncertain": 1}
    assert await alone.state(bob.message_id) == ("uncertain", "worker_died")


async def test_a_disk_that_is_full_stops_neither_settling_nor_sending(alone: World, tmp_path: Path) -> None:
    """F13: the journal only sharpens the picture; the database is where outcomes live, and what is written later can be read."""
    ann, bob = await alone.hand_over("ann@example.com", "bob@example.com")
    journal = ReplyJournal(tmp_path, alone.worker_id)
    with _largest_file(100), pytest.raises(OSError, match="cut short"):
        journal.note(_sent(alone, ann))
    journal.note(_sent(alone, bob))
    _kill(tmp_path, alone.worker_id)
    await _recover(alone, tmp_path)
    assert await alone.states() == {"uncertain": 1, "sent": 1}
    closed = ReplyJournal(tmp_path, uuid4())
    closed.close()
    settler = Settler(alone.mailer.deps.worker_db, alone.neighbours.clock, closed)
    settler.settle(_sent(alone, ann))
    stop = asyncio.Event()
    stop.set()
    await settler.run(stop)
    assert await alone.states() == {"sent": 2}


@contextmanager
def _largest_file(octets: int) -> Iterator[None]:
    """Let this process write no file beyond so many octets: a write is cut short there, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


async def test_the_journal_of_a_living_worker_is_left_alone(alone: World, tmp_path: Path) -> None:
    """Architecture 4: the lock tells the living from the dead."""
    [ann] = await alone.hand_over("ann@example.com")
    journal = ReplyJournal(tmp_path, alone.worker_id)
    journal.note(_sent(alone, ann))
    await _recover(alone, tmp_path)
    assert await alone.states() == {"handing_over": 1}
    assert list(dead_journals(tmp_path)) == []
    journal.close()
    assert _journals(tmp_path) == []
