"""Mail to the privacy address from the socket to the suppression: samples of what people write, and what became of each (S-033, N-35)."""

from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import key_of
from tests.mailer.inbound.post import ADDRESS, Post, make_letter
from tests.mailer.inbound.test_privacy_mailbox import requests

HUSBAND = "bob@patients.example.com"


@dataclass(frozen=True)
class Sample:
    """A mail, whether its writer is out at once, and how an open case names it (None: nothing is left to do)."""

    name: str
    mail: str
    out: bool
    case: str | None


def _html(body: str) -> str:
    return f"From: Ann <{ADDRESS}>\nSubject: Hello\nContent-Type: text/html; charset=utf-8\n\n<html><body>{body}</body></html>\n"


SAMPLES = [
    Sample("plain", make_letter("Please unsubscribe me.", subject="Hello"), True, None),
    Sample("only a subject", make_letter("", subject="STOP"), True, None),
    Sample("spanish", make_letter("Por favor, no me envíen más correos. Gracias", subject="Hola"), True, None),
    Sample("spanish, short", make_letter("Denme de baja", subject="Hola"), True, None),
    Sample("html only", _html("<p>Please&nbsp;stop <b>sending me emails</b>.</p>"), True, None),
    Sample(
        "quoted",
        make_letter("unsubscribe\n\nOn Mon, 2 Mar 2026, Smile wrote:\n> We miss you, Ann!\n> Book now"),
        True,
        None,
    ),
    Sample(
        "signed", make_letter("Remove me from your list\n\n-- \nAnn Miller\n12 Elm Street, phone 555 0100"), True, None
    ),
    Sample("own address named", make_letter(f"unsubscribe {ADDRESS.upper()}", subject="x"), True, None),
    Sample("about somebody else as well", make_letter(f"Please unsubscribe {HUSBAND}"), True, "optout_and_more"),
    Sample("about somebody else", make_letter("unsubscribe my husband, not me"), False, "optout_unclear"),
    Sample("answered elsewhere", make_letter("unsubscribe", more=f"Reply-To: {HUSBAND}\n"), False, "optout"),
    Sample("two writers", f"From: {ADDRESS}, {HUSBAND}\nSubject: x\n\nunsubscribe\n", False, "optout"),
    Sample(
        "says more",
        make_letter("I would like to opt out, but first tell me what you have on me and who sold it."),
        False,
        "optout_unclear",
    ),
    Sample(
        "another wish", make_letter("Who are you and why do you have my address?", subject="Question"), False, "other"
    ),
    Sample(
        "quoted by a stranger", make_letter("What is this?\n\n> please unsubscribe me", subject="x"), False, "other"
    ),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
async def test_what_people_write_is_applied_or_kept_for_a_person(post: Post, sample: Sample) -> None:
    """S-033, S-035, N-32, N-35: clear wishes at once and for every business, others as an open case; a third party is never touched."""
    await post.world.consent_all([(ADDRESS, (ann := uuid4())), (HUSBAND, (bob := uuid4()))])
    assert (await post.deliver(f"privacy@{post.domain}", sample.mail, sender=ADDRESS))[0] == 250
    queries = [
        {
            "query_id": str(uuid4()),
            "subscriber_id": str(post.world.subscriber.subscriber_id),
            "location_id": str(post.world.location.location_id),
            "address_key": key_of(address),
            "person_ids": [str(person)],
            "message_class": "transactional",
        }
        for address, person in ((ADDRESS, ann), (HUSBAND, bob))
    ]
    headers = service_headers("mailer", "optout")
    answer = await post.world.optout.http.post("/v1/permissions/check", json={"queries": queries}, headers=headers)
    assert [each["answer"] for each in answer.json()["answers"]] == ["refused" if sample.out else "allowed", "allowed"]
    assert [case["asks"] for case in (await requests(post))["items"]] == ([sample.case] if sample.case else [])
    assert post.world.sink.messages == []
