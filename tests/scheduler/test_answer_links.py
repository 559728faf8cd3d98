"""The links to the pages that answer a mail: opaque, good for ever, good for nothing else; and what goes when a person goes."""

from uuid import UUID

import pytest

from shared.kit.pages.sealed_ids import SealedIds
from tests.fixtures.services import service_headers
from tests.scheduler.answering import DAY, Reader, look, mail_one, mail_two_weeks_before
from tests.scheduler.practice import Practice


@pytest.fixture
async def practice(asking: Practice) -> Practice:
    """A practice that asks for confirmation two weeks and three days before."""
    return asking


@pytest.mark.parametrize("token", ["x", "A" * 66, "%00" * 22])
async def test_a_link_of_nobody_shows_the_same_page_for_looking_and_for_pressing(
    practice: Practice, token: str
) -> None:
    """S33, S37: one neutral page, whatever was sent."""
    looked = await look(practice, "GET", f"/confirm/{token}")
    pressed = await look(practice, "POST", f"/confirm/{token}", data={f"answer-{UUID(int=1)}": "confirm"})
    assert looked == pressed
    assert "leads nowhere any more" in looked.text
    assert looked.status == 200


async def test_a_good_link_to_nothing_shows_that_page_too(practice: Practice) -> None:
    """S37: a message of another business, one that announced nothing, and a link sealed with other keys."""
    await mail_one(practice)
    neutral = await look(practice, "GET", "/confirm/x")
    links = practice.scheduler.deps.links
    message = practice.messages[0].message_id
    for token in (
        links.sealed.seal("confirm", UUID(int=9), message),
        links.sealed.seal("confirm", practice.subscriber.subscriber_id, UUID(int=9)),
        links.sealed.seal("other", practice.subscriber.subscriber_id, message),
        SealedIds[str]({"1": b"k" * 32}).seal("confirm", practice.subscriber.subscriber_id, message),
    ):
        for method in ("GET", "POST"):
            assert await look(practice, method, f"/confirm/{token}") == neutral


async def test_the_link_is_the_same_at_every_attempt_and_names_nobody(practice: Practice) -> None:
    """S33, domain 2.4: opaque, no id in it; a repeated submission is the same to the byte."""
    ana, booked, reader = await mail_one(practice)
    path = reader.path()
    for each in (ana, booked, reader.mail.message_id, practice.subscriber.subscriber_id):
        assert str(each) not in path
        assert each.hex not in path
    link = practice.scheduler.deps.links.url("confirm", *(practice.subscriber.subscriber_id, reader.mail.message_id))
    assert link == reader.mail.fields["links"]["confirm"]


async def test_the_page_speaks_the_readers_language(practice: Practice) -> None:
    """L-133: by Accept-Language, else the location's."""
    _, _, reader = await mail_one(practice)
    spanish = await reader.open(**{"accept-language": "es-MX"})
    assert '<html lang="es">' in spanish.html
    assert "Viernes, 20 de marzo, 9:00 a. m." in spanish.text
    await practice.push_location(language="es")
    assert '<html lang="es">' in (await reader.open()).html


async def test_names_are_escaped_and_nothing_personal_stands_in_a_header(practice: Practice) -> None:
    """S46, S-090: a person called <script> reads their name."""
    practice.appointment(practice.person("<script>alert(1)</script>"), f"{DAY} 09:00")
    reader = await mail_two_weeks_before(practice)
    answer = await practice.scheduler.http.get(reader.path())
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers


async def test_erasing_a_person_drops_what_they_answered(practice: Practice) -> None:
    """S-036: the feed names the person without a body: nothing of what they confirmed or asked stays, and their link leads nowhere."""
    ana, bo = (practice.person(name, "lee@example.com") for name in ("Ana", "Bo"))
    for person in (ana, bo):
        practice.appointment(person, f"{DAY} 09:00")
    reader = await mail_two_weeks_before(practice)
    await reader.answer({ana: "confirm", bo: "confirm"})
    await reader.answer({ana: "another_time", bo: "another_time"})
    practice.ingest.feed.put(practice.subscriber.subscriber_id, "consumer", ana, None)
    await practice.run()
    for table in ("announcements", "confirmations", "time_requests"):
        rows = await practice.rows(f"select consumer_id from {table}")
        assert [row["consumer_id"] for row in rows] == [bo], table
    assert "Your appointment at" in (await reader.open()).text
    practice.ingest.feed.put(practice.subscriber.subscriber_id, "consumer", bo, None)
    await practice.run()
    assert "leads nowhere any more" in (await reader.open()).text


async def test_what_a_person_answered_stands_in_the_report_about_them(practice: Practice) -> None:
    """S-061: told to who asks what is held about them."""
    ana, _, reader = await mail_one(practice)
    await reader.answer({ana: "confirm"})
    await reader.answer({ana: "another_time"})
    asked = {
        "subscriber_id": str(practice.subscriber.subscriber_id),
        "address": "a@example.com",
        "address_keys": ["1." + "A" * 22],
    }
    answer = await practice.scheduler.http.post(
        "/v1/personal-data", json=asked | {"consumer_ids": [str(ana)]}, headers=service_headers("portal", "scheduler")
    )
    assert {"announced_appointment", "confirmation", "time_request"} <= {
        row["kind"] for row in answer.json()["holdings"]
    }


async def test_who_left_a_message_before_it_went_is_not_on_its_page(practice: Practice) -> None:
    """N-08: an address that changed after grouping: the mail goes without that person, and its page does not speak of them."""
    ana, bo = (practice.person(name, "lee@example.com") for name in ("Ana", "Bo"))
    for person in (ana, bo):
        practice.appointment(person, f"{DAY} 09:00")
    await practice.run()
    practice.ingest.people[bo] |= {"address": "bo@example.com", "address_key": "1." + "B" * 22}
    await practice.move_to("2026-03-06 10:00")
    page = await Reader(practice, practice.messages[0]).open()
    assert ("Ana" in page.text, "Bo" in page.text) == (True, False)
