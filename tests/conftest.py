"""Loads the fixtures, and gives each process of the run a PostgreSQL: DUEBACK_TEST_DATABASE_URL, or an embedded one of its own.

Not one for all: a feed shows nothing newer than the oldest transaction of its whole cluster, so a test in one process
would hide rows from a test in another.
"""

import os
import tempfile
import zoneinfo
from pathlib import Path

import hypothesis
import pytest

from deploy.local.postgres import EmbeddedPostgres
from shared.kit.logs import configure_logs

LONGEST = ("tests/journeys/", "tests/demo/", "tests/deploy/test_up.py", "tests/mailer/delivery/test_own_mail.py")
"""Tests of half a minute and more in all."""

SERVER_VARIABLE = "DUEBACK_TEST_DATABASE_URL"

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.clocks",
    "tests.fixtures.services",
    "tests.fixtures.samples",
]

_server = pytest.StashKey[tuple[EmbeddedPostgres, tempfile.TemporaryDirectory[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in each process that runs tests; one that only hands them out needs none."""
    configure_logs("tests", level="ERROR")
    zoneinfo.reset_tzpath(to=())  # as every service does: the pinned tzdata, not whatever this machine carries
    # Where a run decides whether work lands it repeats the same examples; elsewhere each run looks for new ones. A busy machine is no finding.
    patient = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.register_profile("ci", patient, derandomize=True)
    hypothesis.settings.register_profile("new", patient)
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "new")
    hands_out = bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")
    if os.environ.get(SERVER_VARIABLE) or hands_out:
        return
    folder = tempfile.TemporaryDirectory(prefix="dueback-test-")
    server = EmbeddedPostgres(Path(folder.name) / "postgres", durable=False)
    server.start()
    os.environ[SERVER_VARIABLE] = server.url()
    config.stash[_server] = (server, folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no process is still at one of them when the others have nothing left to do."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run started."""
    if (held := config.stash.get(_server, None)) is not None:
        server, folder = held
        server.stop()
        folder.cleanup()
        del os.environ[SERVER_VARIABLE]
