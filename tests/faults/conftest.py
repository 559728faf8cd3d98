"""Fixtures of the long runs."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import SERVER_VARIABLE
from tests.journeys.mail_house import Nursery, open_nursery


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Return a place that starts service processes quickly."""
    with open_nursery(tmp_path) as opened:
        yield opened


@pytest.fixture
async def durable() -> AsyncIterator[None]:
    """Let commits be on their way to disk before they are answered, as they are outside tests: here servers crash."""
    connection = await asyncpg.connect(os.environ[SERVER_VARIABLE])
    await connection.execute("alter role all set synchronous_commit = 'on'")
    await connection.close()
    yield
    connection = await asyncpg.connect(os.environ[SERVER_VARIABLE])
    await connection.execute("alter role all reset synchronous_commit")
    await connection.close()
