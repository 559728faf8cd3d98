"""The ledger in a real database: append-only, chained, idempotent, and its log without a gap."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optout.actions.verify_chains import Fault, verify_chains
from services.optout.domain.entries import PLATFORM, NewEntry
from services.optout.store.ledger import append_entries, read_chain
from services.optout.store.suppressions import read_suppressions
from shared.kit.db import Database
from tests.optout.conftest import Clinic


async def _append(clinic: Clinic, *entries: NewEntry) -> list[tuple[bool, int | None]]:
    async with clinic.service.deps.worker_db.transaction() as connection:
        filed = await append_entries(
            connection, entries, recorded_at=clinic.clock.now(), journal=clinic.service.deps.door.journal
        )
    return [(each.is_new, each.position) for each in filed]


async def test_the_database_refuses_to_change_or_remove_an_entry(clinic: Clinic) -> None:
    """Architecture 2: append-only for every role, the owner included."""
    await _append(clinic, clinic.entry())
    for part in ("api", "worker", "owner"):
        connection = await asyncpg.connect(getattr(clinic.service.database, part))
        try:
            for table in ("ledger", "suppression_log", "ledger_exports"):
                for statement in (f"update {table} set kind = 'lift'", f"delete from {table}", f"truncate {table}"):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.execute(statement)
        finally:
            await connection.close()


async def test_many_entries_of_many_subscribers_go_into_one_transaction(clinic: Clinic) -> None:
    """P4: one function appends many; each subscriber's chain verifies, repeats in the same call and later are counted once."""
    out, consent, platform = (
        clinic.entry(),
        clinic.entry("consent"),
        clinic.entry(subscriber_id=PLATFORM, scope="platform"),
    )
    other = clinic.entry(subscriber_id=uuid4())
    assert await _append(clinic, out, consent, platform, out, other) == [
        (True, 1),
        (True, None),
        (True, 2),
        (False, 1),
        (True, 3),
    ]
    assert await _append(clinic, out, clinic.entry(), consent) == [(False, 1), (True, 4), (False, None)]
    assert (await verify_chains(clinic.service.deps.worker_db)).faults == []


async def test_a_consumer_who_clicks_again_after_a_lift_is_out_again(clinic: Clinic) -> None:
    """I9, S36: the same link counts again after a re-permission; a source that repeats its old flag does not."""
    click = clinic.entry(by_consumer=True)
    flag = clinic.entry(suppression_class="commercial")
    await _append(clinic, click, flag)
    await _append(clinic, clinic.entry("lift"))
    assert await _append(clinic, click, flag) == [(True, 4), (False, 2)]
    assert await _append(clinic, click) == [(False, 4)]


async def test_one_row_altered_by_a_superuser_is_found(clinic: Clinic) -> None:
    """I10: where it happened is named, and a chain whose end was removed is missed by the suppression log."""
    other = clinic.another()
    await _append(clinic, *(clinic.entry("consent") for _ in range(4)))
    last = other.entry()
    await _append(clinic, other.entry("consent"), last)
    connection = await asyncpg.connect(clinic.service.database.superuser)
    await connection.execute("update ledger set evidence = 'visit:2' where chain_position = 3")
    await connection.execute("delete from ledger where entry_id = $1", last.entry_id)
    await connection.close()
    found = await verify_chains(clinic.service.deps.worker_db)
    assert (found.chains, found.entries) == (2, 5)
    assert found.faults == [
        Fault(clinic.subscriber_id, 3),
        Fault(other.subscriber_id, 1, "cut_off", last.entry_id),
    ]


async def test_only_a_persons_own_act_lifts_whoever_asks(clinic: Clinic) -> None:
    """I9, L-015: the database itself refuses a lift that came from a source, the front desk or an import."""
    await _append(clinic, clinic.entry())
    for channel in ("source_flag", "front_desk", "ingest", "restore"):
        with pytest.raises(Exception, match="ck_ledger_own_act"):
            await _append(clinic, clinic.entry("lift", channel=channel))
    for channel in ("undo", "signup", "preferences"):
        assert (await _append(clinic, clinic.entry("lift", channel=channel)))[0][0]


async def test_bounces_and_complaints_are_facts_and_stop_nothing(clinic: Clinic) -> None:
    """I8: reachability shares nothing with permission, neither the answer nor the suppression log."""
    await clinic.consent()
    assert await _append(clinic, clinic.entry("bounce"), clinic.entry("complaint")) == [(True, None), (True, None)]
    assert ((await clinic.may_send()).answer, (await clinic.poll()).last) == ("allowed", 0)
    assert (await verify_chains(clinic.service.deps.worker_db)).faults == []


async def test_a_tombstone_denies_everything_and_reaches_the_mailer(clinic: Clinic) -> None:
    """S-036, I19: of the address and of the person, after any import, until the person's own later act."""
    await clinic.consent()
    tombstone = clinic.entry("erasure", channel="erasure", person_id=clinic.person_id)
    await _append(clinic, tombstone)
    await clinic.consent(basis="express")
    for values in ({}, {"person_ids": [str(uuid4())]}):
        answer = await clinic.may_send("transactional", **values)
        assert (answer.answer, answer.reason, answer.entry_id) == ("refused", "erased", tombstone.entry_id)
    [suppressed] = (await clinic.poll()).entries
    assert (suppressed.kind, suppressed.suppression_class) == ("suppress", "all")
    await _append(clinic, clinic.entry("lift", person_id=clinic.person_id))
    assert (await clinic.may_send("transactional")).answer == "allowed"


async def test_a_subscriber_sees_and_writes_its_own_chain_only(clinic: Clinic) -> None:
    """S3, I4: row-level security under the role of the API."""
    await _append(clinic, clinic.entry(), clinic.entry(subscriber_id=PLATFORM, scope="platform"))
    database: Database = clinic.service.deps.api_db
    async with database.transaction(uuid4()) as connection:
        assert [rows async for rows in read_chain(connection, clinic.subscriber_id)] == []
    for foreign in (clinic.subscriber_id, PLATFORM):
        with pytest.raises(Exception, match="row-level security"):
            async with database.transaction(uuid4()) as connection:
                await append_entries(
                    connection, [clinic.entry("consent", subscriber_id=foreign)], recorded_at=clinic.clock.now()
                )


async def test_a_poller_never_skips_what_concurrent_writers_commit(clinic: Clinic) -> None:
    """Architecture 2: positions are given in commit order without a gap, also when transactions are slow or fail."""
    database: Database = clinic.service.deps.worker_db
    seen: list[int] = []
    done = asyncio.Event()

    async def write(number: int) -> None:
        for turn in range(6):
            try:
                async with database.transaction() as connection:
                    entries = [clinic.entry(subscriber_id=uuid4()) for _ in range(1 + (number + turn) % 3)]
                    await append_entries(
                        connection, entries, recorded_at=clinic.clock.now(), journal=clinic.service.deps.door.journal
                    )
                    if (number + turn) % 4 == 0:
                        raise LookupError
                    await asyncio.sleep(0.002 * ((number * turn) % 4))
            except LookupError:
                continue

    async def follow() -> None:
        while True:
            last_round = done.is_set()
            async with database.raw() as connection:
                rows = await read_suppressions(connection, after=seen[-1] if seen else 0, limit=7)
            seen.extend(row.position for row in rows)
            if last_round and not rows:
                return

    follower = asyncio.create_task(follow())
    await asyncio.gather(*(write(number) for number in range(6)))
    done.set()
    await follower
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 30


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40))
async def test_what_was_hashed_is_what_comes_back(clinic: Clinic, text: str) -> None:
    """I10: any text and any microsecond survive the database, so that a chain never breaks by itself."""
    entry = replace(clinic.entry("consent"), evidence=text, valid_until=clinic.clock.now() + timedelta(microseconds=1))
    await _append(clinic, entry)
    assert (await verify_chains(clinic.service.deps.worker_db)).faults == []
