"""A real browser and a real server on a loopback port; both end with the test."""

import asyncio
import contextlib
import importlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from deploy.local.browser_tests import PACKAGES_VARIABLE, find_chromium
from shared.kit.server import serve
from tests.fixtures.services import Neighbours, OpenService

_QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")


def _driver() -> Any:
    """Import what drives the browser, or skip: it is optional (deploy/browser.txt)."""
    if find_chromium() is None:
        pytest.skip("needs Debian's chromium")
    folder = os.environ.get(PACKAGES_VARIABLE)
    if folder is None:
        pytest.skip("needs the packages of deploy/browser.txt, which ./dueback test installs where chromium is")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module("playwright.async_api")


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    """A headless Chromium."""
    async with _driver().async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0, args=list(_QUIET)
        )
        yield chromium
        await chromium.close()


@contextlib.asynccontextmanager
async def served(service: OpenService) -> AsyncIterator[str]:
    """Serve an opened service as production does; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stop = asyncio.Event()
    server = asyncio.create_task(serve(service.app, host="127.0.0.1", port=port, stop=stop))
    while not server.done():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    stop.set()
    await server


@pytest.fixture
async def optout(neighbours: Neighbours) -> OpenService:
    """The opt-out service, up for longer than a lease already."""
    service = await neighbours.open("optout", OPTOUT_LEASE_SECONDS="0.4")
    service.deps.door.watch._quiet_until = 0.0
    return service


async def find_barriers(page: Any) -> list[str]:
    """What axe-core finds serious or critical on the page shown (WCAG 2.2 A and AA)."""
    axe = importlib.import_module("axe_playwright_python.async_playwright").Axe()
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = await axe.run(page, options={"runOnly": {"type": "tag", "values": rules}})
    return [
        f"{one['id']} at {one['nodes'][0]['target']}"
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


async def find_faults(page: Any, name: str) -> list[str]:
    """Everything wrong with the page shown: barriers, sideways scrolling, cookies. DUEBACK_SHOTS=<folder> keeps a picture of it."""
    if folder := os.environ.get("DUEBACK_SHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    wrong = [f"{name}: {barrier}" for barrier in await find_barriers(page)]
    if await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append(f"{name}: scrolls sideways")
    if await page.context.cookies():
        wrong.append(f"{name}: sets a cookie")
    return wrong
