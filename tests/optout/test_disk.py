"""A full disk: the ballast gives its room to opt-outs (F6); and whether opting out has become slow, as health says it."""

import os
from pathlib import Path
from time import monotonic

import asyncpg
import pytest

from services.optout.domain.promptness import Promptness
from services.optout.store.ballast import Ballast
from services.optout.store.durable_file import GroupedWriter
from tests.optout.conftest import Clinic

OCTETS = 1 << 20


async def test_a_full_disk_takes_the_opt_out_in_the_ballasts_place(tmp_path: Path) -> None:
    """F6: the device says that it is full, the ballast goes, the same block is written again and kept."""
    ballast = Ballast(tmp_path / "ballast", octets=OCTETS)
    ballast.tend()
    assert os.stat(tmp_path / "ballast").st_blocks * 512 >= OCTETS

    def write(block: bytes) -> int:
        place = Path("/dev/full") if not ballast.is_missing else tmp_path / "file"
        with place.open("ab", buffering=0) as file:
            return file.write(block)

    assert await GroupedWriter(write, seconds=5, ballast=ballast).append(b"entry\n") == 6
    assert (tmp_path / "file").read_bytes() == b"entry\n"
    assert ballast.is_missing


async def test_a_disk_that_stays_full_is_said_to_everybody_who_waits(tmp_path: Path) -> None:
    """N-40: without ballast there is no success."""
    ballast = Ballast(tmp_path / "ballast", octets=0)

    def write(block: bytes) -> int:
        with Path("/dev/full").open("ab", buffering=0) as file:
            return file.write(block)

    with pytest.raises(OSError, match="No space"):
        await GroupedWriter(write, seconds=5, ballast=ballast).append(b"entry\n")


async def test_a_database_whose_disk_is_full_takes_the_opt_out_when_the_ballast_has_gone(
    clinic: Clinic, tmp_path: Path
) -> None:
    """F6: PostgreSQL says 53100 as long as the ballast is there, as a shared volume would; the press is on file, nothing is spooled."""
    ballast = Ballast(tmp_path / "ballast", octets=OCTETS)
    ballast.tend()
    (tmp_path / "ballast").chmod(0o644)
    object.__setattr__(clinic.service.deps.door.ledger, "_ballast", ballast)
    connection = await asyncpg.connect(clinic.service.database.superuser)
    await connection.execute(f"""
        create function full_disk() returns trigger language plpgsql security definer as $$ begin
            if (select size from pg_stat_file('{tmp_path / "ballast"}', true)) > 0 then
                raise exception 'could not extend file: No space left on device' using errcode = '53100';
            end if;
            return new;
        end $$;
        create trigger full_disk before insert on ledger for each row execute function full_disk()""")
    assert (await clinic.click()).status_code == 200
    assert ballast.is_missing
    assert await connection.fetchval("select count(*) from ledger where kind = 'optout'") == 1
    assert clinic.service.deps.door.spool.is_empty()
    await connection.close()


async def test_ballast_given_up_is_a_signal_until_there_is_room_again(clinic: Clinic, tmp_path: Path) -> None:
    """F6: an operator sees it in the health answer; it is made again by itself."""
    door, ballast = clinic.service.deps.door, Ballast(tmp_path / "ballast", octets=OCTETS)
    object.__setattr__(door, "ballast", ballast)
    assert (await clinic.service.http.get("/health/live")).json()["signals"] == ["ballast_missing"]
    await clinic.service.step("tend_ballast")
    assert (await clinic.service.http.get("/health/ready")).json()["signals"] == []
    assert ballast.release()
    assert not ballast.release()
    assert (await clinic.service.http.get("/health/live")).json()["signals"] == ["ballast_missing"]


def test_slow_is_more_than_one_answer_in_a_hundred_above_a_second_within_five_minutes() -> None:
    """The rule of the health signal `optout_slow`; times are given."""
    promptness = Promptness()
    for _ in range(198):
        promptness.note(0.05, at=600.0)
    promptness.note(1.01, at=601.0)
    promptness.note(5.2, at=602.0)
    assert not promptness.is_slow(at=603.0)
    promptness.note(1.5, at=700.0)
    assert promptness.is_slow(at=701.0)
    assert not promptness.is_slow(at=1100.0)
    assert not Promptness().is_slow(at=0.0)


async def test_a_slow_answer_is_seen_in_the_health_answer(clinic: Clinic) -> None:
    """Measured where the consumer waits: the door notes what each answer took."""
    await clinic.click()
    assert "optout_slow" not in clinic.service.deps.door.signals()
    for _ in range(3):
        clinic.service.deps.door.promptness.note(2.0, at=monotonic())
    assert "optout_slow" in (await clinic.service.http.get("/health/live")).json()["signals"]
