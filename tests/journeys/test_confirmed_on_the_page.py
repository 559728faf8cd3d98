"""A request to confirm, the page behind its link, and the confirmation on its way into the practice system."""

import re
from email.message import EmailMessage
from urllib.parse import urlsplit

from tests.journeys.house import House, text_of


def _link(mail: EmailMessage) -> str:
    """Return the path of the confirm link, which both parts of the mail carry."""
    plain, html = (
        re.findall(r"https://answers\.example\.com/confirm/[\w-]+", text_of(mail, part)) for part in ("plain", "html")
    )
    assert set(plain) == set(html)
    return str(urlsplit(plain[0]).path)


async def test_a_press_on_the_page_reaches_the_practice_system_once(house: House) -> None:
    """S-122, N-57, N-58, architecture 11: mail, page with the name, button, write-back; the reminder of three days before does not ask again."""
    await house.switch_on("appointment_confirm_request")
    await house.upload(house.consumer("P1", first_name="Ann"), house.appointment("A1", "P1", "2026-03-20T09:00"))
    await house.run()
    await house.move_to("2026-03-06 10:00")
    [mail] = house.mails()
    assert "confirm" in mail["Subject"]
    page = await house.scheduler.http.get(_link(mail))
    assert (page.status_code, "Ann" in page.text, "Friday, March 20" in page.text) == (200, True, True)
    person = re.search(r'name="(answer-[\w-]+)" value="confirm"', page.text)
    assert person is not None
    for _ in range(2):
        pressed = await house.scheduler.http.post(_link(mail), data={person[1]: "confirm"})
        assert "Thank you" in pressed.text
    await house.run()
    wanted = {"connection_id": str(house.connection_id)}
    claimed = await house.ingest.http.post("/v1/write-backs/claims", json=wanted, headers=house.client("ingest"))
    [offer] = claimed.json()["items"]
    assert (offer["kind"], offer["appointment"], offer["starts_at"]) == ("confirmation", "A1", "2026-03-20T16:00:00Z")
    await house.move_to("2026-03-17 10:00")
    subjects = [str(each["Subject"]) for each in house.mails()[1:]]
    assert [subject for subject in subjects if "confirm" in subject] == []
    assert (await house.why("P1"))["appointment_confirm_request"] == "appointment_confirmed"
