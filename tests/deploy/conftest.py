"""One throw-away PostgreSQL for the tests that change roles, so that no other test's passwords are touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.postgres import EmbeddedPostgres


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running server."""
    with EmbeddedPostgres(Path(tmp_path_factory.mktemp("server")) / "postgres", durable=False) as running:
        yield running
