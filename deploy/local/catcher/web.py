"""The web inbox, because a person must see what a recipient sees; every mail is hostile, so nothing of it runs or loads."""

import asyncio
import re
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.catcher.reading import Reading, read_mail
from deploy.local.catcher.store import Store

PAGES = Path(__file__).with_name("pages")
PER_PAGE = 50
API_LIMIT = 5_000
VIEWS = ("html", "text", "headers", "raw")

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# The mail itself: inline styles and inline pictures, nothing from outside, no script, no form; a link opens in a new tab.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(store: Store) -> Starlette:
    """The application over one store; only requests addressed to loopback names are answered."""
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    inbox = Inbox(store, pages)
    routes = [
        Route("/", inbox.list_messages),
        Route("/messages/{number:int}", inbox.show_message),
        Route("/messages/{number:int}/html", inbox.show_html),
        Route("/clear", inbox.clear_by_button, methods=["POST"]),
        Route("/inbox.css", inbox.style),
        Route("/api/messages", inbox.api_list, methods=["GET"]),
        Route("/api/messages", inbox.api_clear, methods=["DELETE"]),
        Route("/api/messages/{number:int}/raw", inbox.api_raw),
        Route("/health/ready", inbox.ready),
    ]
    loopback = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False)
    return Starlette(routes=routes, middleware=[loopback])


class Inbox:
    """The routes."""

    def __init__(self, store: Store, pages: Environment) -> None:
        self._store = store
        self._pages = pages

    async def list_messages(self, request: Request) -> Response:
        """The list, newest first."""
        asked = request.query_params
        search, recipient = asked.get("q", "")[:200], asked.get("rcpt", "")[:200]
        unread = asked.get("unread") == "1"
        page = _number(asked.get("page"), 1, least=1)
        found = self._store.newest(search=search, recipient=recipient, unread_only=unread)
        rows = list(islice(found, (page - 1) * PER_PAGE, page * PER_PAGE + 1))
        return self._page(
            "list.html",
            rows=rows[:PER_PAGE],
            is_read=self._store.is_read,
            total=len(self._store),
            search=search,
            recipient=recipient,
            unread=unread,
            page=page,
            more=len(rows) > PER_PAGE,
        )

    async def show_message(self, request: Request) -> Response:
        """One message in one of four views."""
        number = request.path_params["number"]
        reading = await self._reading(number)
        row = self._store.get(number)
        if reading is None or row is None:
            return self._page("gone.html", status=404)
        self._store.mark_read(number)
        view = request.query_params.get("view", "")
        if view not in VIEWS:
            view = "html" if reading.html is not None else "text" if reading.text is not None else "raw"
        narrow = request.query_params.get("width") == "phone"
        return self._page("message.html", row=row, mail=reading, view=view, views=VIEWS, narrow=narrow)

    async def show_html(self, request: Request) -> Response:
        """The HTML part alone, for the frame."""
        reading = await self._reading(request.path_params["number"])
        if reading is None or reading.html is None:
            return PlainTextResponse("no HTML part", status_code=404, headers=COMMON_HEADERS)
        return HTMLResponse(
            _opening_links_outside(reading.html).encode("utf-8", "replace"),
            headers={**COMMON_HEADERS, "Content-Security-Policy": MAIL_POLICY},
        )

    async def clear_by_button(self, request: Request) -> Response:
        """Empty the inbox; only our own page may ask (the browser says where a request comes from)."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return PlainTextResponse("not from this page", status_code=403, headers=COMMON_HEADERS)
        self._store.clear()
        return RedirectResponse("/", status_code=303, headers=COMMON_HEADERS)

    async def style(self, _request: Request) -> Response:
        """The style sheet."""
        return Response((PAGES / "inbox.css").read_bytes(), media_type="text/css", headers=COMMON_HEADERS)

    async def api_list(self, request: Request) -> Response:
        """`?after=<id>&limit=`: envelope and times, oldest first."""
        after = _number(request.query_params.get("after"), 0, least=0)
        limit = min(_number(request.query_params.get("limit"), API_LIMIT, least=1), API_LIMIT)
        rows = [asdict(row) for row in self._store.after(after, limit)]
        return JSONResponse(rows, headers=COMMON_HEADERS)

    async def api_raw(self, request: Request) -> Response:
        """The bytes as they were received."""
        content = self._store.raw(request.path_params["number"])
        if content is None:
            return JSONResponse({"title": "No such message."}, status_code=404, headers=COMMON_HEADERS)
        attachment = {"Content-Disposition": f'attachment; filename="{request.path_params["number"]}.eml"'}
        return Response(content, media_type="message/rfc822", headers={**COMMON_HEADERS, **attachment})

    async def api_clear(self, _request: Request) -> Response:
        """Throw all messages away."""
        self._store.clear()
        return Response(status_code=204, headers=COMMON_HEADERS)

    async def ready(self, _request: Request) -> Response:
        """For the supervisor."""
        return JSONResponse({"status": "ready", "messages": len(self._store)}, headers=COMMON_HEADERS)

    async def _reading(self, number: int) -> Reading | None:
        content = self._store.raw(number)
        return None if content is None else await asyncio.to_thread(read_mail, content)

    def _page(self, name: str, *, status: int = 200, **values: object) -> Response:
        text = self._pages.get_template(name).render(**values)
        headers = {**COMMON_HEADERS, "Content-Security-Policy": PAGE_POLICY}
        return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers=headers)


def _opening_links_outside(html: str) -> str:
    """Put a `<base target>` in, after the doctype or head: in front of it browsers would fall into quirks mode."""
    base = '<base target="_blank">'
    head = re.search(r"<head\b[^>]*>", html[:100_000], re.IGNORECASE)
    start = head or re.match(r"\s*<!doctype\b[^>]*>", html[:100_000], re.IGNORECASE)
    place = start.end() if start else 0
    return html[:place] + base + html[place:]


def _number(text: str | None, otherwise: int, *, least: int) -> int:
    return max(int(text), least) if text and text.isascii() and text.isdigit() and len(text) < 12 else otherwise
