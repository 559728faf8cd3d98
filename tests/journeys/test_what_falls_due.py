"""Recare dates, odometers and declined work, through the real ingest, to planned touches and to mail that names the car."""

from tests.journeys.house import House, text_of


async def test_due_dates_odometers_and_declined_work_become_touches_and_mail(house: House) -> None:
    """S-001, S-122, N-66 to N-69: facts cross the feed without a name; the vehicle's name comes back from ingest for the mail alone."""
    car = {"vehicle": "C1", "unit": "mi"}
    await house.push_location(vertical="auto")
    for kind in ("service_due", "declined_service"):
        await house.switch_on(kind)
    await house.upload(
        house.consumer("P2", first_name="Sam"),
        house.visit("V1", "P2", "2025-10-18 12:00"),
        house.record("vehicle", "C1", consumer="P2", make="Toyota", model="Camry", model_year=2019),
        house.record("odometer_reading", "O1", **car, read_at=house.at("2025-10-18 12:00").isoformat(), distance=30_000),
        house.record("odometer_reading", "O2", **car, read_at=house.at("2026-01-26 12:00").isoformat(), distance=40_000),
        house.record("service_line", "S1", consumer="P2", vehicle="C1", service_kind="oil_change", state="done",
                     stated_at=house.at("2026-01-26 12:00").isoformat()),
        house.record("service_line", "S2", consumer="P2", vehicle="C1", service_kind="brake_pads", state="declined",
                     stated_at=house.at("2026-03-01 12:00").isoformat()),
    )  # fmt: skip
    await house.run()
    steps = {step for step, state, _ in await house.touches("P2") if state == "planned"}
    assert {"two_weeks_before", "due", "two_days", "one_week", "one_month"} <= steps
    rows = await house.databases["scheduler"].fetch(
        "select distinct basis ->> 'due_on' as due_on from touches where campaign_type = 'service_due'"
    )
    assert [row["due_on"] for row in rows] == ["2026-03-17"]
    await house.move_to("2026-03-03 10:00")
    await house.move_to("2026-03-04 10:00")
    declined, service = house.mails()
    assert declined["Subject"] == "About the brakes"
    assert service["Subject"] == "Service for your 2019 Toyota Camry"
    for mail, words in ((declined, "the brakes of your 2019 Toyota Camry"), (service, "around March 17")):
        assert words in " ".join(text_of(mail).split())


async def test_a_recare_date_leads_to_mail_that_says_the_month_and_nothing_else(house: House) -> None:
    """S-122, L-102: the practice system's date, through the real ingest, to the family's one mail of the day."""
    await house.switch_on("recare_due")
    due = {"recare_kind": "prophylaxis", "interval_days": 182}
    await house.upload(
        house.consumer("P1", first_name="Ana", email="lee@example.com"),
        house.visit("V1", "P1", "2025-10-01 09:00"),
        house.record("recare_due", "R1", consumer="P1", due_on="2026-04-01", **due),
        house.consumer("P2", first_name="Ben", email="lee@example.com"),
        house.visit("V2", "P2", "2025-10-01 09:00"),
        house.record("recare_due", "R2", consumer="P2", due_on="2026-04-05", **due),
    )
    await house.run()
    await house.move_to("2026-03-02 10:00")
    (mail,) = house.mails()
    assert mail["Subject"] == "Time for your family to come in again"
    words = " ".join(text_of(mail).split())
    assert "Ana: April" in words
    assert "Ben: April" in words
    assert "prophylaxis" not in words
