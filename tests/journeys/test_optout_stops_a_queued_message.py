"""Somebody clicks in yesterday's mail while today's is queued: the queued one never leaves."""

import asyncio

from services.mailer.main import open_follower
from tests.journeys.house import House


async def test_one_click_in_a_received_mail_stops_the_next_one_before_it_is_answered(house: House) -> None:
    """I1, S-030, L-033: the consumer's own POST; the answer waits until the mailer has it, and everything queued is gone by then."""
    await house.upload(
        house.consumer("P1"),
        house.appointment("A1", "P1", "2026-03-19 14:00"),
        house.consumer("P2"),
        house.appointment("A2", "P2", "2026-03-19 15:00"),
    )
    await house.run()
    await house.move_to("2026-03-05 10:00")
    [mail] = house.mails("p1@example.com")
    house.clock.set(house.at("2026-03-16 10:00"))
    await house.upload(house.record("visit", "heartbeat", op="delete"))
    await house.plan()
    queued = "select state, count(*) from messages where state <> 'sent' group by 1"
    assert [tuple(row) for row in await house.database.fetch(queued)] == [("accepted", 2)]
    async with open_follower(house.mailer.deps) as follower:
        await follower.step()
        assert await house.has_lease()
        clicking = asyncio.create_task(house.click(mail))
        kept = "select last_position from suppression_head"
        await house.until(lambda: house.databases["optout"].fetchval(f"select ({kept}) = 1"))
        await asyncio.sleep(0.2)
        assert not clicking.done()
        while not clicking.done():
            await follower.step()
        assert (await clicking).status_code == 200
        assert [tuple(row) for row in await house.database.fetch(f"{queued} order by 1")] == [
            ("accepted", 1),
            ("suppressed", 1),
        ]
        await follower.stop()
    await house.run()
    await house.move_to("2026-03-18 10:00")
    assert len(house.mails("p1@example.com")) == 1
    assert len(house.mails("p2@example.com")) == 3
    assert [touch[1] for touch in await house.touches("P1")] == ["sent", "suppressed", "suppressed"]
    assert (await house.click(mail)).status_code == 200
