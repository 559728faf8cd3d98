"""A visit, the question on the next morning, the answer on the page behind the mail, and the figures the owner reads."""

import re
from urllib.parse import urlsplit

from tests.journeys.house import House, text_of


async def test_an_answer_reaches_the_owner(house: House) -> None:
    """S-005, S-013: through a real mail; counted, and read by the business."""
    await house.switch_on("survey")
    campaigns = await house.scheduler.http.get("/v1/campaigns", headers=house.client("campaigns"))
    for campaign in campaigns.json()["items"]:
        if campaign["type"] == "visit_thanks":  # one mail an address and day
            path, headers = f"/v1/campaigns/{campaign['campaign_id']}", house.client("campaigns") | {"If-Match": '"1"'}
            ended = await house.scheduler.http.patch(path, json={"state": "ended"}, headers=headers)
            assert ended.status_code == 200
    await house.upload(house.consumer("P1", first_name="Ann"), house.visit("V1", "P1", "2026-03-02 06:30"))
    await house.run()
    await house.move_to("2026-03-03 10:00")
    [mail] = house.mails()
    found = re.search(r"https://answers\.example\.com/survey/[\w-]+", text_of(mail))
    assert found is not None
    pressed = await house.scheduler.http.post(
        urlsplit(found[0]).path, data={"score": "9", "comment": "Warm hands, cold room"}
    )
    assert "9 of 10" in pressed.text
    results = await house.scheduler.http.get("/v1/survey-results", headers=house.client("campaigns"))
    assert (results.json()["count"], results.json()["nps"], results.json()["response_rate"]) == (1, 100.0, 1.0)
    listed = await house.scheduler.http.get("/v1/survey-answers", headers=house.client("records"))
    assert [row["comment"] for row in listed.json()["items"]] == ["Warm hands, cold room"]
