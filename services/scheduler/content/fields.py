"""The fields a message carries: names as ingest gives them, times written out in the location's wall time and the reader's language.

Wall times come from the database that planned them: one zone database decides both when a mail leaves and what it says (N-50, N-52).

The mailer adds business, location, notices and the way out itself, so that those are always the true ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue

from services.scheduler.domain.local_words import write_date, write_time, write_weekday
from services.scheduler.domain.triggers import TriggerKind


@dataclass(frozen=True, slots=True)
class Mention:
    """One touch as the mail speaks of it: who, and the local time it is (or was). `is_reader`: the mail goes to this person, not to a guardian."""

    consumer_id: UUID
    first_name: str
    about_local: datetime
    is_reader: bool


def message_fields(
    mentions: Sequence[Mention], *, trigger: TriggerKind, language: str, is_change: bool
) -> dict[str, JsonValue]:
    """Return the fields of one message; each person is mentioned once, with the earliest time (N-01, N-55).

    `person` is who is greeted: nobody by name when the mail speaks of several people or goes to a guardian. Empty names stay empty: the content
    has the words for that, never "Dear ,".
    """
    earliest: dict[UUID, Mention] = {}
    for mention in sorted(mentions, key=lambda mention: (mention.about_local, mention.first_name)):
        earliest.setdefault(mention.consumer_id, mention)
    people = list(earliest.values())
    alone = people[0] if len(people) == 1 else None
    rows: list[JsonValue] = [{"first_name": _name(person), **_when(person.about_local, language)} for person in people]
    return {
        "person": {"first_name": _name(alone) if alone is not None and alone.is_reader else ""},
        "people": rows,
        trigger: _when(people[0].about_local, language),
        "about": {
            "several": len(people) > 1,
            "name": _name(people[0]),
            "another": alone is not None and not alone.is_reader,
            "changed": is_change,
        },
    }


def _name(mention: Mention) -> str:
    return " ".join(mention.first_name.split())


def _when(local: datetime, language: str) -> dict[str, JsonValue]:
    return {
        "weekday": write_weekday(local.date(), language),
        "date": write_date(local.date(), language),
        "time": write_time(local.time(), language),
    }
