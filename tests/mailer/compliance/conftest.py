"""The delivery worlds as fixtures."""

from tests.mailer.delivery.conftest import alone, world

__all__ = ["alone", "world"]
