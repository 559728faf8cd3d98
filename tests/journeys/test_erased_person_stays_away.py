"""A patient asks to be erased: proven, carried out everywhere, and neither the practice system nor a restored ledger brings them back."""

from dataclasses import replace
from uuid import uuid4

from services.optout.main import load_settings, open_deps
from shared.kit.epoch import set_hold
from tests.journeys.house import House, text_of
from tests.optout.cases import operator, show_case, staff
from tests.optout.conftest import Clinic
from tests.optout.restores import copied, face_of

ANN = "p1@example.com"


def _clinic(house: House) -> Clinic:
    optout = house.neighbours.opened["optout"]
    optout.deps.door.watch._quiet_until = 0.0
    return Clinic(optout, house.neighbours, house.clock, house.subscriber.subscriber_id, house.location.location_id)


async def _spread(house: House) -> None:
    """Let everybody hear of it and carry it out: ingest, mailer, planning."""
    for service, loops in (
        (house.ingest, ("follow_optout", "search", "outbox")),
        (house.mailer, ("keep_platform", "follow_erasures", "follow_optout", "erase_contents", "deliver_outbox")),
    ):
        for loop in loops:
            while await service.step(loop):
                pass
    await house.plan()


async def test_an_erased_patient_is_gone_everywhere_and_stays_away(house: House) -> None:
    """S-036, I19, I20, S-136: the case closes when all have told; the same batch, a newer one and a restored ledger change nothing."""
    batch = [house.consumer("P1"), house.appointment("A1", "P1", "2026-03-19T10:00"), house.consumer("P2")]
    batch += [house.appointment("A2", "P2", "2026-03-19T11:00")]
    batch_id = uuid4()
    await house.upload(*batch, batch_id=batch_id)
    await house.run()
    assert "planned" in {state for _, state, _ in await house.touches("P1")}
    clinic = _clinic(house)
    async with copied(clinic.service.database, f"b{uuid4().hex}") as put_back:
        case = {"kind": "erasure", "address": ANN, "location_id": str(house.location.location_id)}
        opened = await clinic.service.http.post("/v1/privacy-cases", json=case, headers=staff(clinic))
        await _spread(house)
        await house.deliver()
        [proof] = house.mails(ANN)
        link = text_of(proof).partition("https://optout.example.com")[2].split()[0]
        assert (await clinic.service.http.post(link)).status_code == 200
        await _spread(house)
        shown = await show_case(clinic, opened.json()["case_id"])
        assert (shown["state"], shown["outcome"], shown["address"]) == ("closed", "executed", None)
        await _nobody_is_left(house)

        assert (await house.post_batch(batch, batch_id=batch_id)).status_code == 200
        await house.upload(*[house.consumer("P1"), house.appointment("A1", "P1", "2026-03-19T10:00")])
        await house.upload(house.consumer("P7", email=ANN), house.visit("V7", "P7", "2026-03-02T09:00"))
        await _spread(house)
        await _nobody_is_left(house)

        await put_back()
        async with open_deps(load_settings(), clock=house.clock) as deps:
            restored = replace(
                clinic.service, deps=deps, http=face_of(clinic, deps), app=clinic.service.module.create_app(deps)
            )
            house.neighbours.opened["optout"] = restored
            again = _clinic(house)
            await _spread(house)
            await _nobody_is_left(house)
            unknown = await again.service.http.get("/v1/privacy-cases", headers=operator(again))
            assert unknown.json()["items"] == []
            async with deps.api_db.transaction() as connection:
                await set_hold(connection, hold=False)
            again.address_key = await house.databases["mailer"].fetchval("select address_key from erasures")
            assert (await again.may_send("transactional")).reason == "erased"
            house.neighbours.opened["optout"] = clinic.service
            await restored.http.aclose()
    assert len(house.mails(ANN)) == 1


async def _nobody_is_left(house: House) -> None:
    """Nothing readable about Ann at ingest and mailer, nothing planned, Bob as before."""
    people = await house.databases["ingest"].fetch("select id from consumers where personal is not null")
    assert len(people) == 1
    living = await house.databases["scheduler"].fetchval("select count(*) from consumers where not deleted")
    assert living == 1
    states = await house.databases["scheduler"].fetch(
        "select distinct state from touches where consumer_id <> $1", people[0]["id"]
    )
    assert not {row["state"] for row in states} & {"planned", "held", "submitted"}
    ours = await house.databases["scheduler"].fetch("select state from touches where consumer_id = $1", people[0]["id"])
    assert "planned" in {row["state"] for row in ours}
    erased = "select count(*) from messages m join erasures e using (address_key) where m.sealed is not null"
    assert await house.databases["mailer"].fetchval(erased) == 0
