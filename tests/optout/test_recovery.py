"""A service started on a restored copy grants nothing before the journal has been read; what journal and checkpoint promise (I20, F24, N-39)."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.optout.actions.mark_journal import mark_journal
from services.optout.domain.entries import NewEntry
from services.optout.main import load_settings, open_deps
from services.optout.store.ballast import Ballast
from services.optout.store.journal import START, FileJournal
from services.optout.store.ledger import NotJournaledError, append_entries
from shared.kit.epoch import set_hold
from tests.optout.conftest import Clinic
from tests.optout.restores import copied, face_of


def _journal(folder: Path, **values: Any) -> FileJournal:
    return FileJournal(folder, ballast=Ballast(folder / "ballast", octets=0), **values)


async def _all_of(journal: FileJournal, after: int = START) -> list[NewEntry]:
    entries: list[NewEntry] = []
    while True:
        some, behind = await journal.read(after)
        if behind == after:
            return entries
        entries, after = entries + some, behind


@pytest.mark.parametrize("is_marked", [False, True])
async def test_an_opt_out_after_the_backup_is_in_force_before_the_restored_service_grants_anything(
    clinic: Clinic, *, is_marked: bool
) -> None:
    """I20, F24, N-39: copy, opt out, put the copy back, start: HOLD, then permission is refused and the first poll brings the entry."""
    await clinic.consent()
    await clinic.click(clinic.another().token())
    if is_marked:
        assert await clinic.service.step("mark_journal")
    async with copied(clinic.service.database, f"b{uuid4().hex}") as put_back:
        assert (await clinic.click()).status_code == 200
        assert (await clinic.may_send()).answer == "refused"
        await put_back()
        async with open_deps(load_settings(), clock=clinic.clock) as deps:
            assert deps.door.recovery.standing is not None
            async with deps.api_db.transaction() as connection:
                await set_hold(connection, hold=False)
            deps.door.watch._quiet_until = 0.0
            restored = replace(clinic.service, deps=deps, http=face_of(clinic, deps))
            again = replace(clinic, service=restored, epoch=None)
            assert (await again.may_send()).answer == "refused"
            answer = await again.poll()
            assert clinic.address_key in {entry.address_key for entry in answer.entries}
            assert len(answer.entries) == 2
            assert (await again.click()).status_code == 200
            assert len((await again.poll()).entries) == 2
            await restored.http.aclose()


async def test_a_lifted_opt_out_is_not_said_again_by_a_start(clinic: Clinic) -> None:
    """I9: the journal brings back what is missing and nothing else; the person's own later act stands."""
    entry = clinic.entry(by_consumer=True)
    lift = clinic.entry("lift", suppression_class="all", scope="business")
    door = clinic.service.deps.door
    await door.ledger.append(entry, recorded_at=clinic.clock.now())
    await door.ledger.append(lift, recorded_at=clinic.clock.now())
    async with open_deps(load_settings(), clock=clinic.clock) as deps:
        assert deps.door.recovery.standing is not None
    assert [found.kind for found in (await clinic.poll()).entries] == ["suppress", "lift"]


async def test_what_restricts_is_on_disk_before_it_is_committed_and_nothing_else_is(clinic: Clinic) -> None:
    """I20: an entry whose transaction died is in the journal all the same; consents and lifts never are."""
    await clinic.consent()
    door, database = clinic.service.deps.door, clinic.service.deps.worker_db
    with suppress(LookupError):
        async with database.transaction() as connection:
            entries = [clinic.entry(), clinic.entry("lift")]
            await append_entries(connection, entries, recorded_at=clinic.clock.now(), journal=door.journal)
            raise LookupError
    assert [entry.kind for entry in await _all_of(door.journal)] == ["optout"]
    with pytest.raises(NotJournaledError):
        async with database.transaction() as connection:
            await append_entries(connection, [clinic.entry()], recorded_at=clinic.clock.now())


async def test_the_checkpoint_waits_for_who_has_journaled_and_not_committed(clinic: Clinic) -> None:
    """I20: a checkpoint means that this database has everything before it."""
    deps = clinic.service.deps
    async with deps.worker_db.transaction() as connection:
        await append_entries(connection, [clinic.entry()], recorded_at=clinic.clock.now(), journal=deps.door.journal)
        assert not await clinic.service.step("mark_journal")
    assert await clinic.service.step("mark_journal")
    assert not await clinic.service.step("mark_journal")


async def test_a_full_file_is_followed_by_the_next_and_old_ones_go_only_when_no_backup_can_miss_them(
    clinic: Clinic, tmp_path: Path
) -> None:
    """I20: rotation by size; removed is what lies before the checkpoint and is older than the days to keep."""
    journal = _journal(tmp_path / "j", full_octets=2000)
    wanted = [clinic.entry() for _ in range(12)]
    for entry in wanted:
        await journal.append([entry])
    files = sorted((tmp_path / "j").glob("*.0*"))
    assert len(files) > 2
    assert await _all_of(_journal(tmp_path / "j")) == wanted
    end, now = await journal.end(), clinic.clock.now() + timedelta(days=40_000)
    assert await journal.forget(START, written_before=now) == 0
    assert await journal.forget(end, written_before=clinic.clock.now() - timedelta(days=40_000)) == 0
    assert await journal.forget(end, written_before=now) == len(files) - 1
    await journal.append([clinic.entry()])
    assert (await journal.end()) > end


async def test_a_damaged_line_is_left_out_and_the_others_are_read(clinic: Clinic, tmp_path: Path) -> None:
    """F1: a writer that died in its line never answered; its successor starts a new one, and a flipped bit is found by the sum."""
    journal = _journal(tmp_path / "j")
    first, second, third = (clinic.entry() for _ in range(3))
    await journal.append([first])
    [path] = (tmp_path / "j").glob("*.00000001")
    with path.open("ab") as file:
        file.write(b'0000dead {"kind": "opt')
    await journal.append([second])
    size = path.stat().st_size
    await journal.append([third])
    with path.open("r+b") as file:
        file.seek(size + 60)
        file.write(b"#")
    assert await _all_of(journal) == [first, second]


async def test_many_at_once_share_their_fsyncs_and_all_are_there(clinic: Clinic, tmp_path: Path) -> None:
    """Architecture 4: group-committed; two processes share the folder under its lock."""
    journals = [_journal(tmp_path / "j"), _journal(tmp_path / "j")]
    wanted = [clinic.entry() for _ in range(300)]
    await asyncio.gather(*(journals[n % 2].append([entry]) for n, entry in enumerate(wanted)))
    assert {entry.entry_id for entry in await _all_of(journals[0])} == {entry.entry_id for entry in wanted}


async def test_a_database_behind_the_journal_is_not_marked(clinic: Clinic) -> None:
    """I20: the checkpoint of a copy tells how far it is behind until it has been brought up to date."""
    await clinic.click()
    clinic.service.deps.door.recovery._standing = None
    assert not await mark_journal(clinic.service.deps.door, now=clinic.clock.now(), keep=timedelta(days=1))
