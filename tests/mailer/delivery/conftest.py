"""The delivery world as a fixture."""

from collections.abc import AsyncIterator

import pytest

from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.world import World, open_world


@pytest.fixture
async def world(neighbours: Neighbours) -> AsyncIterator[World]:
    """Return a mailer with everything it needs."""
    async with SmtpSink() as sink, open_world(neighbours, sink) as opened:
        yield opened
