"""Tests of campaigns as the scheduler sends them: sample data, links that open nothing, once a key, and why one is not taken."""

from typing import Any
from uuid import uuid4

import pytest

from shared.kit.clock import ManualClock
from shared.schemas.mailer import MessageInput
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice

_LETTER: dict[str, Any] = {"words": {"headline": "Spring", "text": "We are here."}, "send_on": "2026-03-04"}
_ADA = "ada@brightsmile.example.com"


async def _test(practice: Practice, kind: str, recipient: str = _ADA, key: str | None = None, **body: Any) -> Any:
    headers = body.pop("headers", None) or practice.headers(body.pop("scopes", "campaigns"), **body.pop("claims", {}))
    path = f"/v1/campaigns/{practice.campaigns[kind]}/test"
    once = {"Idempotency-Key": key} if key else {}
    return await practice.scheduler.http.post(path, json={"recipient": recipient} | body, headers=headers | once)


def _tests(practice: Practice) -> list[MessageInput]:
    return [message for message in practice.mailer.messages.values() if message.origin == "test"]


async def test_a_draft_goes_as_a_test_with_sample_data_and_leaves_no_trace_in_planning(practice: Practice) -> None:
    """S-003: the mail speaks the location's words to the sample person; no touch, no message of ours, no view of a consumer, no decision."""
    practice.person("Zelda")
    await practice.draft("newsletter", _LETTER)
    await practice.run()
    await practice.scheduler.step("publish_contents")
    sent = await _test(practice, "newsletter")
    assert (sent.status_code, sent.json()["version"], sent.json()["language"]) == (202, 1, "en")
    (message,) = _tests(practice)
    assert (message.audience, message.address, message.topic) == ("staff", _ADA, "news")
    assert (message.touches, message.campaign_id, message.calendar) == ([], None, [])
    assert str(message.message_id) == sent.json()["message_id"]
    assert message.fields["words"] == {"headline": "Spring", "paragraphs": ["We are here."]}
    assert message.fields["person"] == {"first_name": "Ana"}
    assert "Zelda" not in message.model_dump_json()
    assert _ADA not in sent.text
    await practice.run()
    for table in ("touches", "messages", "campaign_views", "decisions"):
        assert await practice.rows(f"select from {table}") == [], table


@pytest.mark.parametrize("vertical", ["dental", "auto"])
@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_test_speaks_the_language_that_is_asked_for_in_both_verticals(
    clock: ManualClock, neighbours: Neighbours, vertical: str, language: str
) -> None:
    """Stock content in English and Spanish, dental and auto; a language it does not speak falls back to the location's."""
    practice = await open_practice(clock, neighbours, vertical=vertical)
    for kind, settings in (("newsletter", _LETTER), ("seasonal", {"dates": {"autumn": "09-20"}})):
        await practice.switch_on(kind, settings)
        sent = await _test(practice, kind, language=language)
        assert (sent.status_code, sent.json()["language"]) == (202, language)
        message = _tests(practice)[-1]
        content = practice.mailer.contents[message.content_id]
        assert (content["slug"], content["language"], content["vertical"]) == (kind, language, vertical)
    assert _tests(practice)[-1].fields["about"]["occasion"] == "spring"
    assert (await _test(practice, "newsletter", language="fr")).json()["language"] == "en"


async def test_every_link_of_a_test_to_a_page_of_ours_or_a_review_opens_nothing(practice: Practice) -> None:
    """The links of a confirmation, a survey and a review are there to be seen and lead to the page that says so; its POST changes nothing."""
    review = {"links": {"review": "https://brightsmile.example.com/review"}}
    for kind, settings in (("appointment_confirm_request", {}), ("survey", {}), ("review_request", review)):
        assert (await practice.switch_on(kind, settings)).status_code == 201
        assert (await _test(practice, kind)).status_code == 202
    links = [message.fields["links"] for message in _tests(practice)]
    assert isinstance(links, list)
    shown = [next(url for name, url in each.items() if url) for each in links]
    base = practice.scheduler.deps.links.public_url
    assert shown == [f"{base}/confirm/test", f"{base}/survey/test", f"{base}/survey/test"]
    for page in ("confirm", "survey"):
        looked = await practice.scheduler.http.get(f"/{page}/test")
        posted = await practice.scheduler.http.post(f"/{page}/test", data={"score": "9", "answer": "confirm"})
        nothing = await practice.scheduler.http.get(f"/{page}/no-link-of-ours")
        assert looked.headers["content-type"].startswith("text/html")
        assert looked.text == posted.text == nothing.text
    for table in ("survey_answers", "confirmations"):
        assert await practice.rows(f"select from {table}") == [], table


async def test_a_test_under_one_key_is_sent_once_even_where_the_first_answer_was_lost(practice: Practice) -> None:
    """Idempotency-Key: the kept answer again; and where the scheduler died after the mailer had it, the same message id again."""
    await practice.switch_on("newsletter", _LETTER)
    client = practice.headers()
    first, again = [await _test(practice, "newsletter", key="k1", headers=client) for _ in range(2)]
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(await practice.rows("delete from idempotency returning key")) == 1
    retried = await _test(practice, "newsletter", key="k1", headers=client)
    assert retried.json() == first.json()
    assert len(_tests(practice)) == 1
    other = await _test(practice, "newsletter", key="k2")
    without = [await _test(practice, "newsletter") for _ in range(2)]
    assert len({answer.json()["message_id"] for answer in (first, other, *without)}) == 4


async def test_a_test_is_refused_with_its_reason(practice: Practice) -> None:
    """Unknown recipient, unfinished draft, limit, content unknown, silence of either neighbour; strangers and other scopes (S2, S11)."""
    await practice.draft("promotion", {"send_on": "2026-03-04"})
    await practice.draft("newsletter", _LETTER)
    early = await _test(practice, "newsletter")
    assert (early.status_code, early.json()["code"], early.json()["detail"]) == (409, "test_refused", "content_unknown")
    await practice.scheduler.step("publish_contents")
    assert (await _test(practice, "promotion")).json()["code"] == "settings_unusable"
    for code, status in (("test_recipient_unknown", 409), ("test_limit_reached", 429), ("location_not_live", 409)):
        practice.mailer.refuses = code
        refused = await _test(practice, "newsletter")
        assert refused.status_code == status
        assert code in (refused.json()["code"], refused.json().get("detail"))
    practice.mailer.refuses = None
    assert (await _test(practice, "newsletter", scopes="content")).status_code == 403
    assert (await _test(practice, "newsletter", claims={"subscriber_id": uuid4()})).status_code == 404
    assert (await _test(practice, "newsletter", claims={"locations": (uuid4(),)})).status_code == 404
    for neighbour in (practice.mailer, practice.optout):
        neighbour.is_silent = True
        assert (await _test(practice, "newsletter")).json()["code"] == "busy"
        neighbour.is_silent = False
    assert _tests(practice) == []
