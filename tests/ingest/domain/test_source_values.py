"""Values picked out of what vendors send: the right type in many spellings, or nothing; listings that turn in circles; ids that vanished."""

import tomllib
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.domain.connector import SourceFailedError
from services.ingest.domain.csv_guess import propose
from services.ingest.domain.paging import MOST_PAGES, Turns
from services.ingest.domain.source_values import (
    cents,
    day,
    instant,
    key,
    kind,
    minutes_between,
    number,
    table,
    text,
    truth,
    wall_time,
)
from services.ingest.domain.vanished import remember, vanished

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(ANYTHING)
def test_nothing_raises_whatever_the_value(value: Any) -> None:
    """S62: a picker returns its own type or nothing."""
    assert isinstance(text(value), str)
    assert isinstance(table(value), dict)
    assert isinstance(key(value), str)
    assert isinstance(kind(value), str)
    assert truth(value) in (True, False, None)
    assert number(value) is None or isinstance(number(value), int)
    assert cents(value) is None or isinstance(cents(value), int)
    assert day(value) is None or isinstance(day(value), date)
    for moment in (instant(value), instant(value, "America/Chicago"), wall_time(value, "America/Chicago")):
        assert moment is None or moment.tzinfo is not None


def test_spellings_of_the_same_value() -> None:
    """Domain 3.1: numbers as texts, flags as texts, year 1 for no date, money as texts."""
    assert [truth(value) for value in (True, "true", "1", 1, "Y", False, "false", 0, "maybe", None)] == [True] * 5 + [
        False
    ] * 3 + [None] * 2
    assert [number(value) for value in (5, "5", 5.0, "5.5", True, "", 10**30)] == [5, 5, 5, None, None, None, None]
    assert [key(value) for value in (5, "A-5", 0, "0", -1, "ключ", "")] == ["5", "A-5", "", "", "", "", ""]
    assert [day(value) for value in ("2026-03-01", "2026-03-01 10:00:00", "0001-01-01", "3/1/2026")] == [
        date(2026, 3, 1)
    ] * 2 + [None] * 2
    assert [cents(value) for value in ("62.00", 62, 62.5, "-1.5", "1,5", "x")] == [6200, 6200, 6250, -150, None, None]
    assert (kind("Perio Maintenance"), kind("D1110"), kind("6 months")) == ("perio_maintenance", "d1110", "k_6_months")


def test_times_without_a_zone_are_the_places() -> None:
    """N-47, N-50: local times are read in the location's zone, also in the night the clocks change; without a zone they are nothing."""
    assert instant("2026-07-01 09:00:00") is None
    assert instant("2026-07-01 09:00:00", "America/Chicago") == datetime(2026, 7, 1, 14, tzinfo=UTC)
    assert instant("2026-03-08 02:30:00", "America/Chicago") == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    assert str(wall_time("2026-03-10T14:30:00Z", "America/Chicago")) == "2026-03-10 09:30:00-05:00"
    start = datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("America/Chicago"))
    assert (
        minutes_between(start, start.replace(hour=10)),
        minutes_between(start, start),
        minutes_between(start, None),
    ) == (60, None, None)


def test_a_listing_that_turns_in_circles_is_found_out() -> None:
    """S62: a page that was there already, and one too many."""
    turns = Turns("people")
    turns.turn("a")
    with pytest.raises(SourceFailedError, match="people do not end"):
        turns.turn("a")
    turns = Turns("people")
    for page in range(MOST_PAGES):
        turns.turn(str(page))
    with pytest.raises(SourceFailedError):
        turns.turn("one more")


def test_what_was_there_and_is_not_has_vanished() -> None:
    """N-44: the first run remembers nothing and finds nothing gone."""
    assert vanished({}, "future", ["1"]) == []
    assert vanished({"future": remember(["2", "1", "3"])}, "future", ["1"]) == ["2", "3"]


@PATIENT
@given(st.text(max_size=40), st.binary(max_size=400))
def test_a_guess_is_valid_whatever_the_file(name: str, content: bytes) -> None:
    """N-86: hostile names, headers and octets never break out of the configuration that is proposed."""
    found = tomllib.loads(propose("folder", [(name, content), ("a.csv", b"ID,Email\r\n1,a@example.com\r\n" + content)]))
    assert set(found) == {"ingest", "source"}


def test_a_hostile_title_stays_inside_its_quotes() -> None:
    """A title cannot add a line to the configuration."""
    content = b'ID,"Email"" \nfolder = ""/etc"\n1,a@example.com\n'
    found = tomllib.loads(propose("folder", [("a.csv", content)]))
    assert found["source"]["folder"] == "folder"
