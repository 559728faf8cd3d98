"""Every stock mail in Chromium, as a reader sees it: phone and desk, light and dark, plain and with everything a location can add.

DUEBACK_SHOTS=<folder> keeps a picture of each for a person to look at, English at both widths and Spanish at the phone's.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import LintRules, source_of
from services.mailer.content.own_stock import own_contents
from services.scheduler import campaigns
from services.scheduler.content.fields import message_fields
from services.scheduler.content.stock import read_stock_contents, sample_mentions
from services.scheduler.domain.answer_links import SAMPLE_ANSWER_URL
from services.scheduler.domain.campaign_type import CampaignType
from shared.kit.plugins import find_plugins
from tests.browser.conftest import find_barriers

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1024, "height": 800}
SCHEMES: Final = ("light", "dark")
TYPES: dict[str, CampaignType] = find_plugins(campaigns, "CAMPAIGN_TYPE")
STOCK = read_stock_contents(TYPES)
OWN: Final = {
    "words": {"headline": "What is new this spring", "text": "We have moved one door further.\n\nThere is more room to park, too."},
    "offer": {"text": "Ten percent off in April", "code": "SPRING10", "expires_on": "2026-04-30", "conditions": "One a household."},
    "links": {"booking": "https://location.example.com/book", "review": "https://location.example.com/review"},
}  # fmt: skip


def _mails(slug: str, language: str) -> Iterator[tuple[str, str]]:
    """Return every mail of a type as (name, HTML): alone, for several, and with everything that a location can add."""
    kind = TYPES[slug]
    for vertical in kind.verticals:
        content = STOCK.contents[STOCK.ids[slug, vertical, language]]
        people = sample_mentions(kind, vertical)
        variants = {"alone": (people[:1], {}), "full": (people, OWN)}
        for variant, (mentions, settings) in variants.items():
            fields = message_fields(
                mentions,
                trigger=kind.trigger.kind,
                language=language,
                is_change=False,
                settings=settings,
                links={kind.page: SAMPLE_ANSWER_URL} if kind.page else None,
            )
            done = compile_content(source_of(content, fields=fields), LintRules())
            assert done.preview is not None, done.findings
            yield f"{slug}-{vertical}-{language}-{variant}", done.preview[2]


async def _show(page: Any, html: str, size: dict[str, int], scheme: str, name: str) -> list[str]:
    """Show a mail; return what is wrong with how it is laid out."""
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme=scheme)
    if folder := os.environ.get("DUEBACK_SHOTS"):
        width = "phone" if size is PHONE else "desk"
        await page.screenshot(path=f"{folder}/mail-{name}-{width}-{scheme}.png", full_page=True)
    wider = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [f"{name}: scrolls sideways at {size['width']} px"] if wider else []


def _own_mails(kind: str, language: str) -> Iterator[tuple[str, str]]:
    """Return the mail of our own of a kind, under a name like those of the catalogue."""
    done = compile_content(own_contents()[kind, language].source, LintRules(for_platform=True))
    assert done.preview is not None, done.findings
    yield f"{kind}-own-{language}-full", done.preview[2]


_MAILS: Final[dict[str, Callable[[str, str], Iterator[tuple[str, str]]]]] = {
    **dict.fromkeys(sorted(TYPES), _mails),
    **dict.fromkeys(sorted({kind for kind, _ in own_contents()}), _own_mails),
}


@pytest.mark.parametrize("slug", _MAILS)
async def test_every_stock_mail_can_be_read_on_a_phone_and_in_the_dark(browser: Any, slug: str) -> None:
    """L-008, L-132, N-102: no sideways scrolling at 320 px, no serious barrier in either scheme, nothing fetched from anywhere."""
    asked: list[str] = []
    page = await browser.new_page(java_script_enabled=True)
    page.on("request", lambda request: asked.append(request.url))
    wrong: list[str] = []
    for language in ("en", "es"):
        for name, html in _MAILS[slug](slug, language):
            await page.set_content(html)
            for scheme in SCHEMES:
                wrong += await _show(page, html, PHONE, scheme, name)
                if name.endswith("-full") and language == "en":
                    wrong += [f"{name} {scheme}: {barrier}" for barrier in await find_barriers(page)]
                    wrong += await _show(page, html, DESK, scheme, name)
    await page.close()
    assert wrong == []
    assert asked == []
