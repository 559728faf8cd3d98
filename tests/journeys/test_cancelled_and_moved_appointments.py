"""Appointments that do not stay: what was planned for them does not leave, what was said is put right."""

from tests.journeys.house import House, text_of


async def test_a_cancelled_appointment_takes_its_queued_reminder_back(house: House) -> None:
    """N-41: the message is with the mailer already when the cancellation comes in."""
    await house.upload(
        house.consumer("P1"),
        house.appointment("A1", "P1", "2026-03-19 14:00"),
        house.consumer("P2"),
        house.appointment("A2", "P2", "2026-03-19 15:00"),
    )
    await house.run()
    house.clock.set(house.at("2026-03-05 10:00"))
    await house.upload(house.record("visit", "heartbeat", op="delete"))
    await house.plan()
    assert await house.states() == {"accepted": 2}
    await house.upload(house.appointment("A1", "P1", "2026-03-19 14:00", status="cancelled"))
    await house.plan()
    assert await house.states() == {"accepted": 1, "cancelled": 1}
    await house.run()
    await house.move_to("2026-03-18 10:00")
    assert house.mails("p1@example.com") == []
    assert len(house.mails("p2@example.com")) == 2
    assert {touch[1] for touch in await house.touches("P1")} == {"cancelled"}


async def test_a_moved_appointment_is_reminded_of_at_its_new_time_only(house: House) -> None:
    """N-42, S-041: the old day's reminders die; the person hears the new time."""
    await house.upload(house.consumer("P1"), house.appointment("A1", "P1", "2026-03-19 14:00"))
    await house.run()
    await house.move_to("2026-03-05 10:00")
    assert len(house.mails()) == 1
    await house.upload(house.appointment("A1", "P1", "2026-03-26 09:00"))
    await house.run()
    for day in ("2026-03-09", "2026-03-12", "2026-03-16", "2026-03-18", "2026-03-23", "2026-03-25", "2026-03-27"):
        await house.move_to(f"{day} 10:00")
    texts = [text_of(mail) for mail in house.mails()[1:]]
    assert texts
    assert all("March 26, 9:00 am" in text for text in texts)
    assert not any("2:00 pm" in text for text in texts)
    states = [touch[1] for touch in await house.touches("P1")]
    assert states.count("sent") == len(house.mails())
    assert set(states) <= {"sent", "cancelled", "skipped", "expired"}
