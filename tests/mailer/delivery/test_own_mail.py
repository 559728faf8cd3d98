"""Mail of our own: asked for by optout or submitted by portal, sent under the platform's identity through the same marker."""

from dataclasses import fields
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest

from services.mailer.actions.send_requested import OwnContentMissingError
from services.mailer.content.findings import ContentSource
from services.mailer.content.own_stock import own_contents
from services.mailer.main import loops
from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.token import OptoutToken
from tests.fixtures.services import TOKEN_KEYS, Neighbours, service_headers
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.contents import COMMERCIAL, add_content
from tests.mailer.delivery.own_mail import ask, follow, own_message, submit_own
from tests.mailer.delivery.world import World, key_of, open_world


def _mails(world: World) -> list[EmailMessage]:
    return [message_from_bytes(mail.body or b"", policy=policy.default) for mail in world.sink.messages]


async def test_an_opt_in_confirmation_asked_of_optout_arrives_once_and_without_marketing_headers(world: World) -> None:
    """Architecture 3, S-055: the platform's From and postal address, the business named, nothing to unsubscribe from."""
    request_id = str(uuid4())
    assert (await ask(world, "ann@example.com", request_id=request_id)).json()["result"] == "requested"
    assert (await ask(world, "ann@example.com", request_id=request_id)).json()["result"] == "repeated"
    await follow(world)
    await world.database.execute("delete from cursors where feed = 'optout'")  # the feed is read from its start again
    await follow(world)
    assert await world.deliver() == {"sent": 1}
    [mail] = _mails(world)
    assert mail["From"] == "Dueback <hello@dueback.example.com>"
    assert mail["To"] == "ann@example.com"
    assert mail["Subject"] == "Confirme los correos de Bright Smile"
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence"} & set(mail.keys())
    assert mail["Auto-Submitted"] == "auto-generated"
    words = mail.get_body(("plain",))
    assert words is not None
    for needed in ("https://optout.example.com/confirm/x", "1 Platform Way"):
        assert needed in words.get_content()
    assert "/u/" not in words.get_content()


async def test_a_request_rests_sealed_and_is_shredded_when_its_time_is_over(world: World) -> None:
    """Architecture 5: no address in clear in optout's tables or feed, and nothing to open once it is too late."""
    await ask(world, "ann@example.com")
    for reader in ("mailer", "ingest"):
        page = await world.optout.http.get("/v1/changes", headers=service_headers(reader, "optout"))
        [change] = [change for change in page.json()["changes"] if change["kind"] == "mail_requested"]
        assert "ann@" not in page.text
        assert (change["body"] is not None) == (reader == "mailer")
    world.neighbours.clock.move(timedelta(days=8))  # type: ignore[attr-defined]
    await world.optout.step("shred_mail_requests")
    await follow(world)
    assert await world.states() == {}


async def test_a_request_for_something_unfit_is_refused_or_told_and_holds_nothing_up(world: World) -> None:
    """S47, S-054: a hostile address is refused at the door; a link elsewhere is refused by the mailer, the next request goes."""
    assert (await ask(world, "Ann@EXAMPLE.com")).json()["code"] == "address_not_canonical"
    far = (world.now + timedelta(days=31)).isoformat()
    assert (await ask(world, "ann@example.com", useful_until=far)).json()["code"] == "useful_until_too_far"
    evil = {"about": {"business": "x"}, "links": {"confirm": "https://evil.example/"}}
    assert (await ask(world, "bob@example.com", fields=evil)).status_code == 200
    await ask(world, "ann@example.com")
    await follow(world)
    assert await world.deliver() == {"sent": 1}
    answer = await world.optout.http.post("/v1/mail-requests", json={}, headers=service_headers("ingest", "optout"))
    assert answer.status_code == 403


async def test_a_platform_wide_opt_out_stops_all_but_what_the_person_asked_for(world: World) -> None:
    """S-035, L-015: account mail dies at the marker, the confirmation somebody asked for after it does not."""
    await _stop_everything(world, "ann@example.com")
    await follow(world)
    content = own_contents()["privacy_case", "en"]
    account = own_message(world, "ann@example.com", content.content_id, fields=content.source.sample)
    other = own_message(world, "bob@example.com", content.content_id, fields=content.source.sample)
    assert [each["result"] for each in await submit_own(world, account, other)] == ["accepted", "accepted"]
    await ask(world, "ann@example.com")
    await follow(world)
    assert await world.deliver() == {"sent": 2, "suppressed": 1}
    assert (await world.state(UUID(account["message_id"])))[0] == "suppressed"


async def test_a_business_is_told_of_its_slow_week_once(world: World) -> None:
    """Domain 2.1: in stock words under our own name, to the mailbox it names; the same id again sends nothing again; nobody else may ask."""
    fields = {"week": {"begins": "March 9", "booked": 21, "usual": 34, "location": "Bright Smile Dental"}}
    given = own_message(world, "ann@example.com", uuid4())
    body = {name: given[name] for name in ("message_id", "address", "address_key", "useful_until")} | {
        "content": "slow_week", "fields": fields,
    }  # fmt: skip
    await follow(world)
    path, own = "/v1/account-mail", service_headers("scheduler", "mailer")
    results = [(await world.mailer.http.post(path, json=body, headers=own)).json()["result"] for _ in range(2)]
    assert results == ["accepted", "repeated"]
    assert (
        await world.mailer.http.post(path, json=body, headers=service_headers("ingest", "mailer"))
    ).status_code == 403
    assert await world.deliver() == {"sent": 1}
    [mail] = _mails(world)
    assert str(mail["Subject"]) == "Next week looks quiet at Bright Smile Dental"
    assert mail["List-Unsubscribe"] is None
    assert "has 21 appointments so far. At this point it is usually 34" in str(mail)


async def test_a_lead_carries_its_way_out_and_an_opt_out_from_us_stops_no_business(world: World) -> None:
    """S-081, L-008: commercial, with list headers; the sender it names is us and nobody else."""
    content_id = await add_content(world.database, COMMERCIAL)
    asked = {"origin": "lead", "audience": "visitor", "topic": "recare", "asked_topic": "recare"}
    lead = own_message(world, "ann@example.com", content_id, **asked)
    strange = own_message(world, "bob@example.com", content_id, **asked | {"asked_topic": "prices"})
    receipts = await submit_own(world, lead, strange)
    assert [(each["result"], each["code"]) for each in receipts] == [("accepted", None), ("refused", "topic_not_asked")]
    assert await world.deliver() == {"sent": 1}
    [mail] = _mails(world)
    link = str(mail["List-Unsubscribe"]).split(">")[0].removeprefix("<https://optout.example.com")
    assert (await world.optout_http.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    again = own_message(world, "ann@example.com", content_id, **asked)
    await submit_own(world, again)
    [business] = await world.send("ann@example.com", content_id=str(world.commercial_id))
    await world.deliver()
    assert (await world.state(UUID(again["message_id"])))[0] == "suppressed"
    assert (await world.state(business))[0] == "sent"


async def test_a_request_waits_until_the_database_has_its_content(world: World) -> None:
    """F5: a new database is asked before its own content stands in it; the page waits, nothing of it is lost."""
    await ask(world, "ann@example.com")
    with pytest.raises(OwnContentMissingError):
        await world.mailer.step("follow_optout")
    assert await world.states() == {}
    await follow(world)
    assert await world.deliver() == {"sent": 1}


async def test_without_a_platform_sender_nothing_of_our_own_is_sent_or_lost(neighbours: Neighbours) -> None:
    """Architecture 3: requests stay in optout's feed, what portal submits is refused with its reason."""
    async with SmtpSink() as sink, open_world(neighbours, sink, MAILER_PLATFORM_FROM="") as world:
        assert not {"keep_platform", "follow_optout"} & {loop.name for loop in loops(world.mailer.deps)}
        message = own_message(world, "ann@example.com", uuid4())
        assert [each["code"] for each in await submit_own(world, message)] == ["platform_sender_missing"]
        await ask(world, "ann@example.com")
        assert await world.states() == {}


async def test_portal_publishes_and_previews_account_mail_as_ours_and_no_campaign_may_use_it(world: World) -> None:
    """S-053, S-031: the rules that bind mail for a business do not bind ours; without its way out it is no campaign's content."""
    own = own_contents()["privacy_case", "en"].source
    given = {field.name: getattr(own, field.name) for field in fields(ContentSource) if field.name != "purpose"} | {
        "subscriber_id": str(PLATFORM_SENDER),
        "class_reason": {
            "purpose": "account",
            "decided_by": "product",
            "decider": "account_note",
            "words": "Of an account.",
        },
        "slug": "account_note",
        "subject": "Your account",
    }
    portal, content_id = service_headers("portal", "mailer"), uuid4()
    shown = await world.mailer.http.post("/v1/contents/preview", json={"content": given}, headers=portal)
    assert (shown.json()["findings"], "1 Platform Way" in shown.json()["text"]) == ([], True)
    put = await world.mailer.http.put(f"/v1/contents/{content_id}", json=given, headers=portal)
    assert put.status_code == 200, put.text
    mail = own_message(world, "ann@example.com", content_id, fields=own.sample)
    assert [each["result"] for each in await submit_own(world, mail)] == ["accepted"]
    campaign = world.message("ann@example.com", uuid4(), content_id=str(content_id), fields=own.sample)
    assert [each["code"] for each in await world.submit(campaign)] == ["optout_mismatched"]
    as_business = await world.mailer.http.put(
        f"/v1/contents/{uuid4()}", json=given | {"subscriber_id": None}, headers=portal
    )
    assert as_business.json()["code"] == "content_refused"


async def _stop_everything(world: World, address: str) -> None:
    """Choose "everything from Dueback" on the page that a business's mail leads to."""
    token = OptoutToken(
        world.subscriber.subscriber_id, world.location.location_id, uuid4(), "commercial", key_of(address), "a***"
    )
    path = f"/u/{TOKEN_KEYS.seal(token)}/choice"
    assert (await world.optout_http.post(path, data={"choice": "platform"})).status_code == 200
