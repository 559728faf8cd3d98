"""The bell ends a quiet loop's rest, from any thread, and never makes a busy one look more often (P7)."""

import asyncio

from shared.kit.bell import Pace, ring
from shared.kit.loops import Loop, run_loop

NEVER = 3600.0


async def _resting(pace: Pace, stop: asyncio.Event) -> asyncio.Task[None]:
    task = asyncio.create_task(pace.rest(stop))
    await asyncio.sleep(0.05)
    assert not task.done()
    return task


async def _ends(task: asyncio.Task[None]) -> bool:
    """Tell whether a task that would otherwise go on for an hour ends by itself; one that does not is cancelled."""
    ended, _ = await asyncio.wait({task}, timeout=5)
    task.cancel()
    return task in ended and task.exception() is None


async def _quiet_pace() -> Pace:
    """A pace that has grown past its least rest and would now rest for an hour."""
    pace = Pace(0.001, NEVER)
    await pace.rest(asyncio.Event())
    pace._next = NEVER
    return pace


async def test_a_ring_ends_a_quiet_rest() -> None:
    """P7: what was written in this process is seen at once, however quiet it was."""
    rest = await _resting(await _quiet_pace(), asyncio.Event())
    ring()
    assert await _ends(rest)


async def test_a_ring_from_another_thread_is_heard() -> None:
    """The mailer's follower has an event loop of its own."""
    rest = await _resting(await _quiet_pace(), asyncio.Event())
    await asyncio.to_thread(ring)
    assert await _ends(rest)


async def test_stop_ends_every_rest() -> None:
    """A process that is told to stop waits for no quiet loop."""
    stop = asyncio.Event()
    rest = await _resting(await _quiet_pace(), stop)
    stop.set()
    assert await _ends(rest)


async def test_a_ring_does_not_shorten_the_least_rest() -> None:
    """A busy neighbour in the process makes nobody look more often than the least rest says."""
    stop = asyncio.Event()
    pace = Pace(NEVER)
    rest = await _resting(pace, stop)
    ring()
    await asyncio.sleep(0.05)
    assert not rest.done()
    stop.set()
    await rest


async def test_a_ring_during_the_work_counts_for_the_rest_after_it() -> None:
    """Nothing written between a look and the rest is overlooked."""
    pace = await _quiet_pace()
    ring()
    await asyncio.sleep(0.01)
    assert await _ends(asyncio.create_task(pace.rest(asyncio.Event())))


async def test_a_quiet_loop_looks_again_when_rung() -> None:
    """P7: loops listen to the bell."""
    looked, stop = asyncio.Event(), asyncio.Event()

    async def look() -> bool:
        looked.set()
        return False

    task = asyncio.create_task(run_loop(Loop("look", look, idle_seconds=0.01, quiet_seconds=NEVER), stop))
    async with asyncio.timeout(5):
        await looked.wait()
    await asyncio.sleep(0.2)  # by now it rests longer than a look takes
    looked.clear()
    async with asyncio.timeout(5):
        while not looked.is_set():
            ring()
            await asyncio.sleep(0.01)
    stop.set()
    assert await _ends(task)
