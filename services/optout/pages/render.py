"""Renders the consumer's pages in every language."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse

from services.optout.domain.choices import Choice
from services.optout.pages import languages
from services.optout.pages.texts import PageTexts
from shared.kit.pages.languages import choose_language
from shared.kit.pages.sheet import PAGE_CSS, Sheet, retry_later
from shared.kit.plugins import find_plugins
from shared.schemas.privacy_cases import CaseKind
from shared.schemas.token import MessageClass
from shared.schemas.topics import Topic

_FOLDER: Final = Path(__file__).parent / "templates"


class Pages:
    """The pages in every language of languages/; `mailto` is the privacy address, the way that always remains."""

    def __init__(self, *, mailto: str) -> None:
        self._languages: dict[str, PageTexts] = find_plugins(languages, "LANGUAGE")
        self._sheet = Sheet(_FOLDER, PAGE_CSS, posts=True, headers={"Vary": "Accept-Language"}, mailto=mailto)

    def ask(
        self,
        *,
        action: str,
        preferences: str,
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
        given = {"action": action, "preferences": preferences, "hint": hint, "options": options}
        return self._sheet.show("ask.html", 200, texts=texts, business=names["business"], **given)

    def preferences(
        self,
        *,
        action: str,
        stands: Mapping[Topic, str],
        narrowed: bool,
        shown: str,
        hint: str,
        business: str | None,
        wanted: str,
        spoken: str,
    ) -> HTMLResponse:
        """Return the page of topics with one form and one button; what is fixed is told and not offered."""
        texts = self._texts(wanted, spoken)
        return self._sheet.show(
            "preferences.html",
            texts=texts,
            action=action,
            topics=[{"slug": topic, "stands": state, **_topic_words(texts, topic)} for topic, state in stands.items()],
            narrowed=narrowed,
            shown=shown,
            hint=hint,
            business=business or texts.some_business,
        )

    def preferences_done(self, *, wanted: str, spoken: str) -> HTMLResponse:
        """Return the answer to every choice of topics: true whatever was chosen, and for a link that is none of ours (S37)."""
        texts = self._texts(wanted, spoken)
        return self._notice(
            texts, texts.preferences_done_heading, texts.preferences_done, texts.preferences_done_note, look=True
        )

    def preferences_incomplete(self, *, wanted: str, spoken: str) -> HTMLResponse:
        """Return the 422 for a form of which a part is missing: nothing was changed."""
        texts = self._texts(wanted, spoken)
        notice = (texts.preferences_incomplete_heading, texts.preferences_incomplete)
        return self._notice(texts, *notice, look=True, status=422)

    def preferences_failed(self, *, wanted: str, spoken: str) -> HTMLResponse:
        """Return the honest 503: what was to stop has stopped, what was to go on could not be stored."""
        texts = self._texts(wanted, spoken)
        notice = self._notice(texts, texts.failed_heading, texts.preferences_failed, look=True)
        return retry_later(notice, 503, seconds=60)

    def done(self, *, wanted: str, spoken: str = "en", undo: str = "") -> HTMLResponse:
        """Return the answer to every POST: the same for a link that worked, was used before or is none of ours (L-036)."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.done_heading, texts.done, texts.done_note, undo=undo)

    def undone(self, *, wanted: str, spoken: str) -> HTMLResponse:
        """Return the answer to every undo: true whether or not there was anything to take back (S37)."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.undone_heading, texts.undone)

    def form(self, *, wanted: str, refused: bool = False) -> HTMLResponse:
        """Return the form for an address; with 422 and a sentence where what was sent is none (never repeated on the page)."""
        texts = self._texts(wanted, "en")
        return self._sheet.show("form.html", 422 if refused else 200, texts=texts, refused=refused)

    def form_done(self, *, wanted: str, spoken: str, undo: str) -> HTMLResponse:
        """Return the answer to every address."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.form_done_heading, texts.form_done, texts.form_done_note, undo=undo)

    def join(
        self, *, action: str, business: str, location: str, wanted: str, spoken: str, shared: bool, wrong: str = ""
    ) -> HTMLResponse:
        """Return the sign-up form. A device that serves many people must not offer the next one what the last one typed."""
        texts = self._texts(wanted, spoken)
        return self._sheet.show(
            "join.html",
            422 if wrong else 200,
            texts=texts,
            action=action,
            business=business,
            location=location,
            wording=texts.join_wording.format(business=business),
            shared=shared,
            wrong=wrong,
        )

    def wording(self, *, business: str, language: str) -> tuple[str, str]:
        """Return the language (English where it is none of ours) and what people agree to in it: word for word what `join` shows."""
        texts = self._texts("", language)
        return texts.slug, texts.join_wording.format(business=business)

    def joined(self, *, again: str, wanted: str, spoken: str) -> HTMLResponse:
        """Return the answer to every address that signed up; `again` leads a shared device back to the form."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.joined_heading, texts.joined, texts.joined_note, again=again)

    def confirm(self, *, action: str, business: str | None, wanted: str, spoken: str) -> HTMLResponse:
        """Return the page of the confirmation link with its one button."""
        texts = self._texts(wanted, spoken)
        return self._sheet.show("confirm.html", texts=texts, action=action, business=business or texts.some_business)

    def confirmed(self, *, wanted: str, spoken: str) -> HTMLResponse:
        """Return the answer to every confirmation."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.confirmed_heading, texts.confirmed, texts.confirmed_note)

    def case_words(self, *, kind: CaseKind, business: str | None, language: str) -> tuple[str, str]:
        """Return the language (English where it is none of ours) and what a privacy case asks for, as part of a sentence."""
        texts = self._texts("", language)
        words = {
            "access": texts.case_access,
            "erasure": texts.case_erasure,
            "stop_processing": texts.case_stop_processing,
        }
        return texts.slug, words.get(kind, texts.case_other).format(business=business or texts.every_business)

    def prove(self, *, action: str, kind: CaseKind, business: str | None, wanted: str, spoken: str) -> HTMLResponse:
        """Return the page of a privacy case's link: what was asked, what follows, one button."""
        texts = self._texts(wanted, spoken)
        asked = self.case_words(kind=kind, business=business, language=texts.slug)[1]
        effect = texts.prove_effect_access if kind == "access" else texts.prove_effect_erase
        words = {"asked": texts.prove_asked.format(asked=asked), "effect": effect}
        return self._sheet.show("prove.html", texts=texts, action=action, **words)

    def proven(self, *, wanted: str, spoken: str) -> HTMLResponse:
        """Return the answer to every proof: the same for a link that was used, is too old or is none of ours."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.proven_heading, texts.proven, texts.proven_note)

    def unreadable(self, *, wanted: str) -> HTMLResponse:
        """Return what a GET of anything but our links shows."""
        texts = self._texts(wanted, "en")
        return self._notice(texts, texts.unreadable_heading, texts.unreadable)

    def failed(self, *, wanted: str, spoken: str = "en") -> HTMLResponse:
        """Return the honest 503: nothing was stored, here is the other way (N-40)."""
        texts = self._texts(wanted, spoken)
        return retry_later(self._notice(texts, texts.failed_heading, texts.failed), 503, seconds=60)

    def too_many(self, *, wanted: str, spoken: str = "en") -> HTMLResponse:
        """Return the 429 of a network beyond its limit: nothing was done, here is the other way."""
        texts = self._texts(wanted, spoken)
        return retry_later(self._notice(texts, texts.too_many_heading, texts.too_many), 429, seconds=3600)

    def _texts(self, wanted: str, spoken: str) -> PageTexts:
        return self._languages[choose_language(wanted, self._languages, spoken)]

    def _notice(
        self,
        texts: PageTexts,
        heading: str,
        message: str,
        note: str = "",
        *,
        undo: str = "",
        again: str = "",
        look: bool = False,
        status: int = 200,
    ) -> HTMLResponse:
        words = {"heading": heading, "message": message, "note": note}
        return self._sheet.show("notice.html", status, texts=texts, **words, undo=undo, again=again, look=look)


def _topic_words(texts: PageTexts, topic: Topic) -> dict[str, str]:
    label, note = {
        "appointments": (texts.appointments, texts.appointments_note),
        "visits": (texts.visits, texts.visits_note),
        "care": (texts.care, texts.care_note),
        "news": (texts.news, texts.news_note),
    }[topic]
    return {"label": label, "note": note}
