"""Picks values out of what a vendor sent, whatever its shape: a wrong type is no value, never an exception (S62)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.ingest.domain.connector import Raw, Translation

MOST_LETTERS: Final = 200
MOST_INTEGER: Final = 10**15
MOST_MINUTES: Final = 60 * 24 * 14
_NO_YEAR: Final = (1, 1800)
"""Vendors write an absent date as year 1; 1800 is how some databases do."""
_DIGITS: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_MONEY: Final = re.compile(r"(-?)([0-9]{1,10})(?:\.([0-9]{1,4}))?", re.ASCII)
_KIND: Final = re.compile(r"[^a-z0-9]+")


def text(value: Any, most: int = MOST_LETTERS) -> str:
    """Return a text with outer spaces taken off, cut at `most` letters; anything else is empty."""
    return value.strip()[:most] if isinstance(value, str) else ""


def table(value: Any) -> Raw:
    """Return an object, empty for anything else."""
    return value if isinstance(value, dict) else {}


def tables(value: Any) -> list[Raw]:
    """Return the objects in a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def number(value: Any) -> int | None:
    """Return a whole number given as number or digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_INTEGER:
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < MOST_INTEGER else None
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value.strip()) else None


def key(value: Any) -> str:
    """Return a vendor's key as text: a whole number above zero or a non-empty text of printable ASCII; else empty."""
    found = number(value)
    if found is not None and not isinstance(value, str):
        return str(found) if found > 0 else ""
    written = text(value, 128)
    return written if written.isascii() and written.isprintable() and written != "0" else ""


def truth(value: Any) -> bool | None:
    """Return a flag given as true, "true", 1 or "Y"; None is neither yes nor no (N-24)."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return {"true": True, "1": True, "y": True, "yes": True, "false": False, "0": False, "n": False, "no": False}.get(
        word
    )


def day(value: Any) -> date | None:
    """Return a date of ISO 8601, or of the instant it begins; year 1 is how vendors write none."""
    try:
        found = date.fromisoformat(text(value)[:10])
    except ValueError:
        return None
    return None if found.year in _NO_YEAR else found


def instant(value: Any, zone: str = "") -> datetime | None:
    """Return an instant in UTC. Without an offset it is a wall time in `zone` (N-50); without a zone it is nothing."""
    try:
        moment = datetime.fromisoformat(text(value))
        if moment.year in _NO_YEAR:
            return None
        if moment.tzinfo is None:
            if not zone:
                return None
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, KeyError, OSError):
        return None


def wall_time(value: Any, zone: str) -> datetime | None:
    """Return a wall time with the offset it has in `zone`, so that the start can be announced as the source wrote it."""
    moment = instant(value, zone)
    try:
        return moment.astimezone(ZoneInfo(zone)) if moment else None
    except (OverflowError, ValueError):
        return None


def minutes_between(start: datetime | None, end: datetime | None) -> int | None:
    """Return whole minutes from start to end, None when that is no duration of at most 14 days."""
    if start is None or end is None or not timedelta() < end - start <= timedelta(minutes=MOST_MINUTES):
        return None
    return int((end - start).total_seconds() // 60)


def cents(value: Any) -> int | None:
    """Return an amount in units of a currency ("62.00", 62, 62.5) as cents."""
    written = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(value)
    found = _MONEY.fullmatch(written)
    if not found:
        return None
    whole = int(found[2]) * 100 + int(((found[3] or "") + "00")[:2])
    return -whole if found[1] else whole


def kind(value: Any) -> str:
    """Return a name of a vendor's catalogue as a machine word (`Perio Maintenance` is `perio_maintenance`)."""
    word = _KIND.sub("_", text(value).lower()).strip("_")[:60]
    return word if word[:1].isalpha() else (f"k_{word}" if word else "")


def only_one(raw: Raw | None) -> tuple[str, Raw, str]:
    """Return what a thing is, its body and its zone, from {name: body, "zone": zone}."""
    found = [(name, value) for name, value in (raw or {}).items() if name != "zone"]
    name, value = found[0] if len(found) == 1 else ("unknown", {})
    zone = text((raw or {}).get("zone"))
    return str(name), table(value), zone if zone and is_zone(zone) else "UTC"


def is_zone(name: str) -> bool:
    """Tell whether a zone of this name is known."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def careful(
    makers: Mapping[str, Callable[[Raw, datetime], Translation]],
    what: str,
    raw: Raw,
    at: datetime,
    other: str = "other",
    *,
    id_field: str = "",
) -> Translation:
    """Translate by the maker of `what`; a thing without one, without the key in `id_field`, or that makes no valid record, is skipped with a reason
    and never an exception.
    """
    maker = makers.get(what)
    if maker is None:
        return Translation(
            skipped=f"{other}_{what.lower()}"[:60] if what.isidentifier() and what.isascii() else f"{other}_unknown"
        )
    if id_field and not key(raw.get(id_field)):
        return Translation(skipped="without_id")
    try:
        return maker(raw, at)
    except ValidationError as error:
        row = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return Translation(skipped=f"invalid_{row['loc'][-1] if row['loc'] else 'record'}"[:60])
