"""GET /v1/evidence/{address_key}: what is on file for an address, for the subscriber who has to show it."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.optout.actions.list_evidence import list_evidence
from services.optout.api.asked import worked_answer
from services.optout.api.examples import EVIDENCE
from services.optout.domain.entries import LedgerEntry
from shared.kit.auth import Caller, needs
from shared.kit.requests import Transaction
from shared.schemas.optout import Basis, Scope, SuppressionClass
from shared.schemas.wire import AddressKey, Instant, Slug, Wire

router = APIRouter(tags=["evidence"])


class EntryView(Wire):
    """One entry as it stands in the subscriber's chain; `hash` lets a copy be compared later."""

    entry_id: UUID
    chain_position: int
    kind: Slug
    location_id: UUID | None
    person_id: UUID | None
    basis: Basis | None
    scope: Scope | None
    suppression_class: SuppressionClass | None
    channel: Slug
    policy_version: str | None
    evidence: str
    occurred_at: Instant
    recorded_at: Instant
    valid_until: Instant | None
    hash: str


class AddressEvidence(Wire):
    """The entries of one subscriber for one address, oldest first, at most 1,000; empty for an address never heard of."""

    address_key: AddressKey
    entries: list[EntryView]


@router.get("/v1/evidence/{address_key}", responses=worked_answer(EVIDENCE))
async def show_evidence(
    address_key: Annotated[AddressKey, Path(examples=[EVIDENCE["address_key"]])],
    connection: Transaction,
    caller: Annotated[Caller, needs("optouts")],
) -> AddressEvidence:
    """Show consents, opt-outs and lifts on file. An address unknown here and one known elsewhere look the same (S37)."""
    entries = await list_evidence(connection, subscriber_id=caller.subscriber, address_key=address_key)
    return AddressEvidence(address_key=address_key, entries=[_view(link) for link in entries])


def _view(link: LedgerEntry) -> EntryView:
    values = asdict(link.entry)
    return EntryView.model_validate(
        values | {"chain_position": link.chain_position, "recorded_at": link.recorded_at, "hash": link.hash.hex()}
    )
