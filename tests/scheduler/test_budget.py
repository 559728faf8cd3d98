"""How much mail one address gets: one a day, four commercial in thirty days, families and fleets in one; by rank, with the reason on file."""

from datetime import date, timedelta

import pytest

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.due_world import put_fact, put_line, put_recare, put_vehicle
from tests.scheduler.practice import Practice, open_practice


@pytest.fixture
async def desk(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice without any campaign. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    return await open_practice(clock, neighbours)


async def _send_all(practice: Practice) -> None:
    """Let the mailer report everything that it was given as sent."""
    for message in practice.messages:
        practice.outcome(message, "sent")
    await practice.run()


async def _days_with_mail(practice: Practice, days: int) -> list[str]:
    """Let so many days pass, at 10:00 and at noon; return the days on which messages were handed over."""
    found = []
    start = practice.clock.now().astimezone(practice.zone).date()
    for number in range(days):
        day, before = start + timedelta(days=number), len(practice.messages)
        await practice.move_to(f"{day} 10:00")
        await practice.move_to(f"{day} 12:00")
        if len(practice.messages) > before:
            found.append(f"{day:%m-%d}")
            await _send_all(practice)
    return found


async def test_four_commercial_mails_in_thirty_days_and_the_fifth_waits_for_room(desk: Practice) -> None:
    """Domain 6, peers 4 number 11: a visit a week; the budget is never exceeded, transactional mail does not count and is not held up."""
    assert (await desk.switch_on("visit_thanks", {"useful_days": 20})).status_code == 201
    assert (await desk.switch_on("appointment_reminder")).status_code == 201
    ana = desk.person()
    for day in ("02-27", "03-03", "03-10", "03-17", "03-24", "03-25"):
        desk.visit(ana, f"2026-{day} 15:00")
    booked = desk.appointment(ana, "2026-03-27 09:00")
    await desk.run()
    days = await _days_with_mail(desk, 40)
    sent = await desk.rows("select local_day, commercial from messages where state <> 'void' order by 1")
    commercial = [row["local_day"] for row in sent if row["commercial"]]
    assert len(days) == len(sent)
    assert commercial[:4] == [date(2026, 3, day) for day in (2, 4, 11, 18)]
    assert all(len([d for d in commercial if 0 <= (last - d).days < 30]) <= 4 for last in commercial)
    reminders = await desk.rows(
        "select state from touches where trigger_id = $1 and step in ('three_days', 'day_before')", booked
    )
    assert [row["state"] for row in reminders] == ["sent", "sent"]
    waited = await desk.rows("select reason from decisions where reason like '%over_budget'")
    assert {row["reason"] for row in waited} <= {"moved_over_budget", "over_budget"}
    assert waited


async def test_over_budget_and_soon_useless_is_skipped_with_its_reason(desk: Practice) -> None:
    """S-025: a birthday greeting does not wait a month."""
    for slug in ("visit_thanks", "birthday"):
        assert (await desk.switch_on(slug, {"budget": 1})).status_code == 201
    ana = desk.person(birth_month=3, birth_day=4)
    desk.visit(ana, "2026-02-27 15:00")
    await desk.run()
    assert await _days_with_mail(desk, 4) == ["03-02"]
    assert (await desk.touches(ana))["on_the_day"] == ("skipped", "over_budget")
    assert "thirty days" in (await desk.reasons(ana))["touches"][-1]["explanation"]


async def test_what_goes_first_when_a_day_has_several(desk: Practice) -> None:
    """Rule 4 of the catalogue: appointment, due, thanks, birthday by rank; each on a day of its own, the rest while it is of use."""
    for slug in ("appointment_reminder", "visit_thanks", "birthday", "recare_due"):
        assert (await desk.switch_on(slug)).status_code == 201
    ana = desk.person(birth_month=3, birth_day=4)
    desk.appointment(ana, "2026-03-05 09:00")
    desk.visit(ana, "2026-03-03 09:00")
    bo = desk.person("Bo", f"{ana.hex}@example.com")
    put_recare(desk, bo, date(2026, 4, 3))
    await desk.run()
    await _days_with_mail(desk, 6)
    assert [slug for _, _, slug in desk.mails()] == [
        "appointment_reminder",
        "appointment_reminder",
        "recare_due",
        "visit_thanks",
    ]
    assert (await desk.touches(ana))["on_the_day"] == ("skipped", "other_mail_today")


async def test_a_familys_dates_of_one_week_are_one_mail(desk: Practice) -> None:
    """N-01, L-127: due within a week of each other: each by name, three touches, one message; a later step is not pulled forward."""
    assert (await desk.switch_on("recare_due")).status_code == 201
    for name, day in (
        ("Ana", date(2026, 4, 1)),
        ("Ben", date(2026, 4, 4)),
        ("Mia", date(2026, 4, 8)),
        ("Zoe", date(2026, 4, 20)),
    ):
        put_recare(desk, desk.person(name, "lee@example.com"), day)
    await desk.run()
    assert await _days_with_mail(desk, 2) == ["03-02"]
    assert [names for _, names, _ in desk.mails()] == [["Ana", "Ben", "Mia"]]
    rows = await desk.rows("select step, state from touches where state = 'sent'")
    assert {row["step"] for row in rows} == {"month_before"}


async def test_a_fleet_gets_one_digest(clock: ManualClock, neighbours: Neighbours) -> None:
    """N-70: twenty vehicles, one contact: one mail that names them, and no talk of declined work."""
    shop = await open_practice(clock, neighbours, vertical="auto")
    for slug in ("service_due", "declined_service"):
        assert (await shop.switch_on(slug)).status_code == 201
    fleet = shop.person("Sam")
    for number in range(20):
        day = date(2026, 1, 26) + timedelta(days=number % 5)
        van = put_vehicle(
            shop, fleet, ("2025-10-18", 30_000), (f"{day}", 30_000 + 100 * (day - date(2025, 10, 18)).days)
        )
        put_line(shop, fleet, van, f"{day} 12:00", state="done", service_kind="oil_change")
        put_line(shop, fleet, van, "2026-03-01 12:00")
        shop.ingest.vehicles[van] = {"vehicle_id": str(van), "consumer_id": str(fleet), "name": f"Van {number}"}
    await shop.run()
    assert await _days_with_mail(shop, 5) == ["03-03"]
    (message,) = shop.messages
    assert len(message.touches) == 20
    rows = message.fields["people"]
    assert {row["vehicle"] for row in rows} == {f"Van {number}" for number in range(20)}
    assert message.fields["person"] == {"first_name": "Sam"}
    reasons = await shop.rows("select distinct reason from touches where campaign_type = 'declined_service'")
    assert [row["reason"] for row in reasons] == ["is_fleet"]


async def test_a_fleet_contact_with_one_vehicle_is_a_fleet_too(clock: ManualClock, neighbours: Neighbours) -> None:
    """L-123, N-70: the relation says it."""
    from uuid import uuid4

    from shared.schemas.planning_facts import RelationFacts

    shop = await open_practice(clock, neighbours, vertical="auto")
    assert (await shop.switch_on("declined_service")).status_code == 201
    fleet = shop.person()
    put_line(shop, fleet, put_vehicle(shop, fleet), "2026-03-01 12:00")
    key = uuid4()
    relation = RelationFacts(
        relation_id=key, location_id=shop.location.location_id, consumer_id=fleet, related_id=None, relation="fleet_contact",
        historic=False, deleted=False,
    )  # fmt: skip
    put_fact(shop, "relation", key, relation)
    await shop.run()
    assert set((await shop.touches(fleet)).values()) == {("skipped", "is_fleet")}


async def test_a_vehicle_sold_after_grouping_is_not_named_to_its_old_owner(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """N-68: ingest says whose it is at the last moment."""
    shop = await open_practice(clock, neighbours, vertical="auto")
    assert (await shop.switch_on("declined_service")).status_code == 201
    ana, bo = shop.person("Ana"), shop.person("Bo")
    car = put_vehicle(shop, ana)
    put_line(shop, ana, car, "2026-03-01 12:00")
    shop.ingest.vehicles[car] = {"vehicle_id": str(car), "consumer_id": str(bo), "name": "Bo's Camry"}
    await shop.run()
    await shop.move_to("2026-03-03 10:00")
    (message,) = shop.messages
    assert "Camry" not in str(message.fields)


async def test_a_welcome_campaign_sends_so_many_a_day(desk: Practice) -> None:
    """Catalogue welcome: at most so many a day and account; the others follow on the next open days."""
    assert (await desk.switch_on("welcome", {"daily_most": 3})).status_code == 201
    for _ in range(8):
        desk.person()
    await desk.run()
    await _days_with_mail(desk, 5)
    rows = await desk.rows("select local_day, count(*) as n from messages group by 1 order by 1")
    assert [(f"{row['local_day']:%m-%d}", row["n"]) for row in rows] == [("03-03", 3), ("03-04", 3), ("03-05", 2)]


async def test_the_deceased_get_nothing_and_their_family_keeps_its_mail(desk: Practice) -> None:
    """L-126, L-120: reported after grouping: withdrawn at once, birthday and recare alike; the other person of the address is still written to."""
    for slug in ("birthday", "recare_due", "visit_thanks"):
        assert (await desk.switch_on(slug)).status_code == 201
    ana = desk.person("Ana", "lee@example.com", birth_month=3, birth_day=4)
    bo = desk.person("Bo", "lee@example.com")
    put_recare(desk, ana, date(2026, 4, 8))
    put_recare(desk, bo, date(2026, 4, 8))
    await desk.run()
    desk.person("Ana", "lee@example.com", id=ana, status="deceased")
    await desk.run()
    ended = set((await desk.touches(ana)).values())
    assert ended == {("skipped", "person_deceased"), ("cancelled", "birthday_cancelled")}
    await _days_with_mail(desk, 9)
    assert {tuple(names) for _, names, _ in desk.mails()} == {("Bo",)}
