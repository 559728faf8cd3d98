"""Fixtures of the long runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.mail_house import Nursery, open_nursery


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Return a place that starts service processes quickly."""
    with open_nursery(tmp_path) as opened:
        yield opened
