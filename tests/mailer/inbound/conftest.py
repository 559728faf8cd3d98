"""A mailer that receives mail, with the real optout beside it or alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.mailer.main import open_inbound
from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import SmtpSink
from tests.mailer.delivery.world import open_world
from tests.mailer.inbound.post import Post


@asynccontextmanager
async def open_post(neighbours: Neighbours, *, with_optout: bool) -> AsyncIterator[Post]:
    """Open a mailer that receives mail, with a relay."""
    async with (
        SmtpSink() as sink,
        open_world(neighbours, sink, with_optout=with_optout) as world,
        open_inbound(world.mailer.deps, port=0) as port,
    ):
        assert port is not None
        yield Post(world, port)


@pytest.fixture
async def post(neighbours: Neighbours) -> AsyncIterator[Post]:
    """Return a mailer whose receiver listens on a real port, with the real optout."""
    async with open_post(neighbours, with_optout=True) as opened:
        yield opened


@pytest.fixture
async def alone(neighbours: Neighbours) -> AsyncIterator[Post]:
    """Return the same without optout."""
    async with open_post(neighbours, with_optout=False) as opened:
        yield opened
