"""Loads the fixtures, and gives the run one PostgreSQL: DUEBACK_TEST_DATABASE_URL, or an embedded server for this run alone."""

import os
import tempfile
from pathlib import Path

import pytest

from deploy.local.postgres import EmbeddedPostgres
from shared.kit.logs import configure_logs

SERVER_VARIABLE = "DUEBACK_TEST_DATABASE_URL"

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.clocks",
    "tests.fixtures.services",
    "tests.fixtures.samples",
]

_server = pytest.StashKey[tuple[EmbeddedPostgres, tempfile.TemporaryDirectory[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the process that collects; parallel workers inherit its URL."""
    configure_logs("tests", level="ERROR")
    if os.environ.get(SERVER_VARIABLE) or hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="dueback-test-")
    server = EmbeddedPostgres(Path(folder.name) / "postgres", durable=False)
    server.start()
    os.environ[SERVER_VARIABLE] = server.url()
    config.stash[_server] = (server, folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run started."""
    if (held := config.stash.get(_server, None)) is not None:
        server, folder = held
        server.stop()
        folder.cleanup()
        del os.environ[SERVER_VARIABLE]
