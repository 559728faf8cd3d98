"""Renders the consumer's pages: no script, no cookie, no foreign origin, one hashed style sheet under a strict content security policy."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import jinja2
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from services.optout.domain.choices import Choice
from services.optout.domain.languages import choose_language
from services.optout.pages import languages
from services.optout.pages.texts import PageTexts
from shared.kit.plugins import find_plugins
from shared.schemas.token import MessageClass

_FOLDER: Final = Path(__file__).parent / "templates"
_CSS: Final = (_FOLDER / "page.css").read_text(encoding="utf-8")
_CSS_HASH: Final = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_CSS_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}


class Pages:
    """The pages in every language of languages/; `mailto` is the privacy address, the way that always remains."""

    def __init__(self, *, mailto: str) -> None:
        self._languages: dict[str, PageTexts] = find_plugins(languages, "LANGUAGE")
        # The folder holds our own templates only; values are escaped.
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"css": Markup(_CSS), "mailto": mailto}  # noqa: S704 - our own file

    def ask(
        self,
        *,
        action: str,
        message_class: MessageClass,
        choices: Sequence[Choice],
        hint: str,
        business: str | None,
        location: str | None,
        wanted: str,
        spoken: str,
    ) -> HTMLResponse:
        """Return the page with one form and one button. `wanted` is Accept-Language, `spoken` the location's own language."""
        texts = self._texts(wanted, spoken)
        names = {"business": business or texts.some_business, "location": location or texts.some_location}
        labels = {
            "offers": (texts.offers, texts.offers_note),
            "business": (texts.business, texts.business_note),
            "location": (
                texts.location_commercial if message_class == "commercial" else texts.location_all,
                texts.location_note,
            ),
            "platform": (texts.platform, texts.platform_note),
        }
        options = [
            {"slug": choice.slug, "label": labels[choice.slug][0].format(**names), "note": labels[choice.slug][1]}
            for choice in choices
        ]
        page = self._templates.get_template("ask.html")
        return _html(page.render(texts=texts, action=action, hint=hint, options=options, business=names["business"]))

    def done(self, *, wanted: str) -> HTMLResponse:
        """Return the answer to every POST: the same for a link that worked, was used before or is none of ours (L-036)."""
        texts = self._texts(wanted, "en")
        return self._notice(texts, texts.done_heading, texts.done, texts.done_note)

    def unreadable(self, *, wanted: str) -> HTMLResponse:
        """Return what a GET of anything but our links shows."""
        texts = self._texts(wanted, "en")
        return self._notice(texts, texts.unreadable_heading, texts.unreadable, "")

    def failed(self, *, wanted: str) -> HTMLResponse:
        """Return the honest 503: nothing was stored, here is the other way (N-40)."""
        texts = self._texts(wanted, "en")
        answer = self._notice(texts, texts.failed_heading, texts.failed, "")
        answer.status_code = 503
        answer.headers["Retry-After"] = "60"
        return answer

    def _texts(self, wanted: str, spoken: str) -> PageTexts:
        return self._languages[choose_language(wanted, self._languages, spoken)]

    def _notice(self, texts: PageTexts, heading: str, message: str, note: str) -> HTMLResponse:
        page = self._templates.get_template("notice.html")
        return _html(page.render(texts=texts, heading=heading, message=message, note=note))


def _html(text: str) -> HTMLResponse:
    return HTMLResponse(text, headers=dict(HEADERS))
