"""A newsletter by hand: prepared, looked at as somebody would get it, started, and then it is that very mail."""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.fixtures.services import ADDRESS_KEYS, service_headers
from tests.journeys.house import House, text_of

_LETTER: dict[str, Any] = {
    "words": {"headline": "We have moved our desk", "text": "Come and see it.\n\nIt is new."},
    "send_on": "2026-03-04",
}


async def _ask(house: House, path: str, body: dict[str, Any], scopes: str = "campaigns") -> Any:
    return await house.scheduler.http.post(path, json=body, headers=house.client(scopes))


async def test_what_preview_and_forecast_show_is_what_happens(house: House) -> None:
    """S-003, L-020: subject and words of the preview stand in the mail; a preview sends nothing, and who looked is kept. The forecast
    asks optout for permission: who has none on file yet gets nothing, and the others on the day that was told."""
    await house.upload(
        house.consumer("P1", first_name="Ann", language="es"),
        house.consumer("P2", first_name="Bob"),
        house.consumer("P3", first_name="Cy"),
        *(house.visit(f"V{n}", f"P{n}", "2026-03-02 06:30") for n in (1, 2)),
    )
    await house.run()
    place = str(house.location.location_id)
    draft = await _ask(
        house, "/v1/campaigns", {"location_id": place, "type": "newsletter", "settings": _LETTER, "draft": True}
    )
    path = f"/v1/campaigns/{draft.json()['campaign_id']}"
    person = (await house.find("P2")).consumer_id
    assert (await _ask(house, f"{path}/preview", {"consumer_id": str(person)})).status_code == 403
    shown = await _ask(house, f"{path}/preview", {"consumer_id": str(person)}, "content")
    assert shown.status_code == 200, shown.text
    spanish = await _ask(
        house, f"{path}/preview", {"consumer_id": str((await house.find("P1")).consumer_id)}, "content"
    )
    await house.run()
    assert house.mails() == []
    ahead = (await house.scheduler.http.get(f"{path}/forecast", headers=house.client("campaigns"))).json()
    assert ahead["days"] == [{"day": "2026-03-04", "people": 2, "messages": 2}]
    assert [(row["reason"], row["people"]) for row in ahead["reasons"]] == [("no_permission_yet", 1)]
    started = await house.scheduler.http.patch(
        path, json={"state": "active"}, headers=house.client("campaigns") | {"If-Match": '"1"'}
    )
    assert started.status_code == 200, started.text
    await house.scheduler.step("publish_contents")
    await house.move_to("2026-03-03 10:00")
    await house.move_to("2026-03-04 10:00")
    (_, mail), (_, other) = house.mails("p2@example.com"), house.mails("p1@example.com")
    assert mail["Subject"] == shown.json()["subject"] == "We have moved our desk"
    said = " ".join(text_of(mail).split())
    before_footer = " ".join(shown.json()["text"].replace("\xa0", " ").split()).partition("It is new.")[0]
    assert "Come and see it." in before_footer
    assert before_footer in said
    assert "It is new." in shown.json()["html"]
    assert other["Content-Language"] in (None, "es")
    assert (
        " ".join(spanish.json()["text"].split()).partition("It is new.")[2]
        != " ".join(shown.json()["text"].split()).partition("It is new.")[2]
    )
    assert house.mails("p3@example.com") == []
    views = await house.databases["scheduler"].fetch("select consumer_id, viewed_by from campaign_views")
    assert person in {row["consumer_id"] for row in views}
    assert len(views) == 2
    assert all(row["viewed_by"].startswith("client:") for row in views)


async def test_a_test_reaches_the_business_alone_and_stops_nothing(house: House) -> None:
    """The draft in the business's own inbox, in Spanish, marked; a patient's address is refused; nothing is planned, nobody's budget is spent, and
    a click in it leaves the later mail to everybody as it was. Once that address has opted out, no test reaches it."""
    await house.upload(house.consumer("P1", first_name="Ann"), house.visit("V1", "P1", "2026-03-02 06:30"))
    await house.run()
    place = str(house.location.location_id)
    draft = await _ask(
        house, "/v1/campaigns", {"location_id": place, "type": "newsletter", "settings": _LETTER, "draft": True}
    )
    path = f"/v1/campaigns/{draft.json()['campaign_id']}/test"
    desk = house.location.sender.reply_to
    await house.scheduler.step("publish_contents")
    assert (await _ask(house, path, {"recipient": "p1@example.com"})).json()["code"] == "test_recipient_unknown"
    taken = await _ask(house, path, {"recipient": desk, "language": "es"})
    assert taken.status_code == 202, taken.text
    await house.run()
    (mail,) = house.mails()
    assert (mail["To"], mail["Subject"]) == (desk, "[Prueba] We have moved our desk")
    said, html = text_of(mail), text_of(mail, "html")
    assert "Esta es una prueba" in said
    assert "Hola" in said
    assert mail["List-Unsubscribe"] is None
    links = re.findall(r"https?://[^\s\"'<>]+", said + html)
    ours = {urlsplit(link).path for link in links if "brightsmile" not in link and "w3.org" not in link}
    assert ours == {"/u/preview"}
    planned = await house.databases["scheduler"].fetch("select from touches where campaign_type = 'newsletter'")
    assert planned == []
    await house.optout.http.post("/u/preview", data={"List-Unsubscribe": "One-Click"})
    stop = {
        "optout_id": str(uuid4()),
        "address_key": ADDRESS_KEYS.key_of(desk),
        "channel": "source_flag",
        "evidence": "test:1",
        "occurred_at": house.now.isoformat(),
    }
    body = {"subscriber_id": str(house.subscriber.subscriber_id), "optouts": [stop]}
    await house.optout.http.post("/v1/optouts", json=body, headers=service_headers("ingest", "optout"))
    async with house.following():  # what is reported in bulk is in force within one lease
        await house.until(lambda: house.database.fetchval("select exists (select from suppressions)"))
    assert (await _ask(house, path, {"recipient": desk})).status_code == 202
    await house.run()
    assert len(house.mails()) == 1
    assert await house.states() == {"sent": 1, "suppressed": 1}
