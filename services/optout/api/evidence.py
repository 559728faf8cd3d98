"""What is on file for an address, and why a mail was or was not allowed: for the subscriber who has to show it (L-092, N-114)."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from services.optout.actions.explain_decision import explain_decision
from services.optout.actions.list_evidence import list_evidence
from services.optout.api.asked import GivenAddressKeys, OpenDoor, worked_answer
from services.optout.api.examples import EVIDENCE
from services.optout.api.proof_examples import PROOF, QUESTION, SEARCH
from services.optout.domain.entries import AddressUnfitError
from shared.kit.auth import Caller, needs
from shared.kit.errors import NotFoundError
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.ledger import AddressEvidence, DecisionProof, DecisionQuestion, EvidenceSearch
from shared.schemas.wire import AddressKey

router = APIRouter(tags=["evidence"])


@router.get("/v1/evidence/{address_key}", responses=worked_answer(EVIDENCE))
async def show_evidence(
    address_key: Annotated[AddressKey, Path(examples=[EVIDENCE["address_key"]])],
    connection: Transaction,
    caller: Annotated[Caller, needs("optouts")],
    limit: Limit = 200,
    after: After = None,
) -> AddressEvidence:
    """Show what is on file, oldest first. An address unknown here and one known elsewhere look the same (S37)."""
    return await list_evidence(
        connection, subscriber_id=caller.subscriber, address_keys=[address_key], after=after, limit=limit
    )


@router.post("/v1/evidence/search", responses=worked_answer(EVIDENCE))
async def search_evidence(
    body: Annotated[EvidenceSearch, Body(examples=[SEARCH])],
    connection: Transaction,
    caller: Annotated[Caller, needs("optouts")],
    address_keys: GivenAddressKeys,
) -> AddressEvidence:
    """Show the same for an address, which stands in the body so that no log ever sees it."""
    try:
        keys = address_keys.all_keys_of(canonical_address(body.address).folded)
    except AddressRefusedError:
        raise AddressUnfitError from None
    return await list_evidence(
        connection, subscriber_id=caller.subscriber, address_keys=keys, after=body.after, limit=body.limit
    )


@router.post("/v1/evidence/decisions", responses=worked_answer(PROOF))
async def explain(
    body: Annotated[DecisionQuestion, Body(examples=[QUESTION])],
    caller: Annotated[Caller, needs("optouts")],
    door: OpenDoor,
    address_keys: GivenAddressKeys,
) -> DecisionProof:
    """Tell why a mail was or was not allowed at an instant, by the same function that decided then, with the entry it rests on.

    For a message ask with its address_key, location, people, class and the instant of its hand-over. 503 `catching_up` as for permissions.
    """
    if not caller.covers(body.location_id):
        raise NotFoundError
    door.recovery.require()
    return await explain_decision(door.database, subscriber_id=caller.subscriber, asked=body, address_keys=address_keys)
