"""The delivery world without optout, and words for calling the mailer."""

from collections.abc import AsyncIterator

import pytest

from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.world import World, open_world


@pytest.fixture
async def world(neighbours: Neighbours) -> AsyncIterator[World]:
    """Return a mailer with a live location and published contents."""
    async with SmtpSink() as sink, open_world(neighbours, sink, with_optout=False) as opened:
        yield opened
