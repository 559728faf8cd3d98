"""The consumer's pages in Chromium: opting out, undoing it, the form, signing up and confirming.

DUEBACK_SHOTS=<folder> keeps a picture of every page for a person to look at.
"""

import re
from typing import Any
from uuid import UUID

import pytest

from shared.schemas.token import OptoutToken
from tests.browser.conftest import find_faults, served
from tests.fixtures.builders import build_location, build_subscriber
from tests.fixtures.services import ADDRESS_KEYS, TOKEN_KEYS, Neighbours, OpenService

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
LONG_NAME = "Bright Smile Family, Cosmetic and Implant Dentistry of Greater Springfield"


class Business:
    """One business with its links, as a mail or a poster carries them."""

    def __init__(self, optout: OpenService) -> None:
        self.subscriber = build_subscriber(name=LONG_NAME)
        self.location = build_location(self.subscriber.subscriber_id)
        self._optout = optout

    def footer(self) -> str:
        """The link in the footer of a mail to the consumer."""
        key = ADDRESS_KEYS.key_of("ann@example.com")
        place = (self.subscriber.subscriber_id, self.location.location_id, UUID(int=7))
        return "/u/" + TOKEN_KEYS.seal(OptoutToken(*place, "commercial", key, "a***@e***.com"))

    def join(self) -> str:
        """The location's sign-up link."""
        seal = self._optout.deps.links.seal
        return "/join/" + str(seal("join", self.subscriber.subscriber_id, self.location.location_id))

    def confirm(self) -> str:
        """The link in a confirmation mail."""
        return "/confirm/" + str(self._optout.deps.links.seal("confirm", self.subscriber.subscriber_id, UUID(int=9)))


@pytest.fixture
async def business(optout: OpenService, neighbours: Neighbours) -> Business:
    """A business with a long name whose location is live."""
    made = Business(optout)
    for kind, entry_id, fact in (
        ("subscriber", made.subscriber.subscriber_id, made.subscriber),
        ("location", made.location.location_id, made.location),
    ):
        await neighbours.push("optout", kind, str(entry_id), fact, subscriber_id=made.subscriber.subscriber_id)
    return made


@pytest.mark.parametrize("language", ["en", "es"])
async def test_every_page_is_readable_by_all_and_fits_a_narrow_screen(
    browser: Any, optout: OpenService, business: Business, language: str
) -> None:
    """S-030, S45: WCAG 2.2 AA by axe in both languages, on a phone of 320 px and a desk, light and dark; nothing foreign, no cookie."""
    wrong: list[str] = []
    asked: list[str] = []
    async with served(optout) as url:
        for size, scheme in ((PHONE, "dark"), (DESK, "light")):
            context = await browser.new_context(viewport=size, locale=language, color_scheme=scheme)
            page = await context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            for name, path in (
                ("ask", business.footer()),
                ("preferences", business.footer() + "/preferences"),
                ("stop", "/stop"),
                ("join", business.join()),
                ("confirm", business.confirm()),
                ("unreadable", "/u/nothing"),
            ):
                await page.goto(url + path)
                assert await page.get_attribute("html", "lang") == language
                wrong += await find_faults(page, f"{name}-{language}-{size['width']}")
            await page.goto(url + business.footer())
            await page.click("button")
            wrong += await find_faults(page, f"done-{language}-{size['width']}")
            await page.goto(url + "/stop")
            await page.click("button")
            wrong += await find_faults(page, f"refused-{language}-{size['width']}")
            await page.goto(url + business.footer() + "/preferences")
            wrong += await find_faults(page, f"preferences-stopped-{language}-{size['width']}")
            await page.click("button")
            wrong += await find_faults(page, f"preferences-done-{language}-{size['width']}")
            await context.close()
    assert wrong == []
    assert [each for each in asked if not each.startswith(url)] == []


async def test_opting_out_and_undoing_it_by_keyboard_alone_without_script(
    browser: Any, optout: OpenService, business: Business
) -> None:
    """S-030, L-034: tab, arrow, enter; the focus is seen; script is off; the undo lifts what was stopped."""
    async with served(optout) as url:
        context = await browser.new_context(viewport=PHONE, locale="en", java_script_enabled=False)
        page = await context.new_page()
        await page.goto(url + business.footer())
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowDown")
        assert await page.locator("input:focus").get_attribute("value") == "location"
        await page.keyboard.press("Tab")
        focused = page.locator("button:focus-visible")
        assert await focused.count() == 1
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/choice$"))
        entries = await _entries(optout, business)
        assert [(entry["kind"], entry["scope"]) for entry in entries] == [("optout", "location")]
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/undo/"))
        assert [entry["kind"] for entry in await _entries(optout, business)] == ["optout", "lift"]
        await context.close()


async def test_choosing_kinds_of_mail_by_keyboard_alone_without_script(
    browser: Any, optout: OpenService, business: Business
) -> None:
    """L-012: from the footer's page by its link; tab, space, enter; the focus is seen; what was switched off is shown and switched on again."""
    async with served(optout) as url:
        context = await browser.new_context(viewport=PHONE, locale="en", java_script_enabled=False)
        page = await context.new_page()
        await page.goto(url + business.footer())
        for _ in range(3):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/preferences$"))
        for said, ticked in (("optout", False), ("lift", True)):
            for _ in range(3):
                await page.keyboard.press("Tab")
            assert await page.locator("input:focus-visible").get_attribute("name") == "care"
            await page.keyboard.press("Space")
            for _ in range(3):
                await page.keyboard.press("Tab")
            assert await page.locator("button:focus-visible").count() == 1
            await page.keyboard.press("Enter")
            await page.wait_for_selector("form", state="detached")
            assert (await _entries(optout, business))[-1] == {"kind": said, "scope": "business", "topic": "care"}
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("form")
            assert await page.locator("#care").is_checked() is ticked
        await context.close()


async def test_signing_up_by_keyboard_alone_without_script(
    browser: Any, optout: OpenService, business: Business
) -> None:
    """S-004, S41: address, space on the agreement, enter; nothing is on file before the mail's link was confirmed."""
    async with served(optout) as url:
        context = await browser.new_context(viewport=PHONE, locale="en", java_script_enabled=False)
        page = await context.new_page()
        await page.goto(url + business.join())
        await page.keyboard.press("Tab")
        await page.keyboard.type("ann@example.com")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#address", state="detached")
        assert await page.locator("h1").count() == 1
        async with optout.deps.worker_db.raw() as connection:
            assert await connection.fetchval("select count(*) from signups where confirmed_at is null") == 1
        assert await _entries(optout, business) == []
        await context.close()


async def _entries(optout: OpenService, business: Business) -> list[Any]:
    subscriber_id = business.subscriber.subscriber_id
    async with optout.deps.worker_db.raw() as connection:
        found = await connection.fetch(
            "select kind, scope, topic from ledger where subscriber_id = $1 order by chain_position", subscriber_id
        )
    return [dict(row) for row in found]
