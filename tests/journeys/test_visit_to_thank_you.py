"""A visit today, a thank-you tomorrow morning."""

from tests.journeys.house import House, text_of


async def test_a_visit_leads_to_one_thank_you_on_the_next_morning(house: House) -> None:
    """S-040, S-031, N-59: from the practice system's batch to the relay and back into the reasons."""
    await house.upload(
        house.consumer("P1", first_name="Ann"),
        house.visit("V1", "P1", "2026-03-02 06:30"),
        house.consumer("P2", first_name="Bob", email=""),
        house.visit("V2", "P2", "2026-03-02 06:30"),
    )
    await house.run()
    assert house.mails() == []
    assert await house.touches("P1") == [("next_morning", "planned", None)]
    await house.move_to("2026-03-03 09:59")
    assert house.mails() == []
    await house.move_to("2026-03-03 10:00")
    [mail] = house.mails()
    assert mail["To"] == "p1@example.com"
    assert mail["From"] == "Bright Smile Dental <hello@brightsmile.example.com>"
    for part in ("plain", "html"):
        assert "Ann" in text_of(mail, part)
        assert "12 Market Street" in text_of(mail, part)
    assert await house.touches("P1") == [("next_morning", "sent", None)]
    await house.move_to("2026-03-04 10:00")
    await house.move_to("2026-03-09 10:00")
    assert len(house.mails()) == 1
    assert (await house.why("P2"))["visit_thanks"] == "address_missing"
