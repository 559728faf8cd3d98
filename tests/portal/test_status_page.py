"""The status page and HOLD by the operator's hand."""

import re
from collections.abc import Awaitable, Callable

from tests.portal.conftest import Below
from tests.portal.steps import Portal


async def _page(portal: Portal) -> str:
    """Render afresh: the answer is cached for seconds, so each look is through a new application."""
    from shared.kit.http import ASGITransport, AsyncClient

    app = portal.opened.module.create_app(portal.opened.deps)
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://portal.internal") as http:
        answer = await http.get("/")
    assert answer.status_code == 200
    return answer.text


def _marks(page: str) -> dict[str, list[str]]:
    rows = re.findall(r"<li>(.*?)</li>", page, re.DOTALL)
    found = {}
    for row in rows:
        [name] = re.findall(r"<h2>(.*?)</h2>", row)
        found[name] = re.findall(r'class="mark [a-z]+">(.*?)<', row)
    return found


async def test_the_page_tells_who_is_ready_and_who_is_on_hold(
    portal: Portal, below: Callable[[str], Awaitable[Below]]
) -> None:
    """A plain status page; HOLD is put and released by the operator (I20)."""
    down = _marks(await _page(portal))
    assert down == {name: ["not ready"] for name in ("optout", "ingest", "mailer", "scheduler")} | {"portal": ["ready"]}
    for name in ("optout", "mailer"):
        await below(name)
    for name in ("mailer", "portal"):
        answer = await portal.call("POST", f"/v1/services/{name}/hold", json={"on_hold": True})
        assert (answer.status_code, answer.json()) == (200, {"on_hold": True})
    held = _marks(await _page(portal))
    assert (held["mailer"], held["portal"], held["optout"]) == (["on hold", "ready"], ["on hold", "ready"], ["ready"])
    await portal.call("POST", "/v1/services/mailer/hold", json={"on_hold": False})
    released = _marks(await _page(portal))
    assert (released["mailer"], released["ingest"]) == (["ready"], ["not ready"])


async def test_a_service_that_does_not_answer_is_said_to_be_silent(portal: Portal) -> None:
    """No fake success: HOLD of a service that is down is reported as not done, of an unknown one as unknown."""
    silent = await portal.call("POST", "/v1/services/mailer/hold", json={"on_hold": True})
    assert (silent.status_code, silent.json()["code"]) == (503, "service_silent")
    unknown = await portal.call("POST", "/v1/services/baker/hold", json={"on_hold": True})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


async def test_the_page_loads_nothing_from_elsewhere_and_runs_no_script(portal: Portal) -> None:
    """S-083, S-094: strict policy, own style sheet, privacy contact, no cookie."""
    answer = await portal.opened.http.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers
    assert not re.search(r"<script|style=|https?://|\son\w+=", answer.text)
    assert "privacy@example.com" in answer.text
    for path in re.findall(r'(?:href|src)="(/[^"]+)"', answer.text):
        found = await portal.opened.http.get(path)
        assert found.status_code == 200, path
        assert found.headers["x-content-type-options"] == "nosniff"
    for path in ("/static/../main.py", "/static/%2e%2e%2fmain.py", "/static/main.py", "/static/"):
        assert (await portal.opened.http.get(path)).status_code == 404
