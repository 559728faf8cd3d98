"""Finds what a source no longer lists, for sources that delete without a trace: the ids of the last run against those of this one (N-44)."""

from collections.abc import Iterable, Mapping

MOST_REMEMBERED = 50_000
"""Future appointments of a large practice are 10,000; beyond this the rest is not watched."""


def remember(present: Iterable[str]) -> str:
    """Return ids as a cursor's text."""
    return ",".join(sorted(key for key in present if "," not in key)[:MOST_REMEMBERED])


def vanished(cursor: Mapping[str, str], name: str, present: Iterable[str]) -> list[str]:
    """Return the ids that the last run remembered under `name` and this one did not find."""
    before = {key for key in cursor.get(name, "").split(",") if key}
    return sorted(before - set(present))
