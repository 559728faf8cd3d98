"""Surveys: a score and a comment on the page behind a mail, changeable, sealed at rest, counted, and gone with their person."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.survey import Tally
from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours, service_headers
from tests.scheduler.answering import Page, Reader, look
from tests.scheduler.practice import Practice, open_practice


@pytest.fixture
async def practice(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """A practice that asks after visits how they were."""
    made = await open_practice(clock, neighbours)
    assert (await made.switch_on("survey")).status_code == 201
    return made


async def _asked(practice: Practice, *people: UUID) -> list[Reader]:
    """Let people visit on Monday and be asked on Tuesday; return the readers of their mails."""
    before = len(practice.messages)
    for person in people:
        practice.visit(person, practice.clock.now())
    await practice.run()
    await practice.move_to("2026-03-03 10:00")
    for message in practice.messages[before:]:
        practice.outcome(message, "sent")
    await practice.run()
    return [Reader(practice, message) for message in practice.messages[before:]]


async def _press(practice: Practice, reader: Reader, **form: Any) -> Page:
    return await look(practice, "POST", reader.path("survey"), data=form)


async def _answers(practice: Practice, **query: Any) -> list[dict[str, Any]]:
    answer = await practice.scheduler.http.get("/v1/survey-answers", params=query, headers=practice.headers("records"))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def _results(practice: Practice, **query: Any) -> dict[str, Any]:
    answer = await practice.scheduler.http.get("/v1/survey-results", params=query, headers=practice.headers())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_looking_shows_the_question_and_changes_nothing(practice: Practice) -> None:
    """N-31: business, day of the visit, eleven choices, none of them made; a scanner may open it."""
    (reader,) = await _asked(practice, practice.person("Ana"))
    page = await reader.open("survey")
    assert f"You were at {practice.location.name} on Monday, March 2." in page.text
    assert (page.html.count('type="radio"'), " checked>" in page.html, page.forms) == (11, False, 1)
    assert await practice.rows("select from survey_answers") == []


async def test_an_answer_is_kept_and_read_by_the_business(practice: Practice) -> None:
    """S-005, S-013: score and comment as they were given, under the people the mail spoke of."""
    ana = practice.person("Ana")
    (reader,) = await _asked(practice, ana)
    page = await _press(practice, reader, score="9", comment="  Kind people.\r\nCold room\x00.  ")
    assert (page.status, "9 of 10" in page.text, "Kind" in page.text) == (200, True, False)
    (row,) = await _answers(practice)
    assert (row["score"], row["comment"], row["consumer_ids"]) == (9, "Kind people.\nCold room .", [str(ana)])
    assert row["campaign_id"] == str(practice.campaigns["survey"])


async def test_a_comment_is_sealed_at_rest_and_stands_in_no_log(
    practice: Practice, capsys: pytest.CaptureFixture[str]
) -> None:
    """S80, architecture 5: what somebody wrote is unreadable in the database, bound to its row."""
    one, other = await _asked(practice, practice.person(), practice.person())
    for reader in (one, other):
        await _press(practice, reader, score="3", comment=f"zqCanary {reader.mail.message_id}")
    rows = await practice.rows("select message_id, sealed from survey_answers")
    assert all(b"zqCanary" not in row["sealed"] for row in rows)
    assert "zqCanary" not in "".join(capsys.readouterr())
    first, second = (row["message_id"] for row in rows)
    await practice.rows(
        "update survey_answers set sealed = (select sealed from survey_answers where message_id = $1) where message_id = $2",
        first,
        second,
    )
    answer = await practice.scheduler.http.get("/v1/survey-answers", headers=practice.headers("records"))
    assert answer.status_code == 500
    assert "zqCanary" not in answer.text


async def test_an_answer_can_be_changed_and_its_comment_taken_back(practice: Practice) -> None:
    """Issue: opened again the score is chosen already, the comment is not shown to whoever has the link; empty leaves it, a tick takes it back."""
    (reader,) = await _asked(practice, practice.person("Ana"))
    await _press(practice, reader, score="2", comment="Long wait")
    again = await reader.open("survey")
    assert '<input type="radio" name="score" id="score-2" value="2" required checked>' in again.html
    assert ("Long wait" in again.html, "Your comment is kept" in again.text) == (False, True)
    steps = [
        ({"score": "7"}, (7, "Long wait")),
        ({"score": "7", "comment": "Short wait"}, (7, "Short wait")),
        ({"score": "8", "take_back": "yes"}, (8, "")),
    ]
    for form, expected in steps:
        practice.clock.move(timedelta(minutes=1))
        await _press(practice, reader, **form)
        (row,) = await _answers(practice)
        assert (row["score"], row["comment"]) == expected
    assert row["answered_at"] < row["changed_at"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "choose a number"),
        ({"score": "11"}, "choose a number"),
        ({"score": "-1"}, "choose a number"),
        ({"score": "٣"}, "choose a number"),
        ({"score": "1e1", "comment": "x"}, "choose a number"),
        ({"score": "5", "comment": "x" * 2001}, "longer than 2,000 letters"),
    ],
)
async def test_a_form_without_a_score_or_too_long_keeps_nothing(
    practice: Practice, form: dict[str, str], words: str
) -> None:
    """Bad input: 422, a sentence, nothing echoed, nothing kept."""
    (reader,) = await _asked(practice, practice.person("Ana"))
    page = await _press(practice, reader, **form)
    assert (page.status, words in page.text, "xx" in page.text) == (422, True, False)
    assert await practice.rows("select from survey_answers") == []


async def test_the_longest_comment_of_any_script_is_kept(practice: Practice) -> None:
    """Bad input's other side: 2,000 letters of four octets each."""
    (reader,) = await _asked(practice, practice.person("Ana"))
    assert (await _press(practice, reader, score="0", comment="𝔘" * 2000)).status == 200
    assert len((await _answers(practice))[0]["comment"]) == 2000


async def test_answers_are_counted_by_campaign_and_location(practice: Practice) -> None:
    """S-005, domain 2.5: count, mean, net promoter score and response rate by the formulas in the API's description; null where there is nothing."""
    assert await _results(practice) == {
        "count": 0, "asked": 0, "promoters": 0, "passives": 0, "detractors": 0, "mean": None, "nps": None, "response_rate": None,
    }  # fmt: skip
    readers = await _asked(practice, *[practice.person(f"P{n}") for n in range(5)])
    for reader, score in zip(readers, (10, 9, 8, 6), strict=False):
        await _press(practice, reader, score=str(score))
    figures = {
        "count": 4, "asked": 5, "promoters": 2, "passives": 1, "detractors": 1, "mean": 8.25, "nps": 25.0, "response_rate": 0.8,
    }  # fmt: skip
    assert await _results(practice) == figures
    assert await _results(practice, campaign_id=str(practice.campaigns["survey"])) == figures
    assert (await _results(practice, campaign_id=str(uuid4())))["count"] == 0
    elsewhere = practice.headers(locations=(uuid4(),))
    foreign = practice.headers(subscriber_id=uuid4())
    for headers in (elsewhere, foreign):
        answer = await practice.scheduler.http.get("/v1/survey-results", headers=headers)
        assert (answer.json()["count"], answer.json()["asked"]) == (0, 0)
    description = (await practice.scheduler.http.get("/v1/openapi.json")).json()["paths"]["/v1/survey-results"]["get"]
    assert "NPS = 100 x (promoters - detractors) / count" in description["description"]


@given(st.lists(st.integers(0, 10), max_size=40))
def test_the_net_promoter_score_is_a_share_and_nothing_else(scores: list[int]) -> None:
    """S-005: between -100 and 100, the mean between least and most, both null without answers."""
    promoters, detractors = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
    tally = Tally(len(scores), sum(scores), promoters, detractors)
    if not scores:
        assert (tally.mean, tally.nps) == (None, None)
    else:
        assert tally.nps is not None
        assert tally.mean is not None
        assert -100 <= tally.nps <= 100
        assert min(scores) - 0.01 <= tally.mean <= max(scores) + 0.01
        assert (tally.nps == 100) == (promoters == len(scores))


async def test_comments_are_read_with_the_scope_for_people_and_by_locations(practice: Practice) -> None:
    """S1, S2: the scope of the front desk, its own business, its own locations; pages hold everything once."""
    readers = await _asked(practice, *[practice.person(f"P{n}") for n in range(3)])
    for reader in readers:
        await _press(practice, reader, score="5")
    refused = await practice.scheduler.http.get("/v1/survey-answers", headers=practice.headers("campaigns"))
    assert refused.status_code == 403
    for claims in ({"locations": (uuid4(),)}, {"subscriber_id": uuid4()}):
        answer = await practice.scheduler.http.get("/v1/survey-answers", headers=practice.headers("records", **claims))
        assert answer.json()["items"] == []
    found, after = set(), None
    for _ in range(3):
        query = {"limit": 1} | ({"after": after} if after else {})
        answer = await practice.scheduler.http.get(
            "/v1/survey-answers", params=query, headers=practice.headers("records")
        )
        found |= {row["message_id"] for row in answer.json()["items"]}
        after = answer.json()["next"]
    assert (found, after) == ({str(reader.mail.message_id) for reader in readers}, None)


async def test_a_couple_is_asked_once_and_answers_once(practice: Practice) -> None:
    """N-01, N-02: one mail to one address, one answer that stands for both."""
    ana, bo = (practice.person(name, "lee@example.com") for name in ("Ana", "Bo"))
    (reader,) = await _asked(practice, ana, bo)
    await _press(practice, reader, score="9")
    (row,) = await _answers(practice)
    assert set(row["consumer_ids"]) == {str(ana), str(bo)}


async def test_erasing_a_person_drops_the_answer_and_closes_the_link(practice: Practice) -> None:
    """S-036: what they wrote goes, also where the mail spoke of somebody else too; nothing can be written for them again."""
    ana, bo, cy = practice.person("Ana", "lee@example.com"), practice.person("Bo", "lee@example.com"), practice.person()
    readers = await _asked(practice, ana, bo, cy)
    for reader in readers:
        await _press(practice, reader, score="4", comment="mine")
    for person in (bo, cy):
        practice.ingest.feed.put(practice.subscriber.subscriber_id, "consumer", person, None)
    await practice.run()
    assert await practice.rows("select from survey_answers") == []
    alone = next(reader for reader in readers if len(reader.mail.touches) == 1)
    for page in (await alone.open("survey"), await _press(practice, alone, score="5")):
        assert "leads nowhere any more" in page.text
    assert await practice.rows("select from survey_answers") == []


async def test_what_a_person_wrote_stands_in_clear_in_the_report_about_them(practice: Practice) -> None:
    """S-061: told to who asks what is held about them."""
    ana = practice.person("Ana")
    (reader,) = await _asked(practice, ana)
    await _press(practice, reader, score="4", comment="Cold room")
    asked = {
        "subscriber_id": str(practice.subscriber.subscriber_id),
        "address": "a@example.com",
        "address_keys": ["1." + "A" * 22],
        "consumer_ids": [str(ana)],
    }
    answer = await practice.scheduler.http.post(
        "/v1/personal-data", json=asked, headers=service_headers("portal", "scheduler")
    )
    (held,) = [row for row in answer.json()["holdings"] if row["kind"] == "survey_answer"]
    assert (held["records"][0]["comment"], held["records"][0]["score"]) == ("Cold room", 4)
    assert "sealed" not in held["records"][0]


async def test_links_of_one_page_open_no_other(practice: Practice) -> None:
    """S33, S37: a survey's link confirms nothing, a link to confirm answers no survey; both show the neutral page for GET and POST."""
    (reader,) = await _asked(practice, practice.person("Ana"))
    token = reader.path("survey").rpartition("/")[2]
    neutral = await look(practice, "GET", "/survey/x")
    assert await look(practice, "GET", f"/confirm/{token}") == neutral
    assert await look(practice, "POST", "/survey/x", data={"score": "5"}) == neutral
    links = practice.scheduler.deps.links
    for token in (
        links.sealed.seal("confirm", practice.subscriber.subscriber_id, reader.mail.message_id),
        links.sealed.seal("survey", practice.subscriber.subscriber_id, uuid4()),
    ):
        assert await look(practice, "POST", f"/survey/{token}", data={"score": "5"}) == neutral
    assert await practice.rows("select from survey_answers") == []


async def test_thanks_are_the_same_for_every_score(practice: Practice) -> None:
    """L-131: nobody is led elsewhere for being happy."""
    (reader,) = await _asked(practice, practice.person("Ana"))
    pages = {
        (await _press(practice, reader, score=str(score))).html.replace(f"{score} of 10", "") for score in range(11)
    }
    assert len(pages) == 1
