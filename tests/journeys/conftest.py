"""The house as a fixture."""

from collections.abc import AsyncIterator

import pytest

from tests.fixtures.services import Neighbours
from tests.journeys.house import House, open_house


@pytest.fixture
async def house(neighbours: Neighbours) -> AsyncIterator[House]:
    """Return a practice with all of Dueback around it. It is Monday 2026-03-02, 07:00 in Los Angeles."""
    async with open_house(neighbours) as opened:
        yield opened
