"""The fields a message carries: names as ingest gives them, times written out in the location's wall time and the reader's language.

Wall times come from the database that planned them: one zone database decides both when a mail leaves and what it says (N-50, N-52).

The mailer adds business, location, notices and the way out itself, so that those are always the true ones. Which groups there are is the contract in
its content/fields.py; what a location says itself (words, links, offer) comes from its campaign's settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue

from services.scheduler.domain.campaign_words import paragraphs
from services.scheduler.domain.local_words import write_date, write_month, write_time, write_weekday
from services.scheduler.domain.service_kinds import name_work
from services.scheduler.domain.triggers import TRIGGERS, TriggerKind

_NO_LINKS: Final = {"booking": "", "review": "", "confirm": "", "survey": ""}
"""Every link there is: a name that is absent altogether would be an error in a content."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One touch as the mail speaks of it: who, and the local time it is (or was). `is_reader`: the mail goes to this person, not to a guardian.

    `vehicle_id` and `vehicle` (its name, "" if none is known), `work` (a family of service kinds) and `occasion` where it is about them.
    `is_late`: the mail leaves after the day that it speaks of.
    """

    consumer_id: UUID
    first_name: str
    about_local: datetime
    is_reader: bool
    vehicle_id: UUID | None = None
    vehicle: str = ""
    work: str = ""
    occasion: str = ""
    is_late: bool = False


def message_fields(
    mentions: Sequence[Mention],
    *,
    trigger: TriggerKind,
    language: str,
    is_change: bool,
    settings: Mapping[str, Any] | None = None,
    links: Mapping[str, str] | None = None,
) -> dict[str, JsonValue]:
    """Return the fields of one message; each person, or each vehicle, is mentioned once, with the earliest time (N-01, N-55, N-70).

    `links`: what this message leads to beside the location's own links: the page of ours that answers it, the review site.

    `person` is who is greeted: nobody by name when the mail speaks of several people or goes to a guardian. Empty names stay empty: the content
    has the words for that, never "Dear ,".
    """
    earliest: dict[tuple[UUID, UUID | None], Mention] = {}
    for mention in sorted(mentions, key=lambda mention: (mention.about_local, mention.first_name)):
        earliest.setdefault((mention.consumer_id, mention.vehicle_id), mention)
    rows = list(earliest.values())
    first, alone = rows[0], len({row.consumer_id for row in rows}) == 1
    told: list[JsonValue] = [_row(row, language) for row in rows]
    return {
        "person": {"first_name": _name(first) if alone and first.is_reader else ""},
        "people": told,
        TRIGGERS[trigger].field: _when(first.about_local, language),
        "vehicle": {"name": first.vehicle if len(rows) == 1 else ""},
        "service": {"name": name_work(first.work, language) if len(rows) == 1 else ""},
        "about": {
            "several": len(rows) > 1,
            "name": _name(first),
            "another": alone and not first.is_reader,
            "changed": is_change,
            "late": all(row.is_late for row in rows),
            "occasion": first.occasion or "none",
        },
        **_own_words(settings or {}, language),
        "links": _NO_LINKS | (settings or {}).get("links", {}) | (links or {}),
    }


def _row(mention: Mention, language: str) -> JsonValue:
    return {
        "first_name": _name(mention),
        "vehicle": mention.vehicle,
        "work": name_work(mention.work, language),
        **_when(mention.about_local, language),
    }


def _own_words(settings: Mapping[str, Any], language: str) -> dict[str, JsonValue]:
    words, offer = (settings.get(name, {}) for name in ("words", "offer"))
    expires = offer.get("expires_on")
    text: list[JsonValue] = [*paragraphs(words.get("text", ""))]
    return {
        "words": {"headline": " ".join(words.get("headline", "").split()), "paragraphs": text},
        "offer": {
            "text": offer.get("text", ""),
            "code": offer.get("code", ""),
            "expires_on": write_date(date.fromisoformat(expires), language) if expires else "",
            "conditions": offer.get("conditions", ""),
        },
    }


def _name(mention: Mention) -> str:
    return " ".join(mention.first_name.split())


def _when(local: datetime, language: str) -> dict[str, JsonValue]:
    return {
        "weekday": write_weekday(local.date(), language),
        "date": write_date(local.date(), language),
        "month": write_month(local.date(), language),
        "time": write_time(local.time(), language),
    }
