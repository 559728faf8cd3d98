"""Facts from ingest's feed: whole pages at once, newest row of a record wins, and whoever is concerned is planned again."""

from uuid import uuid4

from services.scheduler.store.locations import knows_zone
from tests.scheduler.practice import Practice


async def test_a_page_holds_many_versions_of_a_record_and_the_last_counts(practice: Practice) -> None:
    """N-78 at our border: the feed is in commit order, so the last row is the truth; a repeat of the whole feed changes nothing."""
    ana = practice.person()
    booked = uuid4()
    for day in ("20", "21", "22"):
        practice.appointment(ana, f"2026-03-{day} 09:00", id=booked)
    await practice.run()
    assert set((await practice.touches(ana)).values()) == {("planned", None)}
    assert (await practice.due(ana))["day_before"] == "2026-03-20 10:00"
    practice.ingest.feed.epoch = uuid4()
    await practice.run("follow_ingest")
    assert await practice.rows("select * from replans") == []


async def test_what_the_feed_names_without_a_body_is_gone(practice: Practice) -> None:
    """N-44, erasure: people and records vanish; their touches end with the reason."""
    ana, bo = practice.person(), practice.person()
    practice.appointment(ana, "2026-03-20 09:00")
    of_bo = practice.appointment(bo, "2026-03-20 09:00")
    visit = practice.visit(bo, "2026-03-02 06:00")
    await practice.run()
    subscriber = practice.subscriber.subscriber_id
    for kind, key in (
        ("consumer", ana),
        ("appointment", of_bo),
        ("visit", visit),
        ("connection", uuid4()),
        ("odometer", uuid4()),
    ):
        practice.ingest.feed.put(subscriber, kind, key, None)
    await practice.run()
    assert set((await practice.touches(ana)).values()) == {("skipped", "person_gone")}
    assert await practice.touches(bo) == {
        "two_weeks": ("cancelled", "appointment_cancelled"),
        "three_days": ("cancelled", "appointment_cancelled"),
        "day_before": ("cancelled", "appointment_cancelled"),
        "next_morning": ("cancelled", "visit_cancelled"),
    }


async def test_an_appointment_given_to_another_person_leaves_the_first_alone(practice: Practice) -> None:
    """N-06, N-87: both are planned again, whoever it belonged to before included."""
    ana, bo = practice.person(), practice.person()
    booked = practice.appointment(ana, "2026-03-20 09:00")
    await practice.run()
    practice.appointment(bo, "2026-03-20 09:00", id=booked)
    await practice.run()
    assert set((await practice.touches(ana)).values()) == {("cancelled", "appointment_of_another")}
    assert set((await practice.touches(bo)).values()) == {("planned", None)}


async def test_a_location_that_moves_to_another_zone_is_planned_in_it(practice: Practice) -> None:
    """N-52: the plan keeps wall time and zone; the instant is computed again."""
    ana = practice.person()
    practice.appointment(ana, practice.at("2026-03-20 12:00"))
    await practice.run()
    (before,) = await practice.rows("select due_at from touches where step = 'day_before'")
    await practice.push_location(zone="America/New_York")
    await practice.run()
    (after,) = await practice.rows("select due_at, zone from touches where step = 'day_before' and state = 'planned'")
    assert after["zone"] == "America/New_York"
    assert (before["due_at"] - after["due_at"]).total_seconds() == 3 * 3600


async def test_a_zone_the_database_does_not_know_is_told_without_harm(practice: Practice) -> None:
    """N-49: time-zone data differs between machines; asking leaves the transaction usable, and nothing is sent at a guessed hour."""
    async with practice.scheduler.deps.worker_db.transaction() as connection:
        assert not await knows_zone(connection, "Mars/Olympus_Mons", practice.clock.now())
        assert await knows_zone(connection, "Pacific/Chatham", practice.clock.now())
