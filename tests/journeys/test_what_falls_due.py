"""A practice system's recare date and a shop system's odometer and declined work, through the real ingest, to a planned touch."""

from tests.journeys.house import House
from tests.scheduler.due_world import DECLINED, RECARE, SERVICE


async def test_due_dates_odometers_and_declined_work_become_touches(house: House) -> None:
    """S-001, S-122, N-66, N-69: one upload; facts cross the feed without a name; each touch says why it is due on its day."""
    types = (RECARE, SERVICE, DECLINED)
    house.scheduler.deps.types.update({kind.slug: kind for kind in types})
    for kind in types:
        body = {"location_id": str(house.location.location_id), "type": kind.slug, "settings": {}}
        assert (
            await house.scheduler.http.post("/v1/campaigns", json=body, headers=house.client("campaigns"))
        ).status_code == 201
    car = {"vehicle": "C1", "unit": "mi"}
    await house.upload(
        house.consumer("P1"),
        house.record("recare_due", "R1", consumer="P1", recare_kind="prophylaxis", due_on="2026-04-01", interval_days=182),
        house.consumer("P2"),
        house.record("vehicle", "C1", consumer="P2", make="Toyota", model="Camry", model_year=2019),
        house.record("odometer_reading", "O1", **car, read_at=house.at("2025-10-18 12:00").isoformat(), distance=30_000),
        house.record("odometer_reading", "O2", **car, read_at=house.at("2026-01-26 12:00").isoformat(), distance=40_000),
        house.record("service_line", "S1", consumer="P2", vehicle="C1", service_kind="oil_change", state="done",
                     stated_at=house.at("2026-01-26 12:00").isoformat()),
        house.record("service_line", "S2", consumer="P2", vehicle="C1", service_kind="brake_pads", state="declined",
                     stated_at=house.at("2026-03-01 12:00").isoformat()),
    )  # fmt: skip
    await house.run()
    assert [step for step, state, _ in await house.touches("P1") if state == "planned"] == [
        "month_before",
        "week_before",
        "after",
    ]
    assert {step for step, state, _ in await house.touches("P2") if state == "planned"} == {
        "before",
        "due",
        "safety",
        "week",
    }
    rows = await house.databases["scheduler"].fetch(
        "select distinct basis ->> 'due_on' as due_on from touches where campaign_type = $1", SERVICE.slug
    )
    assert [row["due_on"] for row in rows] == ["2026-03-17"]
