"""Tests of campaigns as the mailer sends them: to the location's own people only, marked, inert, few, and counted nowhere."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final
from uuid import uuid4

import asyncpg

from services.mailer.content.marks import mark_as_test
from services.mailer.content.notices import LANGUAGES, write_test_marks
from services.mailer.content.render import Rendered
from tests.fixtures.services import service_headers
from tests.mailer.delivery.contents import COMMERCIAL, add_content
from tests.mailer.delivery.world import World

_ADA = "ada@brightsmile.example.com"


def _trial(world: World, address: str = _ADA, **values: Any) -> dict[str, Any]:
    """A test as the scheduler submits it."""
    own = {"origin": "test", "audience": "staff", "touches": [], "content_id": str(world.commercial_id)}
    return world.message(address, uuid4()) | own | {"topic": "news"} | values


def _read(world: World) -> tuple[EmailMessage, str, str]:
    """The first mail at the relay with its text and its HTML."""
    mail = message_from_bytes(world.sink.messages[0].body or b"", policy=policy.default)
    parts = [mail.get_body((part,)) for part in ("plain", "html")]
    plain, html = [str(part.get_content()) for part in parts if part is not None]
    return mail, plain, html


async def _name_recipients(world: World, *addresses: str, version: int = 2) -> None:
    world.location = world.location.model_copy(update={"test_recipients": list(addresses)})
    await world.neighbours.push("mailer", "location", str(world.location.location_id), world.location, version=version)


async def test_a_test_arrives_marked_and_nothing_in_it_stops_anybody(world: World) -> None:
    """The subject says so and a line above the text; the footer stands there with a link that is no token; no list headers; the real one is
    not touched by it. Nobody has consented, and it goes all the same."""
    await _name_recipients(world, _ADA)
    assert [row["result"] for row in await world.submit(_trial(world))] == ["accepted"]
    assert await world.deliver() == {"sent": 1}
    mail, plain, html = _read(world)
    assert mail["To"] == _ADA
    assert mail["Subject"] == "[Test] A note from Bright Smile Dental"
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence"} & set(mail.keys())
    for words in (plain, html):
        assert words.count("This is a test for the staff of Bright Smile Dental, with sample data.") == 1
        assert "https://optout.example.com/u/preview" in words
        assert words.count("/u/") == words.count("/u/preview")
    assert html.index("<body") < html.index("This is a test") < html.index("Hello")
    looked = await world.optout_http.get("/u/preview")
    clicked = await world.optout_http.post("/u/preview", data={"List-Unsubscribe": "One-Click"})
    nothing = await world.optout_http.post("/u/no-link-of-ours", data={"List-Unsubscribe": "One-Click"})
    assert looked.headers["content-type"].startswith("text/html")
    assert clicked.text == nothing.text
    ledger = await asyncpg.connect(world.optout.database.superuser)
    try:
        assert await ledger.fetchval("select count(*) from ledger") == 0
    finally:
        await ledger.close()


_SPANISH: Final[dict[str, Any]] = COMMERCIAL | {
    "language": "es",
    "subject": "Una nota de {{ location.name }}",
    "mjml": COMMERCIAL["mjml"]
    .replace("Hello", "Hola")
    .replace(
        "We have written down what we talked about at your visit. Please call us with any question.",
        "Tenemos algo que contarle a usted.",
    )
    .replace("Stop these e-mails", "No recibir estos correos"),
    "text": COMMERCIAL["text"]
    .replace("Hello", "Hola")
    .replace(
        "We have written down what we talked about at your visit. Please call us with any question.",
        "Tenemos algo que contarle a usted.",
    )
    .replace("Stop these e-mails", "No recibir estos correos"),
}


async def test_a_test_is_marked_in_the_language_of_its_content(world: World) -> None:
    """What says that it is a test is read by who reads the mail; every language that a content may have is spoken."""
    await world.submit(
        _trial(world, world.location.sender.reply_to, content_id=str(await add_content(world.database, _SPANISH)))
    )
    assert await world.deliver() == {"sent": 1}
    mail, plain, _ = _read(world)
    assert mail["Subject"] == "[Prueba] Una nota de Bright Smile Dental"
    assert "Esta es una prueba para el personal de Bright Smile Dental" in plain
    marks = [write_test_marks(language, "B & C") for language in LANGUAGES]
    assert len({mark for mark, _ in marks}) == len({line for _, line in marks}) == len(LANGUAGES)
    marked = mark_as_test(Rendered("s", "t", "no body"), language="fr", business_name="B & C")
    assert (marked.subject, "B &amp; C" in marked.html, "B & C" in marked.text) == ("[Essai] s", True, True)


async def test_a_test_goes_to_people_of_the_location_and_to_nobody_else(world: World) -> None:
    """Never a consumer: where answers go, and whom the location names at this moment; not another one's, and none with touches or a campaign."""
    trial = _trial(world)
    assert [row["code"] for row in await world.submit(trial)] == ["test_recipient_unknown"]
    await world.consent("ann@example.com", uuid4())
    await _name_recipients(world, _ADA)
    touch = [{"touch_id": str(uuid4()), "person_id": str(uuid4())}]
    offered = [
        (trial, None),
        (_trial(world, world.location.sender.reply_to), None),
        (_trial(world, "ann@example.com"), "test_recipient_unknown"),
        (_trial(world, "Ada@brightsmile.example.com"), "test_recipient_unknown"),
        (_trial(world, touches=touch), "test_touches_somebody"),
        (_trial(world, campaign_id=str(uuid4())), "test_touches_somebody"),
        (_trial(world, audience="consumer"), "audience_refused"),
        (_trial(world, topic="weather"), "topic_unknown"),
        (_trial(world, fields={"person": {"greeting": "x https://evil.example/"}}), "link_not_allowed"),
    ]
    assert [row["code"] for row in await world.submit(*(each for each, _ in offered))] == [code for _, code in offered]
    answer = await world.mailer.http.post(
        "/v1/messages", json={"messages": [_trial(world)]}, headers=service_headers("portal", "mailer")
    )
    assert answer.json()["receipts"][0]["code"] == "origin_not_yours"
    await _name_recipients(world, version=3)
    assert [row["code"] for row in await world.submit(_trial(world))] == ["test_recipient_unknown"]


async def test_a_business_has_twenty_tests_a_day_and_a_repeat_is_none(world: World) -> None:
    """Limited because it rests on no consent: counted at acceptance, in one call and over several; the twenty-first waits for tomorrow."""
    await _name_recipients(world, _ADA)
    first = [_trial(world) for _ in range(15)]
    assert {row["result"] for row in await world.submit(*first)} == {"accepted"}
    assert {row["result"] for row in await world.submit(*first)} == {"repeated"}
    more = await world.submit(*(_trial(world) for _ in range(7)))
    assert [row["code"] for row in more] == [None] * 5 + ["test_limit_reached"] * 2
    world.neighbours.clock.move(timedelta(hours=25))  # type: ignore[attr-defined]
    assert [row["code"] for row in await world.submit(_trial(world))] == [None]


async def test_an_opt_out_of_that_address_holds_for_tests(world: World) -> None:
    """I1, L-015: also of the topic alone; the marker stops it, and it stays stopped."""
    await _name_recipients(world, _ADA, "bob@brightsmile.example.com")
    await world.opt_out(_ADA, suppression_class="commercial")
    await world.opt_out("bob@brightsmile.example.com", topic="news")
    await world.submit(
        _trial(world), _trial(world, "bob@brightsmile.example.com"), _trial(world, world.location.sender.reply_to)
    )
    assert await world.deliver() == {"sent": 1, "suppressed": 2}
    assert [mail.recipients for mail in world.sink.messages] == [(world.location.sender.reply_to.encode(),)]


async def test_a_test_counts_neither_as_sent_nor_by_its_complaint(world: World) -> None:
    """L-061: twenty tests would otherwise thin out the rate, or three of them pause a small practice's mail."""
    await _name_recipients(world, _ADA)
    trial = _trial(world)
    await world.submit(trial)
    await world.deliver()
    (real,) = await world.send("ann@example.com", content_id=str(world.commercial_id), topic="news")
    await world.deliver()
    await world.database.execute(
        "insert into reports (report_id, subscriber_id, message_id, address_key, kind, reported_at) "
        "select gen_random_uuid(), subscriber_id, message_id, address_key, 'complaint', $1 from messages",
        world.now,
    )
    while await world.mailer.step("watch_complaints"):
        pass
    days = await world.database.fetch("select sent, complaints from complaint_days")
    assert [tuple(row) for row in days] == [(1, 1)]
    assert (await world.state(real))[0] == "sent"


async def test_a_test_that_cannot_go_yet_waits_and_shows_as_it_was_sent(world: World) -> None:
    """Nobody plans a test again, so it waits while the location is suspended; and its proof matches to the byte (L-020)."""
    trial = _trial(world, world.location.sender.reply_to)
    await world.submit(trial)
    place = str(world.location.location_id)
    await world.neighbours.push(
        "mailer", "location", place, world.location.model_copy(update={"state": "suspended"}), version=2
    )
    async with world.following(), world.working():
        await world.until(lambda: _reason(world, "location_not_live"))
    await world.neighbours.push("mailer", "location", place, world.location, version=3)
    world.neighbours.clock.move(timedelta(minutes=2))  # type: ignore[attr-defined]
    assert await world.deliver() == {"sent": 1}
    shown = await world.mailer.http.get(
        f"/v1/messages/{trial['message_id']}/content",
        headers=world.neighbours.client_headers(
            subscriber_id=world.subscriber.subscriber_id, scopes="messages content"
        ),
    )
    assert (shown.json()["proof"], shown.json()["subject"]) == ("matches", "[Test] A note from Bright Smile Dental")


async def _reason(world: World, reason: str) -> bool:
    return bool(await world.database.fetchval("select exists (select from messages where reason = $1)", reason))
