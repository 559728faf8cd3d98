"""Fixtures of ingest's tests."""

import pytest

from tests.fixtures.services import Neighbours
from tests.ingest.desk import Desk
from tests.ingest.practice import Practice, at, consumer, open_practice, visit

CAR = {"type": "vehicle", "foreign_id": "C1", "source_updated_at": at(), "consumer": "P2", "plate": "7 abc-123"}


@pytest.fixture
async def practice(neighbours: Neighbours) -> Practice:
    """Return a practice with one connection."""
    return await open_practice(neighbours)


@pytest.fixture
async def desk(practice: Practice) -> Desk:
    """A desk with three people, one of them with a car."""
    await practice.upload(
        consumer("P1", first_name="Zoë", last_name="O'Brien-Müller", phone="+1 (415) 555-0101", household="H1"),
        consumer("P2", first_name="Annabel", last_name="Lee", email="Shared@Example.com", household="H1"),
        consumer("P3", first_name="Ann", last_name="Leeds", email="shared@example.com", preferred_name="Bo"),
        CAR,
        visit("V1", "P1"),
    )
    desk = Desk(practice)
    await desk.index()
    return desk
