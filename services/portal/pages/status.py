"""The status page: five services, ready or not, on HOLD or not; no script, no cookie, nothing from elsewhere (S-094)."""

import asyncio
import tomllib
from pathlib import Path
from time import monotonic
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.portal.actions.check_services import check_services
from services.portal.clients.downhill import Standing
from services.portal.deps import Deps
from shared.kit.auth import Anyone
from shared.kit.errors import NotFoundError

_HERE: Final = Path(__file__).parent
_CACHED_SECONDS: Final = 3.0
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ROLES: Final = {
    "optout": "Opt-outs and permission",
    "ingest": "Data from practice and shop systems",
    "mailer": "Sending",
    "scheduler": "Campaigns and planning",
    "portal": "Accounts and access",
}
_STATIC: Final = {
    "portal.css": ("text/css; charset=utf-8", (_HERE.parent / "static" / "portal.css").read_bytes()),
    "mark.svg": ("image/svg+xml", (_HERE.parent / "static" / "mark.svg").read_bytes()),
}
_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def _version() -> str:
    project = _HERE.parent.parent.parent / "pyproject.toml"
    try:
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        return "unknown"


class StandingCache:
    """Answers from at most three seconds ago, so that no number of readers becomes a load on the services."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._standings: list[Standing] = []
        self._read_at = float("-inf")

    async def read(self, deps: Deps) -> list[Standing]:
        """Return how the services stand."""
        async with self._lock:
            if monotonic() - self._read_at > _CACHED_SECONDS:
                self._standings = await check_services(deps.api_db, services=deps.services.values())
                self._read_at = monotonic()
            return self._standings


def status_router() -> APIRouter:
    """Return the routes of the page and its two files."""
    router = APIRouter(tags=["pages"], include_in_schema=False)
    cache = StandingCache()
    version = _version()

    @router.get("/", response_class=HTMLResponse)
    async def show_status(request: Request, caller: Anyone) -> HTMLResponse:
        """Show the status page."""
        deps: Deps = request.app.state.deps
        standings = await cache.read(deps)
        html = _templates.get_template("status.html").render(
            services=[(standing, _ROLES.get(standing.name, "")) for standing in standings],
            all_ready=all(standing.ready for standing in standings),
            optout_ready=any(standing.ready for standing in standings if standing.name == "optout"),
            any_hold=any(standing.on_hold for standing in standings),
            checked_at=deps.clock.now().strftime("%Y-%m-%d %H:%M UTC"),
            version=version,
            mode=deps.settings.common.mode,
            privacy_contact=deps.settings.privacy_contact,
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})

    @router.get("/static/{name}")
    async def show_static(name: Annotated[str, PathParameter(max_length=40)], caller: Anyone) -> Response:
        """Show one of our own files; there is no folder behind this, only a fixed list (S68)."""
        if name not in _STATIC:
            raise NotFoundError
        media_type, content = _STATIC[name]
        return Response(content, media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})

    return router
