"""Sign-ups: double opt-in with evidence, no consent by a scanner, no bombing, no oracle, and what the front desk gets of it (S-004)."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.optout.domain.limits import SIGNUP_LIMITS
from shared.schemas.address import canonical_address
from shared.schemas.optout import MailRequestInput
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import ADDRESS_KEYS, TOKEN_KEYS, service_headers
from tests.optout.conftest import Clinic

MOST = {limit.dimension: limit.most for limit in SIGNUP_LIMITS}


def _path(clinic: Clinic) -> str:
    return f"/join/{clinic.service.deps.links.seal('join', clinic.subscriber_id, clinic.location_id)}"


async def _introduce(clinic: Clinic, **location: Any) -> None:
    subscriber = build_subscriber(subscriber_id=clinic.subscriber_id, name="Smile & <b>Co</b> {business}")
    place = build_location(clinic.subscriber_id, location_id=clinic.location_id, name="Smile Downtown", **location)
    await clinic.neighbours.push("optout", "subscriber", str(clinic.subscriber_id), subscriber)
    await clinic.neighbours.push("optout", "location", str(clinic.location_id), place)


async def _sign_up(clinic: Clinic, address: str, **form: str) -> Any:
    return await clinic.service.http.post(_path(clinic), data={"address": address, "agree": "yes"} | form)


async def _mails(clinic: Clinic) -> list[MailRequestInput]:
    """Return what the mailer is asked to send."""
    answer = await clinic.service.http.get("/v1/changes?limit=200", headers=service_headers("mailer", "optout"))
    asked = [change for change in answer.json()["changes"] if change["kind"] == "mail_requested"]
    opened = [TOKEN_KEYS.open_mail(each["body"]["sealed"], UUID(each["key"])) for each in asked]
    return [MailRequestInput.model_validate_json(each) for each in opened]


async def _link(clinic: Clinic) -> str:
    links = (await _mails(clinic))[-1].fields["links"]
    assert isinstance(links, dict)
    return str(links["confirm"]).removeprefix("https://optout.example.com")


def _known_by(clinic: Clinic, address: str) -> str:
    clinic.address_key = ADDRESS_KEYS.key_of(canonical_address(address).folded)
    return address


async def _evidence(clinic: Clinic) -> list[dict[str, Any]]:
    headers = clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="optouts")
    answer = await clinic.service.http.get(f"/v1/evidence/{clinic.address_key}", headers=headers)
    return list(answer.json()["entries"])


async def _rows(clinic: Clinic, query: str) -> list[Any]:
    connection = await asyncpg.connect(clinic.service.database.superuser)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def test_a_confirmed_sign_up_is_permission_with_the_words_agreed_to(clinic: Clinic) -> None:
    """S-020, L-092, S41: consent by double opt-in; wording as shown, policy version, time; nothing before the button is pressed."""
    await _introduce(clinic)
    address = _known_by(clinic, "Ann@example.com")
    page = await clinic.service.http.get(_path(clinic), headers={"accept-language": "es"})
    answer = await _sign_up(clinic, address, language="es")
    assert answer.status_code == 200
    [mail] = await _mails(clinic)
    assert (mail.origin, mail.audience, mail.language, mail.address) == ("opt_in", "consumer", "es", "Ann@example.com")
    assert (await clinic.may_send()).reason == "no_consent"
    confirmed = await clinic.service.http.post(await _link(clinic))
    assert confirmed.status_code == 200
    allowed = await clinic.may_send(person_ids=[])
    assert (allowed.answer, allowed.reason) == ("allowed", "double_opt_in")
    [entry] = await _evidence(clinic)
    assert (entry["kind"], entry["channel"], entry["policy_version"]) == ("consent", "signup", "1")
    [row] = await _rows(clinic, "select * from signups")
    assert entry["evidence"] == f"signup:{row['signup_id']}"
    assert row["wording"].startswith("Quiero recibir correos de Smile & <b>Co</b> {business}: recordatorios")
    assert row["wording"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page.text
    assert b"nn@example" not in row["sealed"]


async def test_looking_at_links_consents_to_nothing(clinic: Clinic) -> None:
    """S41, S31: a scanner fetches sign-up and confirmation links by every method that a link can have; no consent, no mail."""
    await _introduce(clinic)
    await _sign_up(clinic, _known_by(clinic, "ann@example.com"))
    for path in (await _link(clinic), _path(clinic)):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            answer = await clinic.service.http.request(
                method, path, params={"agree": "yes", "address": "ann@example.com"}
            )
            assert answer.status_code in (200, 405)
    assert await _evidence(clinic) == []
    assert len(await _mails(clinic)) == 1


async def test_a_confirmation_counts_once_and_only_within_its_week(clinic: Clinic) -> None:
    """S36: repeats change nothing, an old link neither; the answer is one for all, and what nobody confirmed is forgotten."""
    await _introduce(clinic)
    await _sign_up(clinic, _known_by(clinic, "ann@example.com"))
    link = await _link(clinic)
    answers = await asyncio.gather(*(clinic.service.http.post(link) for _ in range(10)))
    assert len(await _evidence(clinic)) == 1
    await _sign_up(clinic, _known_by(clinic, "bob@example.com"))
    late = await _link(clinic)
    clinic.clock.move(timedelta(days=7, seconds=1))
    answers += [await clinic.service.http.post(path) for path in (late, f"/confirm/{'A' * 66}", "/confirm/x")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert await _evidence(clinic) == []
    await clinic.service.step("forget_signups")
    assert len(await _rows(clinic, "select 1 from signups")) == 1


async def test_a_fresh_confirmation_ends_older_opt_outs_of_this_business_and_no_others(clinic: Clinic) -> None:
    """L-015, N-38: the consumer's own later act; another business's, the platform's and a person's opt-outs stand."""
    await _introduce(clinic)
    address = _known_by(clinic, "ann@example.com")
    other = clinic.another()
    other.address_key = clinic.address_key
    await other.consent()
    await clinic.click()
    await clinic.service.http.post(f"/u/{clinic.token()}/choice", data={"choice": "location"})
    await other.click(other.token())
    clinic.clock.move(timedelta(days=1))
    await _sign_up(clinic, address)
    await clinic.service.http.post(await _link(clinic))
    assert (await clinic.may_send(person_ids=[])).answer == "allowed"
    assert (await other.may_send()).answer == "refused"
    await clinic.service.http.post("/stop", data={"address": address})
    clinic.clock.move(timedelta(days=1))
    await _sign_up(clinic, address)
    await clinic.service.http.post(await _link(clinic))
    assert (await clinic.may_send(person_ids=[])).reason == "optout_platform"


async def test_an_old_confirmation_link_never_lifts_a_younger_opt_out(clinic: Clinic) -> None:
    """S36: opted out after signing up, before or after confirming: out, whatever link is pressed again."""
    await _introduce(clinic)
    address = _known_by(clinic, "ann@example.com")
    await _sign_up(clinic, address)
    link = await _link(clinic)
    clinic.clock.move(timedelta(hours=1))
    await clinic.click()
    clinic.clock.move(timedelta(hours=1))
    await clinic.service.http.post(link)
    assert (await clinic.may_send(person_ids=[])).answer == "refused"
    await clinic.service.http.post(link)
    assert (await clinic.may_send(person_ids=[])).answer == "refused"


async def test_an_address_gets_three_confirmations_a_day_over_all_businesses(clinic: Clinic) -> None:
    """S42, S37: bombing one mailbox through many businesses; the answer never tells, the next day it may again."""
    answers: list[Any] = []
    places = [clinic.another() for _ in range(4)]
    for place in places:
        await _introduce(place)
    for place in places * 2:
        answers.append(await _sign_up(place, "Ann@example.com" if len(answers) % 2 else "ann@EXAMPLE.com"))
    fresh = await _sign_up(places[0], "bob@example.com")
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, fresh.content)}
    assert [mail.address.lower() for mail in await _mails(clinic)].count("ann@example.com") == MOST["address"] == 3
    clinic.clock.move(timedelta(days=1))
    await _sign_up(places[0], "ann@example.com")
    assert [mail.address.lower() for mail in await _mails(clinic)].count("ann@example.com") == 4


async def test_one_source_of_many_addresses_is_throttled(clinic: Clinic) -> None:
    """S42: 429 after the network's limit, nothing sent for what is over; twenty at once are counted right."""
    await _introduce(clinic)
    waves = [range(n, n + 20) for n in range(0, MOST["network"] + 20, 20)]
    answers = [
        answer
        for wave in waves
        for answer in await asyncio.gather(*(_sign_up(clinic, f"p{n}@example.com") for n in wave))
    ]
    assert [answer.status_code for answer in answers].count(200) == MOST["network"]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert len(await _mails(clinic)) == MOST["network"]


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"address": "", "agree": "yes"}, "address-wrong"),
        ({"address": "ann@example.com\r\nBcc: bob@example.com", "agree": "yes"}, "address-wrong"),
        ({"address": "\u202eann@example.com", "agree": "yes"}, "address-wrong"),
        ({"address": "ann@example.com"}, "agree-wrong"),
        ({"address": "ann@example.com", "agree": "no"}, "agree-wrong"),
    ],
)
async def test_what_is_missing_is_told_and_nothing_is_kept(clinic: Clinic, form: dict[str, str], wrong: str) -> None:
    """S47, L-093: no address or no agreement, no sign-up; a sentence beside the field, nothing repeated."""
    await _introduce(clinic)
    answer = await clinic.service.http.post(_path(clinic), data=form)
    assert (answer.status_code, f'id="{wrong}"' in answer.text) == (422, True)
    assert "Bcc" not in answer.text
    assert await _rows(clinic, "select 1 from signups union all select 1 from door_tries") == []


async def test_a_link_that_is_none_or_of_a_closed_location_takes_no_sign_up(clinic: Clinic) -> None:
    """S33: flipped, foreign, another purpose's, another business's location, closed: one page, nothing kept."""
    await _introduce(clinic, state="closed")
    other, sealed = clinic.another(), clinic.service.deps.links
    await _introduce(other)
    token = _path(other).removeprefix("/join/")
    wrong = [
        _path(clinic).removeprefix("/join/"),
        sealed.seal("join", clinic.subscriber_id, other.location_id),
        sealed.seal("confirm", other.subscriber_id, other.location_id),
        other.token(),
        token[:-1],
        *(token[:n] + ("B" if token[n] == "A" else "A") + token[n + 1 :] for n in range(0, 65, 8)),
    ]
    form = {"address": "ann@example.com", "agree": "yes"}
    answers = [await clinic.service.http.post(f"/join/{each}", data=form) for each in wrong]
    answers += [await clinic.service.http.get(f"/join/{each}") for each in wrong]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert await _rows(clinic, "select 1 from signups") == []


async def test_the_front_desk_gets_link_code_and_confirmed_addresses(clinic: Clinic) -> None:
    """S-004, S2: of its own locations only; an address is listed once its owner has confirmed it, and for 90 days."""
    await _introduce(clinic)
    mine: Any = {"subscriber_id": clinic.subscriber_id, "scopes": "optouts"}
    staff = clinic.neighbours.client_headers(**mine, locations=(clinic.location_id,))
    below = f"/v1/locations/{clinic.location_id}"
    shown = (await clinic.service.http.get(f"{below}/signup-link", headers=staff)).json()
    assert shown["url"] == f"https://optout.example.com{_path(clinic)}"
    tablet = await clinic.service.http.get(shown["shared_device_url"].removeprefix("https://optout.example.com"))
    assert 'autocomplete="off"' in tablet.text
    drawn = await clinic.service.http.get(f"{below}/signup-qr", headers=staff)
    assert (drawn.headers["content-type"], drawn.text[:5], "<script" in drawn.text) == ("image/svg+xml", "<?xml", False)
    await _sign_up(clinic, "Ann@example.com")
    listed = f"/v1/signups?location_id={clinic.location_id}"
    assert (await clinic.service.http.get(listed, headers=staff)).json()["items"] == []
    await clinic.service.http.post(await _link(clinic))
    [item] = (await clinic.service.http.get(listed, headers=staff)).json()["items"]
    assert (item["address"], item["language"], item["wording"][:14]) == ("Ann@example.com", "en", "I would like e")
    for stranger in (
        clinic.neighbours.client_headers(subscriber_id=uuid4(), scopes="optouts"),
        clinic.neighbours.client_headers(**mine, locations=(uuid4(),)),
    ):
        for path in (f"{below}/signup-link", f"{below}/signup-qr"):
            assert (await clinic.service.http.get(path, headers=stranger)).status_code == 404
        assert (await clinic.service.http.get("/v1/signups", headers=stranger)).json()["items"] == []
    clinic.clock.move(timedelta(days=91))
    await clinic.service.step("forget_signups")
    headers = clinic.neighbours.client_headers(**mine)
    assert (await clinic.service.http.get(listed, headers=headers)).json()["items"] == []
    [kept] = await _rows(clinic, "select wording, sealed from signups")
    assert (kept["wording"] == item["wording"], kept["sealed"]) == (True, None)


async def test_confirmed_sign_ups_are_listed_page_by_page(clinic: Clinic) -> None:
    """House: a cursor of ours or a refusal."""
    await _introduce(clinic)
    for n in range(3):
        await _sign_up(clinic, f"p{n}@example.com")
        await clinic.service.http.post(await _link(clinic))
        clinic.clock.move(timedelta(minutes=1))
    staff = clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="optouts")
    first = (await clinic.service.http.get("/v1/signups?limit=2", headers=staff)).json()
    second = (await clinic.service.http.get(f"/v1/signups?limit=2&after={first['next']}", headers=staff)).json()
    assert [item["address"][:2] for page in (first, second) for item in page["items"]] == ["p0", "p1", "p2"]
    assert second["next"] is None
    refused = await clinic.service.http.get("/v1/signups?after=x", headers=staff)
    assert (refused.status_code, json.loads(refused.text)["code"]) == (400, "cursor_unreadable")
