"""Dates and times as people write them, in the reader's language and the location's wall time (N-59)."""

from datetime import date, time
from typing import Final

_WEEKDAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}
_MONTHS: Final = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip
_HALVES: Final = {"en": ("am", "pm"), "es": ("a. m.", "p. m.")}
LANGUAGES: Final = frozenset(_WEEKDAYS)
"""Languages that dates can be written in; others read English."""


def _known(language: str) -> str:
    return language if language in LANGUAGES else "en"


def write_weekday(day: date, language: str) -> str:
    """Return the weekday, as in `Tuesday` or `martes`."""
    return _WEEKDAYS[_known(language)][day.weekday()]


def write_date(day: date, language: str) -> str:
    """Return day and month, as in `March 3` or `3 de marzo`: no digits-only form that another country reads the other way round."""
    known = _known(language)
    month = _MONTHS[known][day.month - 1]
    return f"{day.day} de {month}" if known == "es" else f"{month} {day.day}"


def write_month(day: date, language: str) -> str:
    """Return the month alone, as in `March` or `marzo`."""
    return _MONTHS[_known(language)][day.month - 1]


def write_time(at: time, language: str) -> str:
    """Return the time on a twelve-hour clock: noon is `12:00 pm`, midnight `12:00 am`."""
    half = _HALVES[_known(language)][at.hour >= 12]
    # A no-break space keeps the two halves of a time on one line of a phone.
    return f"{at.hour % 12 or 12}:{at.minute:02d}\u00a0{half}"
