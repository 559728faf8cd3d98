"""A booking today, reminders on their days, and none after."""

from tests.journeys.house import House, text_of


async def test_a_booking_leads_to_a_reminder_on_each_of_its_days(house: House) -> None:
    """S-041, I16: two weeks, three days and one day before at ten o'clock local, on both sides of the change to summer time."""
    await house.upload(house.consumer("P1"), house.appointment("A1", "P1", "2026-03-19 14:00"))
    await house.run()
    for day, earlier in (("2026-03-05", 0), ("2026-03-16", 1), ("2026-03-18", 2)):
        await house.move_to(f"{day} 09:59")
        assert len(house.mails()) == earlier
        await house.move_to(f"{day} 10:00")
        assert len(house.mails()) == earlier + 1
    await house.move_to("2026-03-19 13:00")
    await house.move_to("2026-03-20 10:00")
    assert [mail["To"] for mail in house.mails()] == ["p1@example.com"] * 3
    assert "March 19, 2:00 pm" in text_of(house.mails()[-1])
    assert [touch[:2] for touch in await house.touches("P1")] == [
        ("two_weeks", "sent"),
        ("three_days", "sent"),
        ("day_before", "sent"),
    ]


async def test_a_family_of_one_day_gets_one_reminder_with_every_name(house: House) -> None:
    """S-024, N-52: one message per address and day; a child is spoken of at the parent's address."""
    await house.upload(
        house.consumer("P1", first_name="Ann", email="lees@example.com", birth_on="1985-04-01"),
        house.consumer("P2", first_name="Mia", email="lees@example.com", birth_on="2016-04-01", guardian="P1"),
        house.consumer("P3", first_name="Zoe", email="zoe@example.com"),
        house.appointment("A1", "P1", "2026-03-19 14:00"),
        house.appointment("A2", "P2", "2026-03-19 15:00"),
        house.appointment("A3", "P3", "2026-03-19 16:00"),
    )
    await house.run()
    await house.move_to("2026-03-05 10:00")
    [mail] = house.mails("lees@example.com")
    text = text_of(mail)
    assert all(word in text for word in ("Ann", "Mia", "2:00 pm", "3:00 pm"))
    assert "Zoe" not in text
    assert len(house.mails("zoe@example.com")) == 1
    assert len(house.mails()) == 2
