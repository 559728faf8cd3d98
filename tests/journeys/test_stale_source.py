"""A practice system that falls silent: reminders wait with their reason, and go as soon as it speaks again."""

from tests.journeys.house import House


async def test_a_silent_source_holds_reminders_and_its_next_batch_frees_them_at_once(house: House) -> None:
    """S-121, S-126, N-84: through both services; the hold has been backed off for hours when the source returns, and is not waited for."""
    await house.upload(
        house.consumer("P1"),
        house.appointment("A1", "P1", "2026-03-05 15:00"),
        house.consumer("P2"),
        house.visit("V2", "P2", "2026-03-01 15:00"),
    )
    await house.run()
    for hour in range(10, 14):
        house.clock.set(house.at(f"2026-03-04 {hour}:00"))
        await house.run()
    assert [mail["To"] for mail in house.mails()] == ["p2@example.com"]
    assert ("day_before", "held", "stale_source") in await house.touches("P1")
    assert await _health(house) == ("late", ["source_late"])
    await house.upload(house.consumer("P9"))
    await house.run()
    assert [mail["To"] for mail in house.mails()] == ["p2@example.com", "p1@example.com"]
    assert await _health(house) == ("fresh", [])


async def _health(house: House) -> tuple[str, list[str]]:
    path = f"/v1/connections/{house.connection_id}/health"
    answer = await house.ingest.http.get(path, headers=house.client("ingest"))
    return answer.json()["freshness"], answer.json()["alarms"]
