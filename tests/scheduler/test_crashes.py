"""Killed at every named step of planning and dispatch, the scheduler comes back and hands in every touch exactly once."""

import asyncio
import importlib
import multiprocessing
import os
import signal
from pathlib import Path

from services.scheduler.main import load_settings, loops, open_deps
from shared.kit import crashpoints
from shared.kit.http import ASGITransport
from tests.scheduler.practice import Practice

POINTS = (
    "scheduler.after_facts",
    "scheduler.before_plan_commit",
    "scheduler.after_plan",
    "scheduler.after_grouping",
    "scheduler.before_submit",
    "scheduler.after_submit",
    "scheduler.after_outcomes",
)


def live_and_die(point: str, practice: Practice) -> None:
    """Run every loop once through in a process of its own, until the kill."""
    os.environ["DUEBACK_CRASH"] = point
    importlib.reload(crashpoints)

    async def live() -> None:
        transports = {
            "ingest": ASGITransport(practice.ingest.app()),
            "mailer": ASGITransport(practice.mailer.app()),
        }
        async with open_deps(load_settings(), clock=practice.clock, transports=transports) as deps:
            for loop in loops(deps):
                while await loop.step():
                    pass
            for loop in loops(deps):
                while await loop.step():
                    pass

    asyncio.run(live())


async def test_a_kill_at_any_step_loses_nothing_and_repeats_nothing(practice: Practice, tmp_path: Path) -> None:
    """I12, I13: one kill a named point; afterwards each touch is with the mailer once, in one live message."""
    practice.mailer.journal = tmp_path / "mailer.jsonl"
    practice.mailer.journal.touch()
    for number, point in enumerate(POINTS):
        practice.clock.set(practice.at("2026-03-02 07:00"))
        people = [practice.person(), practice.person()]
        for person in people:
            practice.appointment(person, f"2026-03-{4 + number:02d} 09:00")
        if point != "scheduler.after_facts":
            await practice.run("follow_ingest")
        if "plan" not in point and "facts" not in point:
            await practice.run("plan")
            practice.clock.set(practice.at(f"2026-03-{3 + number:02d} 10:00"))
        if point == "scheduler.after_outcomes":
            await practice.run("group", "submit")
            for message in practice.messages[-2:]:
                practice.outcome(message, "sent")
        process = multiprocessing.get_context("fork").Process(target=live_and_die, args=(point, practice))
        process.start()
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == -signal.SIGKILL, point
        practice.mailer.read_journal()
        await practice.rows("update messages set lease_until = null")
        await practice.run()
        practice.clock.set(practice.at(f"2026-03-{3 + number:02d} 10:00"))
        await practice.run()
        for person in people:
            carried = [m for m in practice.messages for t in m.touches if t.person_id == person]
            assert len({touch.touch_id for m in carried for touch in m.touches}) == len(carried) <= 2, point
            rows = await practice.rows(
                "select t.state, m.state as message from touches t left join messages m on m.message_id = t.message_id "
                "where t.consumer_id = $1 and t.step = 'day_before'",
                person,
            )
            ended = point == "scheduler.after_outcomes"
            assert [tuple(row) for row in rows] == [("sent", "ended") if ended else ("dispatched", "submitted")], point
