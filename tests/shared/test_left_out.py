"""What no service uses is not loaded either."""

import subprocess
import sys

import pytest

from deploy.local.names import SERVICES

SHOW = "import importlib, sys, shared.kit.run; importlib.import_module(sys.argv[1]); print(*(n for n, m in sys.modules.items() if m))"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_loads_nothing_that_it_does_not_use(service: str) -> None:
    """P1, P7: a version of a library that finds another way to its optional half would cost every process megabytes unseen."""
    told = subprocess.run(
        [sys.executable, "-c", SHOW, f"services.{service}.main"], capture_output=True, text=True, check=True
    )
    loaded = set(told.stdout.split())
    assert {"fastapi", "structlog", "sqlalchemy.ext.asyncio"} <= loaded
    assert not loaded & {"rich", "pygments", "pydantic.v1", "sqlalchemy.orm"}
