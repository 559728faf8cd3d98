"""Somebody switches appointment mail off on the preference page while a reminder is queued, keeps the thank-you, and switches it on again."""

import asyncio
import re
from email.message import EmailMessage
from typing import Any

from services.mailer.main import open_follower
from shared.schemas.topics import TOPICS
from tests.fixtures.preferences import choose
from tests.journeys.house import House, text_of


async def _choose(house: House, mail: EmailMessage, *ticked: str) -> Any:
    found = re.search(r"/u/[A-Za-z0-9_-]+", text_of(mail))
    assert found is not None
    answer = await choose(house.optout.http, found[0], *ticked)
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_kind_switched_off_stops_what_is_queued_of_it_and_nothing_else(house: House) -> None:
    """L-012, I1, L-015: the answer waits until the mailer has it; mail of another kind leaves; switched on again it leaves too."""
    await house.upload(
        house.consumer("P1"),
        house.visit("V1", "P1", "2026-03-02 06:30"),
        house.appointment("A1", "P1", "2026-03-19 14:00"),
    )
    await house.run()
    await house.move_to("2026-03-05 10:00")
    first = house.mails("p1@example.com")[0]
    sent = len(house.mails("p1@example.com"))
    house.clock.set(house.at("2026-03-16 10:00"))
    await house.upload(house.record("visit", "heartbeat", op="delete"))
    await house.plan()
    queued = "select state, topic from messages where state <> 'sent'"
    assert [tuple(row) for row in await house.database.fetch(queued)] == [("accepted", "appointments")]
    async with open_follower(house.mailer.deps) as follower:
        await follower.step()
        assert await house.has_lease()
        choosing = asyncio.create_task(_choose(house, first, *(set(TOPICS) - {"appointments"})))
        while not choosing.done():
            await follower.step()
        await choosing
        assert [tuple(row) for row in await house.database.fetch(queued)] == [("suppressed", "appointments")]
        await follower.stop()
    await house.upload(house.visit("V2", "P1", "2026-03-16 09:30"))
    await house.run()
    await house.move_to("2026-03-17 10:00")
    thanks = house.mails("p1@example.com")[sent:]
    assert len(thanks) == 1
    assert ("next_morning", "sent", None) in await house.touches("P1")
    await house.move_to("2026-03-18 09:00")
    await _choose(house, thanks[0], *TOPICS)
    await house.move_to("2026-03-18 14:00")
    assert len(house.mails("p1@example.com")) == sent + 2
