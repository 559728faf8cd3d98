"""The preference page: kinds of mail on and off and nothing at all; what it may take back, and what it must never touch."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from services.optout.store.entry_lines import entry_in, line_of
from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.topics import TOPICS
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.preferences import Shown, choose, show
from tests.optout.conftest import Clinic, database_down
from tests.optout.test_page import SPOILED_FORMS

ALL = set(TOPICS)
STALE = "What you switched on may be sent again, unless"


def _path(clinic: Clinic, **values: Any) -> str:
    return f"/u/{clinic.token(**values)}"


async def _show(clinic: Clinic) -> Shown:
    return await show(clinic.service.http, _path(clinic))


async def _choose(clinic: Clinic, *ticked: str, **values: Any) -> Any:
    answer = await choose(clinic.service.http, _path(clinic), *ticked, **values)
    assert answer.status_code == 200, answer.text
    return answer


async def _refused(clinic: Clinic, **values: Any) -> set[str]:
    """The topics of which no commercial mail may go; without a topic it reads `none`."""
    asked: dict[str, str] = {topic: (await clinic.may_send(topic=topic, **values)).answer for topic in TOPICS}
    asked["none"] = (await clinic.may_send(**values)).answer
    return {topic for topic, answer in asked.items() if answer == "refused"}


async def _tell(clinic: Clinic, caller: str = "front_desk", **values: Any) -> Any:
    """Report an opt-out of the address as staff or the practice system."""
    row = {
        "optout_id": str(uuid4()),
        "address_key": clinic.address_key,
        "channel": caller,
        "evidence": "phone_call:1",
        "occurred_at": clinic.clock.now().isoformat(),
    }
    body = {"subscriber_id": str(clinic.subscriber_id), "optouts": [row | values]}
    if caller == "front_desk":
        return await clinic.service.http.post("/v1/optouts", json=body, headers=clinic.client_headers())
    return await clinic.call("/v1/optouts", body, "ingest")


async def test_the_page_shows_each_kind_as_it_stands_and_changes_nothing(clinic: Clinic) -> None:
    """L-012, L-034, N-31: business named, address masked, every kind and nothing at all, one button, no cookie."""
    business = build_subscriber(subscriber_id=clinic.subscriber_id, name="Smile & <b>Co</b>")
    location = build_location(clinic.subscriber_id, location_id=clinic.location_id)
    await clinic.neighbours.push("optout", "subscriber", str(clinic.subscriber_id), business)
    await clinic.neighbours.push("optout", "location", str(clinic.location_id), location)
    footer = (await clinic.service.http.get(_path(clinic))).text
    assert f'href="{_path(clinic)}/preferences"' in footer
    page = await _show(clinic)
    assert (page.ticked, page.open, page.fixed) == (ALL, set(), set())
    assert "Smile &amp; &lt;b&gt;Co&lt;/b&gt;" in page.text
    assert "j***@e***.com" in page.text
    assert page.text.count("<button") == page.text.count("<form") == 1
    answer = await clinic.service.http.get(f"{_path(clinic)}/preferences", headers={"accept-language": "es"})
    assert '<html lang="es">' in answer.text
    assert not {"set-cookie", "location"} & set(answer.headers)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (await clinic.poll()).entries == []


async def test_a_kind_switched_off_stops_and_comes_back_when_it_is_switched_on(clinic: Clinic) -> None:
    """L-012, L-015: for every class and location of the business, and for nothing else; a message of no kind passes."""
    await clinic.consent()
    await _choose(clinic, *(ALL - {"care", "news"}))
    assert await _refused(clinic) == await _refused(clinic, message_class="transactional") == {"care", "news"}
    elsewhere = await clinic.may_send(topic="care", location_id=str(uuid4()))
    assert (elsewhere.answer, elsewhere.reason) == ("refused", "optout_topic")
    page = await _show(clinic)
    assert (page.ticked, page.open) == (ALL - {"care", "news"}, {"care", "news"})
    await _choose(clinic, *(ALL - {"news"}))
    assert await _refused(clinic) == {"news"}
    entries = (await clinic.poll()).entries
    assert [(entry.kind, entry.topic, entry.suppression_class) for entry in entries[-1:]] == [("lift", "care", "all")]
    await _choose(clinic, "visits")
    assert await _refused(clinic) == ALL - {"visits"}


async def test_nothing_at_all_stops_the_business_and_is_not_taken_back_here(clinic: Clinic) -> None:
    """L-012: whatever else is ticked; afterwards no kind is offered, and a page of before lifts nothing."""
    await clinic.consent()
    await _choose(clinic, "visits")
    before = await _show(clinic)
    await _choose(clinic, *TOPICS, nothing="on")
    assert await _refused(clinic, message_class="transactional") == ALL | {"none"}
    page = await _show(clinic)
    assert (page.fixed, page.ticked | page.open) == (ALL, set())
    await _choose(clinic, *TOPICS, shown=before.seal)
    assert await _refused(clinic) == ALL | {"none"}
    assert (await clinic.may_send("transactional", topic="visits")).reason == "optout_business"


async def test_a_stale_page_lifts_no_younger_stop(clinic: Clinic) -> None:
    """S36, I9: what was said after the page was shown stands, also if the page is posted again and again."""
    await _choose(clinic, *(ALL - {"care"}))
    old = await _show(clinic)
    await _choose(clinic, *ALL)
    await _choose(clinic, *(ALL - {"care"}))
    stale = await _choose(clinic, *ALL, shown=old.seal)
    assert STALE in stale.text
    assert await _refused(clinic) == {"care"}
    shown = await _show(clinic)
    assert (await _tell(clinic, topic="care")).status_code == 200
    await _choose(clinic, *ALL, shown=shown.seal)
    assert await _refused(clinic) == {"care"}
    await _choose(clinic, *ALL)
    assert await _refused(clinic) == set()


async def test_what_staff_recorded_of_a_kind_is_switched_on_by_the_person(clinic: Clinic) -> None:
    """N-25, L-015: told to the front desk for the business or this location; another location's stays."""
    await clinic.consent()
    for place in ({}, {"scope": "location", "location_id": str(clinic.location_id)}):
        assert (await _tell(clinic, topic="news", **place)).status_code == 200
    there = {"scope": "location", "location_id": str(clinic.person_id)}
    assert (await _tell(clinic, topic="news", **there)).status_code == 200
    assert (await _show(clinic)).open == {"news"}
    await _choose(clinic, *ALL)
    assert await _refused(clinic) == set()
    assert await _refused(clinic, location_id=there["location_id"]) == {"news"}


@pytest.mark.parametrize(
    ("caller", "values", "refused"),
    [
        ("front_desk", {}, ALL | {"none"}),
        ("front_desk", {"suppression_class": "commercial"}, ALL | {"none"}),
        ("source_flag", {"topic": "care"}, {"care"}),
        ("source_flag", {}, ALL | {"none"}),
        ("source_flag", {"address_key": None, "person_id": "self"}, ALL | {"none"}),
        ("front_desk", {"scope": "location", "location_id": "self"}, ALL | {"none"}),
    ],
)
async def test_what_was_stopped_in_another_way_stays(
    clinic: Clinic, caller: str, values: dict[str, Any], refused: set[str]
) -> None:
    """S-038, L-015: a business, class or location opt-out, the source's flag of an address or a person."""
    own = {"person_id": str(clinic.person_id), "location_id": str(clinic.location_id)}
    await clinic.consent()
    await _tell(clinic, caller, **{name: own[name] if value == "self" else value for name, value in values.items()})
    before = (await clinic.poll()).last
    page = await _show(clinic)
    await _choose(clinic, *ALL, shown=page.seal)
    assert await _refused(clinic) == refused
    assert (await clinic.poll()).last == before


async def test_an_opt_out_of_advertising_leaves_what_was_arranged_to_choose(clinic: Clinic) -> None:
    """Architecture 11: one click on a commercial mail; what it stopped is shown as stopped, and that the rest is less than it was."""
    await clinic.consent()
    await clinic.click()
    page = await _show(clinic)
    assert (page.ticked, page.fixed) == ({"appointments", "visits"}, {"care", "news"})
    assert page.text.count("you have stopped advertising") == 2
    await _choose(clinic, "visits")
    assert await _refused(clinic, message_class="transactional") == {"appointments"}


async def test_everything_from_dueback_is_shown_as_stopped(clinic: Clinic) -> None:
    """S-035: the platform's opt-outs count on every business's page."""
    await clinic.service.http.post(f"{_path(clinic)}/choice", data={"choice": "platform"})
    assert (await _show(clinic)).fixed == ALL


async def test_a_forged_or_foreign_token_gets_the_same_answer_and_changes_nothing(clinic: Clinic) -> None:
    """S33, S35, S37: a token that is none, another person's page, another business's, another place's seal."""
    await _choose(clinic, "visits")
    mine = await _show(clinic)
    answer = await _choose(clinic, *ALL)
    forged = await clinic.service.http.post(
        f"/u/{'x' * 130}/preferences", data=dict.fromkeys(ALL, "on") | {"shown": mine.seal}
    )
    assert (forged.status_code, forged.text) == (200, answer.text)
    for stranger in (
        {"address_key": clinic.another().address_key},
        {"subscriber_id": uuid4()},
        {"location_id": uuid4()},
    ):
        path = _path(clinic, **stranger)
        await choose(clinic.service.http, path)
        before = (await clinic.poll()).last
        theirs = await choose(clinic.service.http, path, *ALL, shown=mine.seal)
        assert (theirs.status_code, theirs.text) == (200, answer.text)
        assert (await clinic.poll()).last == before
    parts = mine.seal.split(".")
    moved = await choose(clinic.service.http, _path(clinic), *ALL, shown=".".join([*parts[1:], parts[0]]))
    assert (moved.status_code, moved.text) == (200, answer.text)


async def test_a_form_that_came_incomplete_changes_nothing_and_says_so(clinic: Clinic) -> None:
    """N-40: a missing tick would read as no; without the seal at its end the form is not whole. The same for every token."""
    shown = (await _show(clinic)).seal
    cut = [{"data": {"care": "on"}}, {"data": {"shown": shown[:-1]}}, {"data": {"shown": shown.rpartition(".")[0]}}]
    for spoiled in [*SPOILED_FORMS, *cut]:
        answers = [
            await clinic.service.http.post(f"{path}/preferences", **spoiled)
            for path in (_path(clinic), f"/u/{'x' * 130}")
        ]
        assert [answer.status_code for answer in answers] == [422, 422], spoiled
        assert answers[0].text == answers[1].text
    assert (await clinic.poll()).entries == []


async def test_the_stop_is_safe_before_it_is_answered(long_lease_clinic: Clinic) -> None:
    """I1, architecture 4: the same door as every opt-out: it waits for the holder that has not taken the entry."""
    clinic = long_lease_clinic
    await clinic.poll()
    posting = asyncio.create_task(_choose(clinic, *(ALL - {"care"})))
    while (await clinic.poll()).last < 1:  # noqa: ASYNC110 - the database has no event for it
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    assert not posting.done()
    await clinic.poll(after=1, safe=1)
    assert (await posting).status_code == 200


async def test_without_a_database_stopping_is_kept_and_the_page_leads_to_the_one_that_stops(
    clinic: Clinic,
) -> None:
    """F5, N-40: no state is made up; kinds switched off go to the spool; what could not be switched on is told."""
    await _choose(clinic, *(ALL - {"care"}))
    shown = (await _show(clinic)).seal
    async with database_down(clinic.service.database):
        answer = await clinic.service.http.get(f"{_path(clinic)}/preferences")
        assert (answer.status_code, answer.headers["location"]) == (303, _path(clinic))
        off = await choose(clinic.service.http, _path(clinic), "care", shown=shown)
        assert off.status_code == 503
        assert "could not be stored" in off.text
        assert not clinic.service.deps.door.spool.is_empty()


async def test_mail_of_our_own_has_no_kinds(clinic: Clinic) -> None:
    """S-081: the footer of a lead's mail offers to stop it and nothing to choose."""
    path = _path(clinic, subscriber_id=PLATFORM_SENDER, location_id=PLATFORM_SENDER)
    assert "/preferences" not in (await clinic.service.http.get(path)).text
    assert (await clinic.service.http.get(f"{path}/preferences")).headers["location"] == path


async def test_the_proof_and_the_list_name_the_kind(clinic: Clinic) -> None:
    """L-020, L-022: why this mail and not that one; whoever mails next learns that only a kind was stopped."""
    await clinic.consent()
    await _choose(clinic, *(ALL - {"care"}))
    http, headers = clinic.service.http, clinic.client_headers()
    question = {
        "address_key": clinic.address_key,
        "location_id": str(clinic.location_id),
        "person_ids": [str(clinic.person_id)],
        "message_class": "commercial",
        "at": clinic.clock.now().isoformat(),
    }
    care, news = [
        (await http.post("/v1/evidence/decisions", json=question | {"topic": topic}, headers=headers)).json()
        for topic in ("care", "news")
    ]
    assert (care["answer"], care["rests_on"]["topic"], care["rests_on"]["channel"]) == (
        "refused",
        "care",
        "preferences",
    )
    assert (news["answer"], news["rests_on"]["kind"]) == ("allowed", "consent")
    listed = await http.post("/v1/suppressions/exports", json={"purpose": "the next provider"}, headers=headers)
    assert [json.loads(line).get("topic") for line in listed.text.splitlines()] == [None, "care", None]


def test_the_journals_lines_carry_the_kind_and_older_lines_have_none(clinic: Clinic) -> None:
    """I20: what a restore brings back stops no more and no less than before."""
    entry = clinic.entry(topic="care")
    assert entry_in(line_of(entry)[:-1]) == entry
    values = json.loads(line_of(clinic.entry())[9:])
    del values["topic"]
    older = entry_in(json.dumps(values).encode())
    assert older is not None
    assert older.topic is None


async def test_staff_may_stop_a_kind_of_every_class_only(clinic: Clinic) -> None:
    """N-25: half a kind and a kind there is none of are refused, and nothing is on file."""
    half = await _tell(clinic, topic="care", suppression_class="commercial")
    assert (half.status_code, half.json()["code"]) == (422, "topic_needs_every_class")
    assert (await _tell(clinic, topic="everything")).status_code == 422
    assert (await clinic.poll()).entries == []
