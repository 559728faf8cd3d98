"""The lease protocol of architecture 4: a lease only for a follower that has everything, an answer only when nobody can send any more."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.optout.actions import record_optout as record_optout_module
from shared.kit.epoch import set_hold
from tests.optout.conftest import LEASE_SECONDS, Clinic


async def _eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds, at most 5 s."""
    async with asyncio.timeout(5):
        while not await holds():  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.01)


async def _positions(clinic: Clinic) -> int:
    async with clinic.service.deps.worker_db.transaction() as connection:
        return int(await connection.scalar(text("select last_position from suppression_head")) or 0)


async def _committed(clinic: Clinic, position: int) -> None:
    async def is_there() -> bool:
        return await _positions(clinic) >= position

    await _eventually(is_there)


async def _stays_undone(task: "asyncio.Task[object]") -> bool:
    await asyncio.sleep(0.15)
    return not task.done()


async def test_a_follower_that_has_everything_gets_a_lease(clinic: Clinic) -> None:
    """Architecture 4: the answer to the first poll of an empty log already grants one."""
    answer = await clinic.poll()
    assert (answer.entries, answer.last, answer.lease_seconds) == ([], 0, LEASE_SECONDS)


async def test_an_answer_that_holds_every_entry_grants_a_lease(clinic: Clinic) -> None:
    """Architecture 4: rows and lease in one answer; the next poll asks after them."""
    await clinic.click()
    answer = await clinic.poll()
    assert [entry.position for entry in answer.entries] == [1]
    assert answer.entries[0].address_key == clinic.address_key
    assert answer.entries[0].subscriber_id == clinic.subscriber_id
    assert answer.lease_seconds == LEASE_SECONDS
    assert (await clinic.poll(after=1, safe=1)).lease_seconds == LEASE_SECONDS


async def test_a_lagging_follower_gets_rows_and_no_lease(clinic: Clinic) -> None:
    """Architecture 4: more entries than one answer takes means no lease until the last page."""
    async with clinic.service.deps.worker_db.transaction() as connection:
        await connection.execute(
            text(
                "insert into suppression_log (position, entry_id, kind, subscriber_id, address_key, suppression_class) "
                "select n, gen_random_uuid(), 'suppress', gen_random_uuid(), '1.aaaaaaaaaaaaaaaaaaaaaa', 'all' from generate_series(1, 5001) n"
            )
        )
        await connection.execute(text("update suppression_head set last_position = 5001"))
    first = await clinic.poll()
    assert (len(first.entries), first.last, first.lease_seconds) == (5000, 5001, 0)
    assert (await clinic.poll(after=5000, safe=5000)).lease_seconds == LEASE_SECONDS


async def test_a_foreign_epoch_starts_from_the_beginning_without_a_lease(clinic: Clinic) -> None:
    """Architecture 2: cursors of another database count for nothing until the follower is through."""
    await clinic.click()
    clinic.epoch = uuid4()
    foreign = await clinic.poll(after=1, safe=1)
    assert ([entry.position for entry in foreign.entries], foreign.lease_seconds) == ([1], 0)
    assert foreign.epoch == clinic.epoch
    assert (await clinic.poll(after=1, safe=1)).lease_seconds == LEASE_SECONDS


async def test_a_promotion_or_restore_under_a_running_door_is_noticed_by_the_next_poll(clinic: Clinic) -> None:
    """I20, F24: the log may have lost entries: a new epoch, everything from the start, no lease, no permission until a person confirms."""
    await clinic.click()
    await clinic.poll()
    before = await clinic.poll(after=1, safe=1)
    assert before.lease_seconds == LEASE_SECONDS
    async with clinic.service.deps.worker_db.transaction() as connection:
        await connection.execute(text("update service_state set identity = 'the server of before'"))
    after = await clinic.poll(after=1, safe=1)
    assert after.epoch != before.epoch
    assert ([entry.position for entry in after.entries], after.lease_seconds) == ([1], 0)
    await _eventually(clinic.is_up_to_date)
    assert (await clinic.poll(after=1, safe=1)).lease_seconds == 0
    with pytest.raises(AssertionError, match="on_hold"):
        await clinic.may_send()


async def test_a_position_this_log_never_gave_starts_from_the_beginning(clinic: Clinic) -> None:
    """Architecture 2: a log behind its follower is another log."""
    await clinic.poll()
    ahead = await clinic.poll(after=99, safe=99)
    assert (ahead.last, ahead.lease_seconds) == (0, 0)


async def test_a_service_on_hold_grants_no_lease_and_allows_nothing(clinic: Clinic) -> None:
    """I20: after a restore opt-outs may be missing; opting out still works."""
    async with clinic.service.deps.api_db.transaction() as connection:
        await set_hold(connection, hold=True)
    assert (await clinic.poll()).lease_seconds == 0
    with pytest.raises(AssertionError, match="on_hold"):
        await clinic.may_send()
    assert (await clinic.click()).status_code == 200


async def test_a_waiting_poll_wakes_on_a_new_entry(long_lease_clinic: Clinic) -> None:
    """Architecture 4: the long poll answers with the entry, well before its time is over, and renews the lease."""
    clinic = long_lease_clinic
    await clinic.poll()
    waiting = asyncio.create_task(clinic.poll(wait=1.0))
    assert await _stays_undone(waiting)
    clicking = asyncio.create_task(clinic.click())
    answer = await waiting
    assert ([entry.position for entry in answer.entries], answer.lease_seconds) == ([1], 5)
    await clinic.poll(after=1, safe=1)
    assert (await clicking).status_code == 200


async def test_a_poll_with_nothing_new_answers_after_its_wait_with_a_lease(long_lease_clinic: Clinic) -> None:
    """Architecture 4: the lease goes on while nothing happens."""
    await long_lease_clinic.poll()
    answer = await long_lease_clinic.poll(wait=0.1)
    assert (answer.entries, answer.lease_seconds) == ([], 5)


async def test_the_door_waits_for_a_live_holder_until_the_entry_is_safe_there(long_lease_clinic: Clinic) -> None:
    """I1, architecture 4: received is not enough, taken effect is."""
    clinic = long_lease_clinic
    await clinic.poll()
    clicking = asyncio.create_task(clinic.click())
    await _committed(clinic, 1)
    assert await _stays_undone(clicking)
    await clinic.poll(after=1, safe=0)
    assert await _stays_undone(clicking)
    await clinic.poll(after=1, safe=1)
    assert (await clicking).status_code == 200


async def test_the_door_waits_for_every_live_holder(long_lease_clinic: Clinic) -> None:
    """Architecture 4: one of two is not enough."""
    clinic = long_lease_clinic
    first, second = uuid4(), uuid4()
    await clinic.poll(holder=str(first))
    await clinic.poll(holder=str(second))
    clicking = asyncio.create_task(clinic.click())
    await _committed(clinic, 1)
    await clinic.poll(after=1, safe=1, holder=str(first))
    assert await _stays_undone(clicking)
    await clinic.poll(after=1, safe=1, holder=str(second))
    assert (await clicking).status_code == 200


async def test_an_acknowledgement_under_a_foreign_epoch_counts_for_nothing(long_lease_clinic: Clinic) -> None:
    """Architecture 2: a lease-holder that speaks of another database has made nothing safe."""
    clinic = long_lease_clinic
    await clinic.poll()
    clicking = asyncio.create_task(clinic.click())
    await _committed(clinic, 1)
    own, clinic.epoch = clinic.epoch, uuid4()
    await clinic.poll(after=1, safe=1)
    assert await _stays_undone(clicking)
    clinic.epoch = own
    await clinic.poll(after=1, safe=1)
    assert (await clicking).status_code == 200


async def test_the_door_does_not_wait_for_a_holder_whose_lease_ran_out(clinic: Clinic) -> None:
    """Architecture 4: an unreachable mailer delays the answer until its lease is over, and no longer."""
    await clinic.poll()
    async with asyncio.timeout(5):
        assert (await clinic.click()).status_code == 200
    async with clinic.service.deps.worker_db.transaction() as connection:
        left = "select count(*) from lease_holders where lease_until > clock_timestamp()"
        assert await connection.scalar(text(left)) == 0


async def test_the_door_answers_at_its_cap_when_a_holder_keeps_renewing_and_never_makes_it_safe(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Architecture 4: 8 s at most, shortened here; every lease granted without the entry has run out by then."""
    monkeypatch.setattr(record_optout_module, "LONGEST_ANSWER_SECONDS", 2 * LEASE_SECONDS)
    await clinic.poll()
    async with (
        clinic.service.deps.worker_db.transaction() as connection
    ):  # on a busy machine the polls below come too late to renew it
        await connection.execute(text("update lease_holders set lease_until = clock_timestamp() + interval '1 minute'"))
    clicking = asyncio.create_task(clinic.click())
    while not clicking.done():
        answer = await clinic.poll(after=await _positions(clinic), safe=0)
        await asyncio.sleep(0.05)
    assert (await clicking).status_code == 200
    assert [entry.position for entry in (await clinic.poll()).entries] == [1]
    assert answer.lease_seconds == LEASE_SECONDS
    slow = REGISTRY.get_sample_value("dueback_optout_click_to_safe_seconds_count", {"how": "capped"})
    assert slow is not None
    assert slow >= 1


async def test_a_lease_counts_from_the_answer_so_that_the_mailers_ends_first(long_lease_clinic: Clinic) -> None:
    """Architecture 4: optout counts from receipt plus the wait; by the database's clock its end is at least the wait later."""
    clinic = long_lease_clinic
    await clinic.poll()
    async with clinic.service.deps.worker_db.transaction() as connection:
        await connection.execute(text("update lease_holders set lease_until = clock_timestamp() + interval '1 second'"))
        asked_at = await connection.scalar(text("select clock_timestamp()"))
    answer = await clinic.poll(wait=0.3)
    async with clinic.service.deps.worker_db.transaction() as connection:
        until = await connection.scalar(text("select lease_until from lease_holders"))
    assert until > asked_at + timedelta(seconds=answer.lease_seconds)


async def test_a_poll_while_the_spool_holds_anything_grants_nothing(clinic: Clinic) -> None:
    """F5: an entry that is on disk only is missing in every answer, so no answer is complete."""
    await clinic.service.deps.door.spool.keep(clinic.entry(), mailto="")
    assert (await clinic.poll()).lease_seconds == 0
    assert await clinic.service.step("replay_spool")
    assert (await clinic.poll()).lease_seconds == LEASE_SECONDS


async def test_after_a_start_one_lease_passes_before_the_first_answer(fresh_clinic: Clinic) -> None:
    """Architecture 4: leases of before the restart may be unknown; the entry is committed at once all the same."""
    watch = fresh_clinic.service.deps.door.watch
    clicking = asyncio.create_task(fresh_clinic.click())
    await _committed(fresh_clinic, 1)
    assert watch.quiet_seconds <= 0 or not clicking.done()
    assert (await clicking).status_code == 200
    assert watch.quiet_seconds <= 0


async def test_another_server_means_waiting_a_lease_again(clinic: Clinic) -> None:
    """Architecture 4: after a fail-over or a snapshot put back a lease may have been lost with the old server."""
    watch = clinic.service.deps.door.watch
    await clinic.click()
    watch._server = "0000FFFF:1:2026-01-01 00:00:00+00"
    assert (await clinic.click(clinic.token("transactional"))).status_code == 200
    assert watch._quiet_until > 0


async def test_who_hangs_up_is_out_all_the_same(long_lease_clinic: Clinic) -> None:
    """Architecture 4: the effect stands from the commit on, and from before it as soon as it was asked for."""
    clinic = long_lease_clinic
    await clinic.consent()
    await clinic.poll()
    clicking = asyncio.create_task(clinic.click())
    async with asyncio.timeout(5):
        while clinic.service.deps.door.ledger._writer is None:  # noqa: ASYNC110 - until it was asked for
            await asyncio.sleep(0)
    clicking.cancel()
    await _committed(clinic, 1)
    assert (await clinic.may_send()).answer == "refused"


async def test_thousands_wait_without_a_connection(long_lease_clinic: Clinic) -> None:
    """Architecture 4: far more doors wait than there are connections, and polls still pass."""
    clinic = long_lease_clinic
    await clinic.poll()
    clicks = [asyncio.create_task(clinic.click(clinic.token(message_id=uuid4()))) for _ in range(300)]
    await _committed(clinic, 300)
    assert not any(click.done() for click in clicks)
    await clinic.poll(after=300, safe=300)
    assert {(await click).status_code for click in clicks} == {200}


async def test_a_holder_silent_for_a_day_is_forgotten(clinic: Clinic) -> None:
    """Architecture 4: its lease ended long ago."""
    await clinic.poll()
    await clinic.service.step("forget_holders")
    async with clinic.service.deps.worker_db.transaction() as connection:
        assert await connection.scalar(text("select count(*) from lease_holders")) == 1
        await connection.execute(text("update lease_holders set seen_at = seen_at - interval '25 hours'"))
    await clinic.service.step("forget_holders")
    async with clinic.service.deps.worker_db.transaction() as connection:
        assert await connection.scalar(text("select count(*) from lease_holders")) == 0


async def test_a_lease_and_an_entry_never_miss_each_other(clinic: Clinic) -> None:
    """Architecture 4: under racing clicks and polls every answer with a lease held all that was committed before it was given."""
    seen = 0
    stop = asyncio.Event()

    async def click() -> None:
        for _ in range(15):
            await clinic.click(clinic.token(message_id=uuid4()))

    async def follow() -> None:
        nonlocal seen
        while not stop.is_set():
            before = await _positions(clinic)
            answer = await clinic.poll(after=seen, safe=seen, wait=0.05)
            seen = answer.entries[-1].position if answer.entries else seen
            if answer.lease_seconds:
                assert seen == answer.last >= before

    following = asyncio.create_task(follow())
    await asyncio.gather(*(click() for _ in range(4)))
    stop.set()
    await following
    assert await _positions(clinic) == 60
