"""Sources repeat themselves and lose their order; people hear of it once."""

from uuid import uuid4

from tests.journeys.house import House


async def test_the_same_batch_twice_and_records_out_of_order_change_nothing(house: House) -> None:
    """I2, I3, I7, N-78, N-87: repeated by id and by content, a child before its person, an old version after a new one."""
    old = house.consumer("P1", first_name="Anne", email="old@example.com")
    new = house.consumer("P1", first_name="Ann", email="new@example.com")
    visit = house.visit("V1", "P1", "2026-03-02 06:30")
    first = await house.upload(visit)
    assert (first.parked, first.applied) == (1, 0)
    batch_id = uuid4()
    second = await house.upload(new, batch_id=batch_id)
    assert await house.upload(new, batch_id=batch_id) == second
    third = await house.upload(old, visit)
    assert (third.superseded, third.unchanged) == (1, 1)
    other = await house.post_batch([old], batch_id=batch_id)
    assert other.status_code in (409, 422)
    await house.run()
    await house.move_to("2026-03-03 10:00")
    await house.upload(new, visit)
    await house.run()
    await house.move_to("2026-03-04 10:00")
    assert [mail["To"] for mail in house.mails()] == ["new@example.com"]
    assert await house.touches("P1") == [("next_morning", "sent", None)]
