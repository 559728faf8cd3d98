"""Fixtures of the scheduler's tests."""

import pytest

from shared.kit.clock import ManualClock
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice


@pytest.fixture
async def practice(clock: ManualClock, neighbours: Neighbours) -> Practice:
    """Return a live practice with reminder and thanks switched on. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    made = await open_practice(clock, neighbours)
    for kind in ("appointment_reminder", "visit_thanks"):
        assert (await made.switch_on(kind)).status_code == 201
    return made
