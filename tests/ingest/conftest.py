"""Fixtures of ingest's tests."""

import pytest

from tests.fixtures.services import Neighbours
from tests.ingest.practice import Practice, open_practice


@pytest.fixture
async def practice(neighbours: Neighbours) -> Practice:
    """Return a practice with one connection."""
    return await open_practice(neighbours)
