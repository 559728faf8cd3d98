"""Orders of optout to erase, as its feed tells them."""

from typing import Any
from uuid import UUID, uuid4

from services.ingest.actions.follow_optout import follow_optout
from shared.schemas.address import canonical_address
from shared.schemas.optout import SuppressionEntry
from shared.schemas.privacy_cases import EraseOrder
from shared.schemas.wire import Change
from tests.fixtures.services import ADDRESS_KEYS
from tests.ingest.practice import Practice

ANN = "ann@example.com"


def key_of(address: str) -> str:
    """Return the address key."""
    return ADDRESS_KEYS.key_of(canonical_address(address).folded)


def order_for(practice: Practice | None, address: str = ANN, person: str | None = None, **values: Any) -> EraseOrder:
    """Return an order of one business, or of the platform."""
    return EraseOrder(
        entry_id=values.get("entry_id") or uuid4(),
        subscriber_id=practice.subscriber.subscriber_id if practice else None,
        address_key=key_of(address),
        person_id=UUID(person) if person else None,
        ordered_at="2026-03-02T12:00:00Z",  # type: ignore[arg-type]
    )


def change_of(told: EraseOrder | SuppressionEntry, number: int = 1) -> Change:
    """Return news of optout as a row of its feed."""
    return Change(
        position=f"7.{number}",
        subscriber_id=told.subscriber_id,
        kind="erase" if isinstance(told, EraseOrder) else "suppression",
        key=told.entry_id,
        body=told.model_dump(mode="json"),
    )


async def obey(practice: Practice, *told: EraseOrder | SuppressionEntry) -> None:
    """Apply news of optout as the follower does, in one transaction."""
    deps = practice.ingest.deps
    changes = [change_of(each, number) for number, each in enumerate(told)]
    async with deps.worker_db.transaction() as connection:
        await follow_optout(deps, connection, changes, now=deps.clock.now())
