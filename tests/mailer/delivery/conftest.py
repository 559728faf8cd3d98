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


@pytest.fixture
async def alone(neighbours: Neighbours) -> AsyncIterator[World]:
    """Return a mailer without optout beside it: leases and suppressions come from the test."""
    async with SmtpSink() as sink, open_world(neighbours, sink, with_optout=False) as opened:
        yield opened
