"""Previews of campaigns by hand: for whom there is one, what is asked of the neighbours, and what is said when they are silent."""

from typing import Any
from uuid import uuid4

from tests.scheduler.practice import Practice

_LETTER: dict[str, Any] = {"words": {"headline": "Spring", "text": "We are here."}, "send_on": "2026-03-04"}


async def _preview(practice: Practice, kind: str, consumer_id: Any, **claims: Any) -> Any:
    headers = practice.headers(claims.pop("scopes", "content"), **claims)
    path = f"/v1/campaigns/{practice.campaigns[kind]}/preview"
    return await practice.scheduler.http.post(path, json={"consumer_id": str(consumer_id)}, headers=headers)


async def test_a_preview_speaks_as_the_mail_will(practice: Practice) -> None:
    """N-01, catalogue seasonal: the reader's language, the next occasion by the calendar, the location's own offer; every look is kept."""
    ana = practice.person("Ana", language="es")
    await practice.run("follow_ingest", "plan")
    await practice.draft(
        "seasonal", {"dates": {"autumn": "09-20"}, "offer": {"text": "Ten off", "expires_on": "2026-12-31"}}
    )
    shown = await _preview(practice, "seasonal", ana)
    assert (shown.status_code, shown.json()["subject"]) == (200, "shown")
    (asked,) = practice.mailer.previews
    assert asked["content"]["slug"] == "seasonal"
    assert asked["content"]["language"] == "es"
    assert asked["location_id"] == str(practice.location.location_id)
    assert asked["fields"]["person"]["first_name"] == "Ana"
    assert asked["fields"]["about"]["occasion"] == "spring"
    assert asked["fields"]["offer"]["text"] == "Ten off"
    views = await practice.rows("select campaign_id, consumer_id from campaign_views")
    assert [tuple(row) for row in views] == [(practice.campaigns["seasonal"], ana)]
    practice.clock.set(practice.at("2026-04-16 09:00"))
    await _preview(practice, "seasonal", ana)
    assert practice.mailer.previews[-1]["fields"]["about"]["occasion"] == "autumn"
    assert practice.mailer.previews[-1]["fields"]["calendar"]["date"].startswith("20")


async def test_a_childs_mail_is_shown_as_its_guardian_gets_it(practice: Practice) -> None:
    """N-01: the reader is the guardian, so nobody is greeted by the child's name."""
    mother = practice.person("Eve")
    child = practice.person("Bo", mailbox="eve@example.com", recipient_id=mother)
    await practice.run("follow_ingest", "plan")
    await practice.draft("newsletter", _LETTER)
    await _preview(practice, "newsletter", child)
    assert practice.mailer.previews[-1]["fields"]["person"]["first_name"] == ""


async def test_a_preview_is_refused_with_its_reason_and_then_nobody_looked(practice: Practice) -> None:
    """S-012, S2: strangers, foreign places, series, unfinished drafts, silent neighbours; the scope that shows content is needed."""
    ana = practice.person()
    await practice.run("follow_ingest", "plan")
    await practice.draft("promotion", {"send_on": "2026-03-04"})
    await practice.draft("newsletter", _LETTER)
    assert (await _preview(practice, "promotion", ana)).json()["code"] == "settings_unusable"
    assert (await _preview(practice, "visit_thanks", ana)).json()["code"] == "not_by_hand"
    assert (await _preview(practice, "newsletter", uuid4())).status_code == 404
    assert (await _preview(practice, "newsletter", ana, scopes="campaigns")).status_code == 403
    assert (await _preview(practice, "newsletter", ana, subscriber_id=uuid4())).status_code == 404
    assert (await _preview(practice, "newsletter", ana, locations=(uuid4(),))).status_code == 404
    practice.ingest.is_silent = True
    assert (await _preview(practice, "newsletter", ana)).json()["code"] == "busy"
    practice.ingest.is_silent = False
    practice.ingest.people.clear()
    assert (await _preview(practice, "newsletter", ana)).status_code == 404
    assert await practice.rows("select from campaign_views") == []
