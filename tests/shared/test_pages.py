"""What consumers' pages are made with: strict headers, escaped values, sealed ids and the reader's language."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Literal
from uuid import UUID

import jinja2
import pytest
from fastapi import FastAPI

from shared.kit.http import ASGITransport, AsyncClient
from shared.kit.pages.forms import AForm
from shared.kit.pages.languages import choose_language
from shared.kit.pages.sealed_ids import SealedIds, SealRefusedError
from shared.kit.pages.sheet import PAGE_CSS, Sheet, retry_later

OLD, NEW = b"o" * 32, b"n" * 32
FIRST, SECOND = UUID(int=1), UUID(int=2)


class _Texts:
    """The words a frame needs."""

    slug, title = "en", "A page"


def _sheet(folder: Path, *, posts: bool = True) -> Sheet:
    (folder / "one.html").write_text('{% extends "page.html" %}{% block content %}{{ name }}{% endblock %}')
    return Sheet(folder, PAGE_CSS, posts=posts, headers={"Vary": "Accept-Language"})


@pytest.mark.parametrize(("posts", "target"), [(True, "'self'"), (False, "'none'")])
def test_a_page_allows_nothing_but_its_own_style_sheet(tmp_path: Path, posts: bool, target: str) -> None:
    """S31, S45: the sheet by the hash of what stands in the page, no other source, forms to ourselves or nowhere, not stored, not framed."""
    page = _sheet(tmp_path, posts=posts).show("one.html", texts=_Texts, name="Ann")
    style = re.search(r"<style>(.*?)</style>", bytes(page.body).decode(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert page.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action {target}; base-uri 'none'; frame-ancestors 'none'"
    )
    assert (page.headers["cache-control"], page.headers["vary"]) == ("no-store", "Accept-Language")


def test_a_value_is_escaped_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    """S46: who is called <script> reads their name; a page with a hole is never shown."""
    sheet = _sheet(tmp_path)
    assert b"&lt;script&gt;" in sheet.show("one.html", texts=_Texts, name="<script>").body
    with pytest.raises(jinja2.UndefinedError):
        sheet.show("one.html", texts=_Texts)


def test_a_refusal_says_when_to_try_again(tmp_path: Path) -> None:
    """N-40: an honest 503."""
    page = retry_later(_sheet(tmp_path).show("one.html", texts=_Texts, name=""), 503, seconds=60)
    assert (page.status_code, page.headers["retry-after"]) == (503, "60")


def test_sealed_ids_open_for_their_purpose_only_and_after_keys_were_added() -> None:
    """S33, S34: never expiring; no other purpose, no other key, no changed letter."""
    sealed = SealedIds[Literal["here", "there"]]({"1": OLD}).seal("here", FIRST, SECOND)
    opener = SealedIds[Literal["here", "there"]]({"1": OLD, "2": NEW})
    assert opener.open("here", sealed) == (FIRST, SECOND)
    assert len({sealed, opener.seal("here", FIRST, SECOND), opener.seal("there", FIRST, SECOND)}) == 3
    changed = [sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :] for place in range(65)]
    for text in (*changed, sealed[:-1], sealed + "A", "", "é" * 66, "!" * 66):
        with pytest.raises(SealRefusedError):
            opener.open("here", text)
    for stranger in (opener, SealedIds[Literal["here", "there"]]({"1": NEW})):
        with pytest.raises(SealRefusedError):
            stranger.open("there", sealed)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "es"),
        ("en", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("fr, en;q=0.5", "en"),
        ("de", "es"),
        ("en;q=0", "es"),
        ("en;q=nonsense", "es"),
        ("*" * 500, "es"),
    ],
)
def test_a_page_speaks_what_the_reader_wants_or_what_the_location_speaks(header: str, expected: str) -> None:
    """RFC 9110 12.5.4."""
    assert choose_language(header, ("en", "es"), "es") == expected
    assert choose_language("", ("en", "es"), "pt") == "en"


async def test_a_form_is_read_whatever_its_encoding_and_as_nothing_when_it_cannot_be() -> None:
    """S35: a hundred people may answer in one form, in letters of any script; no file, no flood of fields."""
    app = FastAPI()

    @app.post("/")
    async def count(form: AForm) -> int:
        return sum(len(value) for value in form.values())

    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://here") as http:
        for asked, expected in (
            ({"data": {f"answer-{number}": "confirm" for number in range(101)}}, 707),
            ({"data": {"comment": "𝔘" * 2000}}, 2000),
            ({"data": {"a": "b"}, "files": {"c": ("", b"d")}}, 2),
            ({"files": {"a": ("b.txt", b"c")}}, 0),
            ({"data": {f"a{number}": "b" for number in range(500)}}, 0),
            ({"content": b"x" * 200_000, "headers": {"content-type": "application/x-www-form-urlencoded"}}, 0),
            ({"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 0),
            ({"json": {"a": "b"}}, 0),
        ):
            assert (await http.post("/", **asked)).json() == expected, asked
