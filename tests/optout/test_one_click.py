"""One click and the page: RFC 8058 exactly, no state changed by looking, nothing learnt by guessing."""

import asyncio
import base64
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.optout.domain.link_use import MOST_FROM_ONE_NETWORK, MOST_REFUSED, LinkUse
from services.optout.main import find_channels
from shared.schemas.token import OptoutToken, TokenKeys
from tests.fixtures.services import TOKEN_KEYS
from tests.optout.conftest import Clinic, without_undo

URLENCODED: dict[str, Any] = {"data": {"List-Unsubscribe": "One-Click"}}
MULTIPART: dict[str, Any] = {"files": {"List-Unsubscribe": (None, "One-Click")}}
BODIES: list[dict[str, Any]] = [
    URLENCODED,
    MULTIPART,
    {},
    {"content": b"\xff\x00", "headers": {"content-type": "application/json"}},
    {"data": {"email": "other@example.com", "id": "5", "force": "false", "choice": "platform"}},
]


async def _fingerprint(clinic: Clinic) -> str:
    """Return a hash over everything the service has written."""
    connection = await asyncpg.connect(clinic.service.database.superuser)
    try:
        rows = [
            await connection.fetch(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")
            for table in ("ledger", "suppression_log", "suppression_head", "changes", "lease_holders", "idempotency")
        ]
        return str([row[0][0] for row in rows])
    finally:
        await connection.close()


async def test_one_click_stops_the_mail_whatever_the_body(clinic: Clinic) -> None:
    """L-032, L-033, S32, S35: 200, no redirect, no cookie, no credential, no Origin; parameters mean nothing."""
    for body in BODIES:
        one = clinic.another()
        await one.consent()
        assert (await one.may_send()).answer == "allowed"
        answer = await one.click(**body)
        assert answer.status_code == 200
        assert not {"location", "set-cookie"} & set(answer.headers)
        assert (await one.may_send()).answer == "refused", body
        assert (await one.may_send("transactional")).answer == "allowed", body
        other = await one.may_send(subscriber_id=str(uuid4()))
        assert other.answer == "no_permission_yet"


async def test_one_click_on_transactional_mail_stops_everything_of_the_business(clinic: Clinic) -> None:
    """Architecture 11, N-27: brand-wide, a location opened later included."""
    await clinic.consent()
    await clinic.click(clinic.token("transactional"))
    for message_class in ("commercial", "transactional"):
        answer = await clinic.may_send(message_class, location_id=str(uuid4()))
        assert (answer.answer, answer.reason) == ("refused", "optout_business")


async def test_a_hundred_repeats_are_one_entry(clinic: Clinic) -> None:
    """L-036, S40: repeats are normal, all are answered, one effect."""
    answers = await asyncio.gather(*(clinic.click(**URLENCODED) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len((await clinic.poll()).entries) == 1


async def test_looking_changes_nothing(clinic: Clinic) -> None:
    """L-034, S31, N-31: a hundred GETs, HEAD and OPTIONS leave every table as it was."""
    await clinic.click(clinic.token(message_id=uuid4()))
    before = await _fingerprint(clinic)
    for path in (f"/u/{clinic.token()}", f"/u/{clinic.token()}/choice"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
            answer = await clinic.service.http.request(method, path)
            assert answer.status_code in (200, 405)
    answers = [await clinic.service.http.get(f"/u/{clinic.token()}?force=1&choice=platform") for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    assert await _fingerprint(clinic) == before


def _spoiled(token: str) -> list[str]:
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    flipped = []
    for octet in range(len(raw)):
        copy = bytearray(raw)
        copy[octet] ^= 1 << octet % 8
        flipped.append(base64.urlsafe_b64encode(copy).rstrip(b"=").decode())
    foreign = TokenKeys({"1": b"f" * 32}).seal(
        OptoutToken(UUID(int=1), UUID(int=2), UUID(int=3), "commercial", "1.aaaaaaaaaaaaaaaaaaaaaa", "x")
    )
    return [*flipped, token[:-1], token[:20], token + "A", token * 3, "x", foreign, "%00", "é"]


async def test_a_spoiled_token_gets_the_answer_of_a_good_one_and_does_nothing(clinic: Clinic) -> None:
    """S33, S37, L-035: any flipped octet, truncation or foreign key; same status, same body, nothing stored."""
    good = await clinic.click()
    chosen = await clinic.service.http.post(f"/u/{clinic.token()}/choice", data={"choice": "offers"})
    before = await _fingerprint(clinic)
    for token in _spoiled(clinic.token()):
        answer = await clinic.click(token)
        assert (answer.status_code, answer.content) == (200, good.content)
        form = await clinic.service.http.post(f"/u/{token}/choice", data={"choice": "platform"})
        assert (form.status_code, without_undo(form)) == (200, without_undo(chosen))
    assert await _fingerprint(clinic) == before


async def test_every_shown_page_is_the_same_whatever_is_known(clinic: Clinic) -> None:
    """S37: already out, never seen, business unknown: the page shows the masked address of the link and nothing else."""
    fresh = await clinic.service.http.get(f"/u/{clinic.token()}")
    await clinic.click()
    used = await clinic.service.http.get(f"/u/{clinic.token()}")
    assert fresh.content == used.content
    assert clinic.address_key not in fresh.text
    spoiled = {(await clinic.service.http.get(f"/u/{token}")).content for token in _spoiled(clinic.token())[:20]}
    assert len(spoiled) == 1


async def test_a_token_of_a_consumer_and_a_business_that_are_gone_still_works(clinic: Clinic) -> None:
    """S-030, N-30: nothing is looked up; the suppression comes from the token's own keyed hash."""
    token = clinic.token(subscriber_id=uuid4(), location_id=uuid4(), address_key="1.zzzzzzzzzzzzzzzzzzzzzz")
    assert (await clinic.service.http.get(f"/u/{token}")).status_code == 200
    assert (await clinic.click(token)).status_code == 200
    assert (await clinic.poll()).entries[0].address_key == "1.zzzzzzzzzzzzzzzzzzzzzz"


def test_the_token_format_is_frozen() -> None:
    """Links in old mails never expire: a token sealed by the first version opens for ever."""
    link = OptoutToken(
        UUID(int=1), UUID(int=2), UUID(int=3), "transactional", "1.aaaaaaaaaaaaaaaaaaaaaa", "j***@e***.com"
    )
    keys = TokenKeys({"1": bytes(range(32)), "2": b"n" * 32})
    old = (
        "Ad0Xz_Jg1mUfokwOvrWrCRg3_oIVqVDq6-l0_JHJNK5AYOlQhMYe2hSBw-Pw-F5ulyuQ6885d9Ai_vKvggchxyh_Ev"
        "0FtrmpYPFjbQb5yHRMmPwUoaZH4r8bq14bYQ7f2MgAKsvYvXQ"
    )
    assert keys.open(old) == link
    assert TokenKeys({"1": bytes(range(32))}).seal(link) == old
    assert TOKEN_KEYS.seal(link) != old


@pytest.mark.parametrize("slug", sorted(slug for slug, channel in find_channels().items() if channel.post_path))
async def test_every_channel_of_a_link_keeps_the_rules(clinic: Clinic, slug: str) -> None:
    """Recipe of architecture 6: a new channel is one file; it stops mail by default, repeats are one entry, and no token is an oracle."""
    channel = find_channels()[slug]
    assert channel.default is not None
    await clinic.consent()
    path = channel.post_path.format(token=clinic.token("transactional"))
    first, second = await clinic.service.http.post(path), await clinic.service.http.post(path)
    neutral = await clinic.service.http.post(channel.post_path.format(token="x" * 130))
    assert (first.status_code, first.content, without_undo(first)) == (200, second.content, without_undo(neutral))
    assert (await clinic.may_send("transactional")).answer == "refused"
    assert len((await clinic.poll()).entries) == 1
    assert (channel.default("commercial").scope, channel.default("commercial").suppression_class) == (
        "business",
        "commercial",
    )
    headers = clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="optouts")
    filed = (await clinic.service.http.get(f"/v1/evidence/{clinic.address_key}", headers=headers)).json()["entries"]
    assert (filed[-1]["channel"], filed[-1]["evidence"]) == (slug, f"message:{UUID(int=7)}")


async def test_a_flood_from_one_network_is_honoured_and_told(clinic: Clinic) -> None:
    """S40: a firm's mail filter or somebody hostile: every valid POST counts, and a person gets to know."""
    health = clinic.service.http
    assert "optout_flood" not in (await health.get("/health/live")).json()["signals"]
    others = [clinic.another() for _ in range(MOST_FROM_ONE_NETWORK + 1)]
    answers = [
        answer
        for batch in range(0, len(others), 50)
        for answer in await asyncio.gather(*(each.click() for each in others[batch : batch + 50]))
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert "optout_flood" in (await health.get("/health/live")).json()["signals"]


async def test_guessing_links_teaches_nothing_and_is_told(clinic: Clinic) -> None:
    """N-112: the same answer as ever, the signal for a person, real links unaffected."""
    token = clinic.token("commercial")
    guesses = [token[:-3] + f"{number:03}" for number in range(MOST_REFUSED + 1)]
    answers = [await clinic.service.http.post(f"/u/{guess}", **URLENCODED) for guess in guesses]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert "links_guessed" in (await clinic.service.http.get("/health/live")).json()["signals"]
    assert (await clinic.click(token)).content == answers[0].content


def test_what_happened_long_ago_raises_no_alarm() -> None:
    """Five minutes later nobody is told any more; the memory stays bounded."""
    use = LinkUse()
    for number in range(20_000):
        use.note_opened(f"n{number % 15_000}", at=0.0)
        use.note_refused(at=0.0)
    assert use.is_guessed_at(at=299.0)
    assert not use.is_flooded(at=299.0)
    assert not use.is_guessed_at(at=300.0)
