"""The front desk unticks "may e-mail": whoever reads the batch's answer may rely on it."""

from tests.journeys.house import House


async def test_a_flag_in_the_source_is_an_optout_before_the_batch_is_answered(house: House) -> None:
    """S-037, I1: the queued reminder dies, later ones are never written, and a later true does not bring them back (I9)."""
    await house.upload(house.consumer("P1"), house.appointment("A1", "P1", "2026-03-19 14:00"))
    await house.run()
    house.clock.set(house.at("2026-03-05 10:00"))
    await house.upload(house.record("visit", "heartbeat", op="delete"))
    await house.plan()
    assert await house.states() == {"accepted": 1}
    report = await house.upload(house.consumer("P1", email_ok=False))
    assert report.optouts == 1
    assert await house.databases["optout"].fetchval("select count(*) from suppression_log") >= 1
    await house.run()
    await house.upload(house.consumer("P1", email_ok=True))
    await house.move_to("2026-03-16 10:00")
    await house.move_to("2026-03-18 10:00")
    assert house.mails() == []
    assert {touch[1] for touch in await house.touches("P1")} == {"suppressed"}


async def test_while_optout_is_silent_the_person_is_held(house: House) -> None:
    """F7, S-037: the flag cannot be put on file, so nothing may go out; it is brought as soon as optout answers."""
    await house.upload(house.consumer("P1"), house.appointment("A1", "P1", "2026-03-19 14:00"))
    await house.run()
    away = house.neighbours.opened.pop("optout")
    await house.upload(house.consumer("P1", email_ok=False))
    assert (await house.find("P1")).status == "held"
    house.neighbours.opened["optout"] = away
    await house.ingest.step("source_optouts")
    assert await house.databases["optout"].fetchval("select count(*) from suppression_log") >= 1
    await house.move_to("2026-03-05 10:00")
    assert house.mails() == []
