"""POST /v1/address-keys: for a service that has an address of somebody who is no consumer, and must respect their opt-out all the same."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.optout.actions.key_addresses import key_addresses
from services.optout.api.asked import GivenAddressKeys, worked_answer
from services.optout.api.examples import ADDRESS_KEYS, KEYED_ADDRESSES
from shared.kit.auth import Caller, only_service
from shared.schemas.optout import AddressKeysAnswer, AddressKeysInput

router = APIRouter(tags=["permissions"])


@router.post("/v1/address-keys", responses=worked_answer(KEYED_ADDRESSES))
async def find_keys(
    body: Annotated[AddressKeysInput, Body(examples=[ADDRESS_KEYS])],
    caller: Annotated[Caller, only_service("scheduler")],
    address_keys: GivenAddressKeys,
) -> AddressKeysAnswer:
    """Answer with the keys of up to 100 addresses, in order. The answer says nothing of whether an address is known."""
    return AddressKeysAnswer(keys=key_addresses(body.addresses, address_keys=address_keys))
