"""The delivery world without optout as a fixture."""

from tests.mailer.delivery.conftest import alone

__all__ = ["alone"]
