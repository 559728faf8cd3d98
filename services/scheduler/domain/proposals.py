"""What is proposed for a slow week: the location's last promotion again, or stock words, to those who have not come for a while."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

CAMPAIGN_TYPE: Final = "promotion"
_AWAY_DAYS: Final = {"dental": 180, "auto": 150}
_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "headline": "We have time for you",
        "text": "It has been a while since your last visit. In the coming days we have more free times than usual, so you are likely to find one "
        "that suits you.\n\nGive us a call or book a time; we are glad to see you.",
    },
    "es": {
        "headline": "Tenemos tiempo para usted",
        "text": "Hace tiempo que no nos visita. En los próximos días tenemos más horas libres que de costumbre, así que es fácil que encuentre una "
        "que le convenga.\n\nLlámenos o reserve una hora; será un placer verle.",
    },
}


def propose(last: Mapping[str, Any] | None, *, vertical: str, language: str, send_on: date) -> dict[str, Any]:
    """Return settings of a promotion on that day; `last` are those of the location's last one.

    Its words, links and audience stand again. Its offer and its comparison do not, nor words that may speak of the offer: an offer ends, and nobody
    but the business makes one.
    """
    left_out = {"send_on", "offer", "comparison"} | ({"words"} if last and "offer" in last else set())
    kept = {name: value for name, value in (last or {}).items() if name not in left_out}
    fresh = {
        "words": _WORDS.get(language, _WORDS["en"]),
        "audience": {
            "all": [
                {"fact": "appointment_ahead", "operator": "is", "value": False},
                {"fact": "last_visit", "operator": "over_days_ago", "value": _AWAY_DAYS[vertical]},
            ]
        },
    }
    return fresh | kept | {"send_on": send_on.isoformat()}
