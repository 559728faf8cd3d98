"""Business time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.kit.clock import ManualClock, ShiftedClock, write_offset
from shared.kit.settings import CommonSettings, SettingsRefusedError, load


def test_every_process_that_reads_the_file_moves_together(tmp_path: Path) -> None:
    """Architecture 6: movable across processes in demo and tests."""
    file = tmp_path / "clock"
    write_offset(file, 0)
    one, two = ShiftedClock(file), ShiftedClock(file)
    write_offset(file, 86_400)
    for clock in (one, two):
        assert timedelta(hours=23, minutes=59) < clock.now() - datetime.now(UTC) < timedelta(hours=24, minutes=1)
    write_offset(file, -90)
    assert one.now() < datetime.now(UTC)


def test_production_refuses_a_movable_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Architecture 6: refused in production."""
    monkeypatch.setenv("DUEBACK_MODE", "production")
    monkeypatch.setenv("DUEBACK_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("DUEBACK_SERVICE_KEYS", "{}")
    monkeypatch.setenv("DUEBACK_URLS", "{}")
    with pytest.raises(SettingsRefusedError, match="CLOCK_FILE is refused in production"):
        load(CommonSettings)


def test_a_manual_clock_stands_until_it_is_moved() -> None:
    """The clock of tests."""
    clock = ManualClock(datetime(2026, 3, 8, 9, tzinfo=UTC))
    clock.move(timedelta(hours=25))
    assert clock.now() == datetime(2026, 3, 9, 10, tzinfo=UTC)
