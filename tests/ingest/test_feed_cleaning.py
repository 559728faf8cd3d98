"""Of what changed again and again the feed keeps the last row; a scheduler that begins anew still hears of everybody."""

from datetime import timedelta

from services.ingest.main import loops
from shared.kit.clock import ManualClock
from tests.ingest.practice import Practice, at, consumer


async def clean(practice: Practice) -> None:
    """Let the cleaning do all it can."""
    [cleaning] = [loop for loop in loops(practice.ingest.deps) if loop.name == "clean"]
    while await cleaning.step():
        pass


async def test_superseded_rows_go_and_a_new_reader_hears_of_everybody(practice: Practice, clock: ManualClock) -> None:
    """Architecture 2: the feed may be replayed, and does not grow with every change for ever."""
    for minute, name in enumerate(("Ann", "Anna", "Anne")):
        await practice.upload(consumer(first_name=name, source_updated_at=at(minute)), consumer("P2"))
    before = await practice.rows("select kind, key from changes")
    await clean(practice)
    clock.move(timedelta(days=91))
    first_read = await practice.changes()
    await clean(practice)
    left = await practice.rows("select kind, key from changes")
    assert len(left) == len({(row["kind"], row["key"]) for row in before}) < len(before)
    read_again = await practice.changes()
    assert {(row.kind, row.key) for row in read_again.changes} == {(row.kind, row.key) for row in first_read.changes}
    assert {row.kind for row in read_again.changes} >= {"consumer"}
