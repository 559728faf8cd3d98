"""The pages that answer a mail in Chromium: readable by all, on a narrow screen, by keyboard alone and without script.

DUEBACK_SHOTS=<folder> keeps a picture of every page for a person to look at.
"""

import re
from typing import Any
from uuid import UUID

import pytest

from shared.kit.clock import ManualClock
from tests.browser.conftest import find_faults, served
from tests.fixtures.services import Neighbours
from tests.scheduler.answering import Reader
from tests.scheduler.practice import Practice, open_practice

PHONE, DESK = {"width": 320, "height": 640}, {"width": 1280, "height": 800}
LONG_NAME = "Bright Smile Family, Cosmetic and Implant Dentistry of Greater Springfield"


@pytest.fixture
async def practice(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """A practice with a long name that asks for confirmation."""
    made = await open_practice(clock, neighbours, name=LONG_NAME)
    assert (await made.switch_on("appointment_confirm_request")).status_code == 201
    return made


async def _mailed(practice: Practice, *names: str) -> tuple[Reader, list[UUID]]:
    """Mail people of one address about their appointments of one day."""
    people = [practice.person(name, "lee@example.com") for name in names]
    booked = [practice.appointment(person, f"2026-03-20 {9 + n:02d}:00") for n, person in enumerate(people)]
    await practice.run()
    await practice.move_to("2026-03-06 10:00")
    return Reader(practice, practice.messages[-1]), booked


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("names", [("Ana",), ("Ana", "Maximiliana-Constantina", "")], ids=["alone", "family"])
async def test_the_page_to_confirm_is_readable_by_all_and_fits_a_narrow_screen(
    browser: Any, practice: Practice, language: str, names: tuple[str, ...]
) -> None:
    """L-132, S45: WCAG 2.2 AA by axe in both languages, on a phone of 320 px and a desk, light and dark; nothing foreign, no cookie."""
    reader, _ = await _mailed(practice, *names)
    wrong: list[str] = []
    asked: list[str] = []
    async with served(practice.scheduler) as url:
        for size, scheme in ((PHONE, "dark"), (DESK, "light")):
            context = await browser.new_context(viewport=size, locale=language, color_scheme=scheme)
            page = await context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            at = f"{len(names)}-{language}-{size['width']}"
            for name, path in (("confirm", reader.path()), ("nowhere", "/confirm/nothing")):
                await page.goto(url + path)
                assert await page.get_attribute("html", "lang") == language
                wrong += await find_faults(page, f"{name}-{at}")
            await page.goto(url + reader.path())
            if len(names) > 1:
                await page.click("button")
                wrong += await find_faults(page, f"incomplete-{at}")
                await page.goto(url + reader.path())
                await page.locator("input[type=radio]").last.check()
            await page.locator("button").last.click()
            wrong += await find_faults(page, f"answered-{at}")
            await page.goto(url + reader.path())
            wrong += await find_faults(page, f"confirm-again-{at}")
            await context.close()
    assert wrong == []
    assert [each for each in asked if not each.startswith(url)] == []


async def test_a_family_answers_by_keyboard_alone_without_script(browser: Any, practice: Practice) -> None:
    """L-127, L-132: tab, arrow, enter; the focus is seen; script is off; each answer is that person's."""
    reader, booked = await _mailed(practice, "Ana", "Bo")
    async with served(practice.scheduler) as url:
        context = await browser.new_context(viewport=PHONE, locale="en", java_script_enabled=False)
        page = await context.new_page()
        await page.goto(url + reader.path())
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        assert await page.locator("input:focus-visible").get_attribute("value") == "confirm"
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")
        assert await page.locator("button:focus-visible").count() == 1
        await page.keyboard.press("Enter")
        await page.wait_for_selector("form", state="detached")
        await context.close()
    confirmed = await practice.rows("select appointment_id from confirmations")
    asked = await practice.rows("select appointment_id from time_requests")
    assert [[row["appointment_id"] for row in rows] for rows in (confirmed, asked)] == [[booked[0]], [booked[1]]]


async def test_one_appointment_takes_one_press(browser: Any, practice: Practice) -> None:
    """Architecture 11: the page with one button more than the mail; enter on it confirms."""
    reader, booked = await _mailed(practice, "Ana")
    async with served(practice.scheduler) as url:
        context = await browser.new_context(viewport=PHONE, locale="en", java_script_enabled=False)
        page = await context.new_page()
        await page.goto(url + reader.path())
        await page.keyboard.press("Tab")
        assert re.search("Yes", await page.locator("button:focus-visible").inner_text())
        await page.keyboard.press("Enter")
        await page.wait_for_selector("form", state="detached")
        await context.close()
    (row,) = await practice.rows("select appointment_id from confirmations")
    assert row["appointment_id"] == booked[0]


@pytest.fixture
async def surveyed(clock: ManualClock, neighbours: Neighbours) -> Reader:
    """The reader of a survey's mail."""
    practice = await open_practice(clock, neighbours, name=LONG_NAME)
    assert (await practice.switch_on("survey")).status_code == 201
    practice.visit(practice.person("Ana"), practice.clock.now())
    await practice.run()
    await practice.move_to("2026-03-03 10:00")
    return Reader(practice, practice.messages[-1])


@pytest.mark.parametrize("language", ["en", "es"])
async def test_the_survey_is_readable_by_all_and_fits_a_narrow_screen(
    browser: Any, surveyed: Reader, language: str
) -> None:
    """L-132, S45: WCAG 2.2 AA by axe, 320 px and a desk, light and dark, before and after an answer; nothing foreign, no cookie."""
    wrong: list[str] = []
    asked: list[str] = []
    async with served(surveyed.practice.scheduler) as url:
        for size, scheme in ((PHONE, "dark"), (DESK, "light")):
            context = await browser.new_context(viewport=size, locale=language, color_scheme=scheme)
            page = await context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            at = f"{language}-{size['width']}"
            await page.goto(url + surveyed.path("survey"))
            assert await page.get_attribute("html", "lang") == language
            wrong += await find_faults(page, f"survey-{at}")
            await page.locator("#score-10").check()
            await page.fill("#comment", "Everybody was kind.")
            await page.click("button")
            wrong += await find_faults(page, f"survey-done-{at}")
            await page.goto(url + surveyed.path("survey"))
            assert await page.locator("#score-10").is_checked()
            wrong += await find_faults(page, f"survey-again-{at}")
            await context.close()
    assert wrong == []
    assert [each for each in asked if not each.startswith(url)] == []


async def test_a_survey_is_answered_by_keyboard_alone_without_script(browser: Any, surveyed: Reader) -> None:
    """L-132: tab, arrows, typing, enter; the focus is seen; script is off."""
    async with served(surveyed.practice.scheduler) as url:
        context = await browser.new_context(viewport=PHONE, locale="en", java_script_enabled=False)
        page = await context.new_page()
        await page.goto(url + surveyed.path("survey"))
        await page.keyboard.press("Tab")
        for _ in range(8):
            await page.keyboard.press("ArrowRight")
        assert await page.locator("input:focus-visible").get_attribute("value") == "8"
        await page.keyboard.press("Tab")
        await page.keyboard.type("Kind people")
        await page.keyboard.press("Tab")
        assert await page.locator("button:focus-visible").count() == 1
        await page.keyboard.press("Enter")
        await page.wait_for_selector("form", state="detached")
        await context.close()
    (row,) = await surveyed.practice.rows("select score, sealed is not null as commented from survey_answers")
    assert (row["score"], row["commented"]) == (8, True)
