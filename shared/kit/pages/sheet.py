"""Renders pages: no script, no cookie, no foreign origin, one hashed style sheet under a strict content security policy (S31, S45)."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from fastapi.responses import HTMLResponse
from markupsafe import Markup

_FRAME: Final = Path(__file__).parent / "templates"
PAGE_CSS: Final = (_FRAME / "page.css").read_text(encoding="utf-8")
"""The look of the consumers' pages; their templates extend `page.html`, which shows `texts` (its slug and title) and the blocks of a page."""


class Sheet:
    """The templates of a folder under one style sheet. Values are escaped; one that is missing is an error."""

    def __init__(
        self, folder: Path, css: str, *, posts: bool, headers: Mapping[str, str] | None = None, **given: object
    ) -> None:
        """`posts`: forms of these pages may be posted to the service they come from. `headers` are further ones, `given` every template's values."""
        # The folders hold our own templates only.
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader((folder, _FRAME)),
            autoescape=True,
            auto_reload=False,  # or every page asks the disk whether its template has changed
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"css": Markup(css), **given}  # noqa: S704 - our own file
        self._headers = _strict_headers(css, posts=posts) | dict(headers or {})

    def show(self, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
        """Return a page with its headers."""
        page = self._templates.get_template(template).render(**values)
        return HTMLResponse(page, status, headers=dict(self._headers))


def retry_later(page: HTMLResponse, status: int, *, seconds: int) -> HTMLResponse:
    """Return the page as a refusal that says when to try again."""
    page.status_code = status
    page.headers["Retry-After"] = str(seconds)
    return page


def _strict_headers(css: str, *, posts: bool) -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    target = "'self'" if posts else "'none'"
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action {target}; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
    }
