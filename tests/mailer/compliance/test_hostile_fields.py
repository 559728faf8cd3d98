"""Hostile names and fields through rendering and composing as they are sent, read back by the standard library and by dkimpy's parser."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from uuid import uuid4

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.content.environment import FieldMissingError
from services.mailer.content.fields import UnfitFieldsError, clean_fields
from services.mailer.content.render import Renderer, RenderFailedError
from services.mailer.smtp.compose import Composed, Letter
from services.mailer.smtp.headers import UnfitHeaderError
from services.mailer.smtp.serialize import to_wire
from tests.fixtures.services import service_headers
from tests.mailer.content.examples import FIELDS, OPTOUT_URL, SENDER, good_content
from tests.mailer.delivery.world import World
from tests.mailer.smtp.test_compose import NAMES, skeleton

AT = datetime(2026, 11, 23, 9, 5, 7, tzinfo=UTC)
RENDERER = Renderer(good_content(), SENDER)
PIECES = (
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "Bcc: x@evil.example",
    "\r\nBcc: x@evil.example\r\n",
    "=?utf-8?q?a=0ABcc:_x?=",
    "\r\n.\r\n",
    "\n.\nMAIL FROM:<x@evil.example>",
    "x" * 1200,
    "é" * 700,
    "{{ business.name }}",
    "{% for a in b %}",
    "{{ ''.__class__ }}",
    "<script>alert(1)</script>",
    "' onmouseover='x",
    "--=_",
    "👩‍⚕️",
    "ﬁ",
    "\ud800",
    "%0d%0aBcc:",
    ";ls",
    "&lt;",
    "From ",
    "a@b.example",
)
CRUEL = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), min_size=1, max_size=6).map("".join)


def compose(fields: dict[str, Any]) -> Composed:
    """A message from a caller's fields to its bytes, the way a worker makes it."""
    words = RENDERER.render(clean_fields(fields), OPTOUT_URL)
    return skeleton().compose(
        Letter(uuid4(), "ann@y.example.com", words.subject, words.text, words.html, AT, OPTOUT_URL)
    )


@given(name=CRUEL, row=CRUEL)
def test_no_field_changes_headers_parts_or_the_way_out(name: str, row: str) -> None:
    """S46, S48, S54: the allow-list of headers, two parts, one message; template marks and markup are printed, never run."""
    fields = {
        **FIELDS,
        "person": {"first_name": name, "greeting": name},
        "people": [{**FIELDS["people"][0], "first_name": row}],
    }
    try:
        composed = compose(fields)
    except (UnfitHeaderError, FieldMissingError, UnfitFieldsError, RenderFailedError):
        return  # this one message is held with its reason
    message = message_from_bytes(composed.data, policy=policy.default)
    by_dkimpy, rest = dkim.rfc822_parse(composed.data)
    assert list(message.keys()) == [header.decode() for header, _ in by_dkimpy] == NAMES
    assert len(rest) > 100
    text, html = (cast("EmailMessage", part).get_content() for part in message.iter_parts())
    for part in (text, html):
        assert OPTOUT_URL in part
        assert SENDER.postal_address in part
    assert "<script>" not in html
    assert "onmouseover='" not in html
    wire = to_wire(composed.data)
    assert wire.count(b"\r") == wire.count(b"\n") == wire.count(b"\r\n")
    assert b"\r\n.\r\n" not in wire
    assert max(map(len, wire.split(b"\r\n"))) <= 999


@pytest.mark.parametrize(
    "address",
    [
        '"a\r\nBcc: x"@example.com',
        "a@b@example.com",
        "<a@example.com>",
        "a@example.com, b@example.com",
        "@a,@b:c@example.com",
        "a%b@example.com@x",
        "-oQ/tmp@example.com\n",
        " a@example.com",
        "a@example.com.",
        "a" * 70 + "@example.com",
        "a@" + "b" * 260 + ".com",
        "a(comment)@example.com",
        "a@exam ple.com",
        "a@[127.0.0.1]",
        "a@\u0435xample.com\u202e",
        "a@EXAMPLE.com",
        "",
    ],
)
async def test_a_hostile_address_is_refused_for_itself_and_is_not_repeated(alone: World, address: str) -> None:
    """S47: refused by the wire or by the receipt; the neighbour in the same call is taken where the call is."""
    message = alone.message("bob@example.com", uuid4())
    good = alone.message("ann@example.com", uuid4())
    answer = await alone.mailer.http.post(
        "/v1/messages",
        json={"messages": [message | {"address": address}, good]},
        headers=service_headers("scheduler", "mailer"),
    )
    if answer.status_code == 200:
        assert [receipt["result"] for receipt in answer.json()["receipts"]] == ["refused", "accepted"]
    else:
        assert answer.status_code == 422
    assert not address.strip() or address.strip() not in answer.text


async def test_those_whose_fields_are_missing_are_held_and_told_and_the_others_go(world: World) -> None:
    """N-98: three of a hundred lack a name: ninety-seven arrive, three are told with the reason, nobody gets "Hello ,"."""
    people = [(f"ann{number}@example.com", uuid4()) for number in range(100)]
    await world.consent_all(people)
    lacking: tuple[dict[str, Any], ...] = (
        {"person": {"greeting": ""}},
        {"person": {}},
        {"person": {"greeting": {"x": "y"}}},
    )
    messages = [
        world.message(address, person, **({"fields": lacking[number]} if number < len(lacking) else {}))
        for number, (address, person) in enumerate(people)
    ]
    await world.submit(*messages)
    assert await world.deliver() == {"sent": 97, "failed": 3}
    told = {
        outcome["message_id"]: outcome["reason"] for outcome in await world.outcomes() if outcome["state"] == "failed"
    }
    assert told == {message["message_id"]: "field_missing" for message in messages[:3]}
    assert not any(b"Hello ," in (mail.body or b"") for mail in world.sink.messages)
