"""Without permission on file nothing leaves; when it arrives in time, the mail goes."""

from datetime import timedelta

from tests.journeys.house import House


async def test_a_message_without_permission_waits_and_goes_when_it_is_on_file(house: House) -> None:
    """S-020, I8: ingest's outbox is late; the message goes back, the touch is held with its reason, then it is sent once."""
    await house.upload(house.consumer("P1"), house.visit("V1", "P1", "2026-03-02 06:30"))
    await house.plan()
    house.clock.set(house.at("2026-03-03 10:00"))
    await house.plan()
    assert await house.deliver() == {"recheck": 1}
    await house.plan()
    assert house.mails() == []
    assert await house.touches("P1") == [("next_morning", "held", "no_permission_yet")]
    await house.tell_optout()
    house.clock.move(timedelta(hours=2))
    await house.run()
    assert [mail["To"] for mail in house.mails()] == ["p1@example.com"]
    assert await house.touches("P1") == [("next_morning", "sent", None)]
