"""Renders the pages that answer a mail, in every language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse

from services.scheduler.domain.answering import Answer, Day, MailDays, Standing, field_of
from services.scheduler.domain.local_words import write_date, write_time, write_weekday
from services.scheduler.domain.survey import LONGEST_COMMENT, SCORES, SurveyView
from services.scheduler.pages import languages
from services.scheduler.pages.texts import PageTexts
from shared.kit.pages.languages import choose_language
from shared.kit.pages.sheet import PAGE_CSS, Sheet, retry_later
from shared.kit.plugins import find_plugins

_FOLDER: Final = Path(__file__).parent / "templates"
_CSS: Final = PAGE_CSS + (_FOLDER / "scale.css").read_text(encoding="utf-8")
_GIVEN: Final[Mapping[Standing, Answer]] = {"confirmed": "confirm", "asked": "another_time"}


class Pages:
    """The pages in every language of languages/."""

    def __init__(self) -> None:
        self._languages: dict[str, PageTexts] = find_plugins(languages, "LANGUAGE")
        self._sheet = Sheet(_FOLDER, _CSS, posts=True, headers={"Vary": "Accept-Language"})

    def ask(self, *, action: str, shown: MailDays, wanted: str) -> HTMLResponse:
        """Return the page: one appointment with two buttons, or a choice for each person (L-127). Without names it says what it can."""
        texts = self._texts(wanted, shown.location.language)
        heading = texts.confirm_heading if len(shown.days) == 1 else texts.confirm_heading_several
        return self._sheet.show(
            "confirm.html",
            200,
            texts=texts,
            heading=heading.format(business=shown.location.name),
            location=shown.location,
            action=action,
            rows=_rows(shown, texts),
        )

    def answered(self, *, again: str, shown: MailDays, wanted: str, spoken: str) -> HTMLResponse:
        """Return how everything stands after an answer, told by the times: thanks where any was taken, else a plea to call (N-57)."""
        texts = self._texts(wanted, spoken)
        is_taken = any(day.is_answerable for day in shown.days)
        return self._sheet.show(
            "answered.html",
            200,
            texts=texts,
            heading=texts.answered_heading if is_taken else texts.unanswerable_heading,
            location=shown.location,
            again=again,
            rows=_rows(shown, texts),
        )

    def incomplete(self, *, again: str, wanted: str, spoken: str) -> HTMLResponse:
        """Return the 422 for a form in which nothing was chosen."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.incomplete_heading, texts.incomplete, again=again, status=422)

    def survey(self, *, action: str, shown: SurveyView, wanted: str) -> HTMLResponse:
        """Return the page with the scale, the score on file chosen already; a comment on file is not shown, it can be replaced or taken back."""
        texts = self._texts(wanted, shown.location.language)
        business, day = shown.location.name, shown.visited_on
        weekday, written = write_weekday(day, texts.slug), write_date(day, texts.slug)
        return self._sheet.show(
            "survey.html",
            200,
            texts=texts,
            location=shown.location,
            action=action,
            about=texts.survey_about.format(business=business, weekday=weekday, date=written),
            reader=texts.survey_reader.format(business=business),
            scores=SCORES,
            given=shown.score,
            has_comment=shown.has_comment,
            longest=LONGEST_COMMENT,
        )

    def survey_done(self, *, again: str, shown: SurveyView, wanted: str, spoken: str) -> HTMLResponse:
        """Return the thanks for an answer, the same for every score (L-131)."""
        texts = self._texts(wanted, spoken)
        message = texts.survey_done.format(score=shown.score)
        words = {"heading": texts.answered_heading, "message": message, "note": texts.survey_done_note}
        return self._sheet.show("notice.html", 200, texts=texts, location=shown.location, again=again, **words)

    def survey_refused(self, *, code: str, again: str, wanted: str, spoken: str) -> HTMLResponse:
        """Return the 422 for a survey's form; `code` is score_missing or comment_too_long."""
        texts = self._texts(wanted, spoken)
        return self._notice(texts, texts.incomplete_heading, getattr(texts, code), again=again, status=422)

    def unreadable(self, *, wanted: str) -> HTMLResponse:
        """Return what every link shows that is none of ours or leads to nothing any more: the same for GET and POST (S37)."""
        texts = self._texts(wanted, "en")
        return self._notice(texts, texts.unreadable_heading, texts.unreadable)

    def failed(self, *, again: str, wanted: str, spoken: str) -> HTMLResponse:
        """Return the honest 503: nothing was kept."""
        texts = self._texts(wanted, spoken)
        return retry_later(self._notice(texts, texts.failed_heading, texts.failed, again=again), 503, seconds=60)

    def _texts(self, wanted: str, spoken: str) -> PageTexts:
        return self._languages[choose_language(wanted, self._languages, spoken)]

    def _notice(
        self, texts: PageTexts, heading: str, message: str, *, again: str = "", status: int = 200
    ) -> HTMLResponse:
        words = {"heading": heading, "message": message, "note": "", "again": again}
        return self._sheet.show("notice.html", status, texts=texts, location=None, **words)


def _rows(shown: MailDays, texts: PageTexts) -> list[dict[str, Any]]:
    return [
        {
            "name": shown.names.get(day.consumer_id, ""),
            "when": _when(day, texts),
            "standing": day.standing,
            "words": getattr(texts, day.standing),
            "is_answerable": day.is_answerable,
            "field": field_of(day.consumer_id),
            "given": _GIVEN.get(day.standing, ""),
        }
        for day in shown.days
    ]


def _when(day: Day, texts: PageTexts) -> str:
    local = day.starts_local
    written = texts.when.format(
        weekday=write_weekday(local.date(), texts.slug),
        date=write_date(local.date(), texts.slug),
        time=write_time(local.time(), texts.slug),
    )
    return written[:1].upper() + written[1:]
