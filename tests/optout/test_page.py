"""The page behind the footer link: choices, languages, policy headers, and that it needs nothing but a browser."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

from services.optout.main import find_channels
from shared.schemas.token import MessageClass
from tests.fixtures.builders import build_location, build_subscriber
from tests.optout.conftest import Clinic

URLENCODED = {"content-type": "application/x-www-form-urlencoded"}
SPOILED_FORMS: list[dict[str, Any]] = [
    {"content": b"choice=%ff%fe", "headers": URLENCODED},
    {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}},
    {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    {"files": {"choice": ("a.txt", b"platform")}},
    {"content": b"&".join(b"a=1" for _ in range(50)), "headers": URLENCODED},
]


class _Reader(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


async def _introduce(clinic: Clinic, **location: Any) -> None:
    subscriber = build_subscriber(subscriber_id=clinic.subscriber_id, name="Smile & <b>Co</b>")
    place = build_location(clinic.subscriber_id, location_id=clinic.location_id, name="Smile Downtown", **location)
    await clinic.neighbours.push("optout", "subscriber", str(clinic.subscriber_id), subscriber)
    await clinic.neighbours.push("optout", "location", str(clinic.location_id), place)


async def test_the_page_names_the_business_masks_the_address_and_has_one_button(clinic: Clinic) -> None:
    """Issue, S-037, N-26: business named, masked address, wider choices as radio buttons, escaped."""
    await _introduce(clinic)
    answer = await clinic.service.http.get(f"/u/{clinic.token()}")
    page = _Reader(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Smile &amp; &lt;b&gt;Co&lt;/b&gt;" in answer.text
    assert "Smile Downtown" in answer.text
    assert "j***@e***.com" in answer.text
    assert len(page.all("form")) == len(page.all("button")) == 1
    radios = [field for field in page.all("input") if field["type"] == "radio"]
    assert [radio["value"] for radio in radios] == ["offers", "location", "business", "platform"]
    assert ["checked" in radio for radio in radios] == [True, False, False, False]
    assert {label["for"] for label in page.all("label")} == {radio["id"] for radio in radios}


async def test_the_page_needs_no_script_and_no_other_origin(clinic: Clinic) -> None:
    """S31, S45: strict policy, the style sheet by its hash, not framed, not stored, no cookie, no refresh."""
    answer = await clinic.service.http.get(f"/u/{clinic.token()}")
    page = _Reader(answer.text)
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    assert not page.all("script") + page.all("link") + page.all("img") + page.all("iframe")
    assert not [tag for tag, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    assert not [meta for meta in page.all("meta") if meta.get("http-equiv")]
    assert page.all("form")[0]["action"] == f"/u/{clinic.token()}/choice"
    assert "http" not in answer.text.replace("http-equiv", "")


async def test_each_choice_stops_what_it_says(clinic: Clinic) -> None:
    """Architecture 11, S38: only this location, everything from this business; a wrong word is the default."""
    commercial: set[tuple[str, MessageClass]] = {("here", "commercial"), ("there", "commercial")}
    transactional: set[tuple[str, MessageClass]] = {("here", "transactional"), ("there", "transactional")}
    for choice, refused in {
        "offers": commercial,
        "location": {("here", "commercial")},
        "business": commercial | transactional,
        "unheard of": commercial,
    }.items():
        one = clinic.another()
        await one.consent()
        answer = await one.service.http.post(f"/u/{one.token()}/choice", data={"choice": choice})
        assert answer.status_code == 200
        places = {"here": one.location_id, "there": one.person_id}
        asked = {
            (place, message_class): await one.may_send(message_class, location_id=str(places[place]))
            for place, message_class in commercial | transactional
        }
        assert {key for key, given in asked.items() if given.answer == "refused"} == refused, choice


async def test_everything_from_dueback_stops_every_business(clinic: Clinic) -> None:
    """S-035, N-26: platform scope, no subscriber on the wire."""
    await clinic.consent()
    await clinic.service.http.post(f"/u/{clinic.token()}/choice", data={"choice": "platform"})
    answer = await clinic.may_send("transactional")
    assert (answer.answer, answer.reason) == ("refused", "optout_platform")
    elsewhere = await clinic.may_send(subscriber_id=str(clinic.person_id))
    assert elsewhere.answer == "refused"
    assert (await clinic.poll()).entries[0].subscriber_id is None


async def test_a_form_that_cannot_be_read_means_the_default(clinic: Clinic) -> None:
    """S35: who pressed the button is out."""
    for spoiled in SPOILED_FORMS:
        one = clinic.another()
        await one.consent()
        answer = await one.service.http.post(f"/u/{one.token()}/choice", **spoiled)
        assert answer.status_code == 200, spoiled
        assert (await one.may_send()).answer == "refused", spoiled
        assert (await one.may_send("transactional")).answer == "allowed", spoiled


async def test_the_page_speaks_spanish_to_who_wants_it(clinic: Clinic) -> None:
    """Issue: English and Spanish by Accept-Language, else the location's own language."""
    await _introduce(clinic, language="es")
    plain = await clinic.service.http.get(f"/u/{clinic.token()}")
    english = await clinic.service.http.get(f"/u/{clinic.token()}", headers={"accept-language": "en-US"})
    assert '<html lang="es">' in plain.text
    assert '<html lang="en">' in english.text
    done = await clinic.click(headers={"accept-language": "es"})
    assert "Hemos recibido su solicitud" in done.text


def test_channels_are_found_by_looking() -> None:
    """Architecture 6: plug-in folder."""
    assert {"one_click", "page"} <= set(find_channels())
