"""Mail of our own: asked for by optout or submitted by portal, sent under the platform's identity through the same marker."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

from services.mailer.content.own_stock import own_contents
from shared.schemas.mailer import PLATFORM_SENDER
from shared.schemas.token import OptoutToken
from tests.fixtures.services import TOKEN_KEYS, service_headers
from tests.mailer.delivery.contents import COMMERCIAL, add_content
from tests.mailer.delivery.world import World, key_of


async def _ask(world: World, address: str, **values: Any) -> Any:
    """Ask optout for a mail."""
    body = {
        "request_id": str(uuid4()),
        "origin": "opt_in",
        "language": "es",
        "address": address,
        "address_key": key_of(address),
        "fields": {"about": {"business": "Bright Smile"}, "links": {"confirm": "https://optout.example.com/confirm/x"}},
        "useful_until": (world.now + timedelta(days=7)).isoformat(),
    }
    headers = service_headers("portal", "optout")
    return await world.optout.http.post("/v1/mail-requests", json=body | values, headers=headers)


async def _follow(world: World) -> None:
    await world.mailer.step("keep_platform")
    while await world.mailer.step("follow_optout"):
        pass


def _mails(world: World) -> list[EmailMessage]:
    return [message_from_bytes(mail.body or b"", policy=policy.default) for mail in world.sink.messages]


async def test_an_opt_in_confirmation_asked_of_optout_arrives_once_and_without_marketing_headers(world: World) -> None:
    """Architecture 3, S-055: the platform's From and postal address, the business named, nothing to unsubscribe from."""
    request_id = str(uuid4())
    assert (await _ask(world, "ann@example.com", request_id=request_id)).json()["result"] == "requested"
    assert (await _ask(world, "ann@example.com", request_id=request_id)).json()["result"] == "repeated"
    await _follow(world)
    await world.database.execute("delete from cursors where feed = 'optout'")  # the feed is read from its start again
    await _follow(world)
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
    await _ask(world, "ann@example.com")
    for reader in ("mailer", "ingest"):
        page = await world.optout.http.get("/v1/changes", headers=service_headers(reader, "optout"))
        [change] = [change for change in page.json()["changes"] if change["kind"] == "mail_requested"]
        assert "ann@" not in page.text
        assert (change["body"] is not None) == (reader == "mailer")
    world.neighbours.clock.move(timedelta(days=8))  # type: ignore[attr-defined]
    await world.optout.step("shred_mail_requests")
    await _follow(world)
    assert await world.states() == {}


async def test_a_request_for_something_unfit_is_refused_or_told_and_holds_nothing_up(world: World) -> None:
    """S47, S-054: a hostile address is refused at the door; a link elsewhere is refused by the mailer, the next request goes."""
    assert (await _ask(world, "Ann@EXAMPLE.com")).json()["code"] == "address_not_canonical"
    evil = {"about": {"business": "x"}, "links": {"confirm": "https://evil.example/"}}
    assert (await _ask(world, "bob@example.com", fields=evil)).status_code == 200
    await _ask(world, "ann@example.com")
    await _follow(world)
    assert await world.deliver() == {"sent": 1}
    answer = await world.optout.http.post("/v1/mail-requests", json={}, headers=service_headers("ingest", "optout"))
    assert answer.status_code == 403


async def test_a_platform_wide_opt_out_stops_all_but_what_the_person_asked_for(world: World) -> None:
    """S-035, L-015: account mail dies at the marker, the confirmation somebody asked for after it does not."""
    await _stop_everything(world, "ann@example.com")
    await _follow(world)
    content = own_contents()["privacy_case", "en"]
    account = _own(world, "ann@example.com", content.content_id, fields=content.source.sample)
    other = _own(world, "bob@example.com", content.content_id, fields=content.source.sample)
    assert [each["result"] for each in await _submit(world, account, other)] == ["accepted", "accepted"]
    await _ask(world, "ann@example.com")
    await _follow(world)
    assert await world.deliver() == {"sent": 2, "suppressed": 1}
    assert (await world.state(UUID(account["message_id"])))[0] == "suppressed"


async def test_a_lead_carries_its_way_out_and_an_opt_out_from_us_stops_no_business(world: World) -> None:
    """S-081, L-008: commercial, with list headers; the sender it names is us and nobody else."""
    content_id = await add_content(world.database, COMMERCIAL)
    asked = {"origin": "lead", "audience": "visitor", "topic": "recare", "asked_topic": "recare"}
    lead = _own(world, "ann@example.com", content_id, **asked)
    strange = _own(world, "bob@example.com", content_id, **asked | {"asked_topic": "prices"})
    receipts = await _submit(world, lead, strange)
    assert [(each["result"], each["code"]) for each in receipts] == [("accepted", None), ("refused", "topic_not_asked")]
    assert await world.deliver() == {"sent": 1}
    [mail] = _mails(world)
    link = str(mail["List-Unsubscribe"]).split(">")[0].removeprefix("<https://optout.example.com")
    assert (await world.optout_http.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    again = _own(world, "ann@example.com", content_id, **asked)
    await _submit(world, again)
    [business] = await world.send("ann@example.com", content_id=str(world.commercial_id))
    await world.deliver()
    assert (await world.state(UUID(again["message_id"])))[0] == "suppressed"
    assert (await world.state(business))[0] == "sent"


async def _stop_everything(world: World, address: str) -> None:
    """Choose "everything from Dueback" on the page that a business's mail leads to."""
    token = OptoutToken(
        world.subscriber.subscriber_id, world.location.location_id, uuid4(), "commercial", key_of(address), "a***"
    )
    path = f"/u/{TOKEN_KEYS.seal(token)}/choice"
    assert (await world.optout_http.post(path, data={"choice": "platform"})).status_code == 200


def _own(world: World, address: str, content_id: UUID, **values: Any) -> dict[str, Any]:
    """A message as portal submits it."""
    own = {
        "subscriber_id": str(PLATFORM_SENDER),
        "location_id": str(PLATFORM_SENDER),
        "content_id": str(content_id),
        "origin": "account",
        "audience": "staff",
        "touches": [],
    }
    return world.message(address, uuid4()) | own | values


async def _submit(world: World, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    headers = service_headers("portal", "mailer")
    answer = await world.mailer.http.post("/v1/messages", json={"messages": messages}, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["receipts"])
