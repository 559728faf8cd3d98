"""Makes a consumer whom no source knows: a walk-in, a call (S-120)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.index_people import index_people
from services.ingest.actions.refuse_erased import refuse_erased
from services.ingest.deps import Deps
from services.ingest.domain.batch import LocationUnknownError
from services.ingest.domain.person_edit import FIELDS, state_of
from services.ingest.store.business import address_rules, refuse_without_agreement
from services.ingest.store.cards import read_detail
from services.ingest.store.edits import insert_consumer, note_history, tell_of_consumer
from services.ingest.store.staging import raw_of
from shared.kit.auth import Caller
from shared.kit.crypto import keyed_id
from shared.kit.db import set_subscriber
from shared.kit.directory import find_fact
from shared.kit.errors import NotAllowedError
from shared.kit.ids import new_id
from shared.schemas.location import LocationFacts
from shared.schemas.records import ConsumerDetail, ConsumerInput


async def create_consumer(
    deps: Deps, connection: AsyncConnection, *, caller: Caller, wanted: ConsumerInput
) -> ConsumerDetail:
    """Return the new consumer, who is nobody's patient yet: mail needs a visit or booking as permission.

    Raises AgreementRequiredError, LocationUnknownError, NotAllowedError, AddressUnusableError, AddressErasedError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    location = await find_fact(connection, "location", wanted.location_id, LocationFacts)
    if location is None or location.subscriber_id != owner:
        raise LocationUnknownError
    if not caller.covers(wanted.location_id):
        raise NotAllowedError
    keys = await deps.row_keys.of(deps.api_db, owner)
    await set_subscriber(connection, owner)
    await refuse_without_agreement(connection, owner)
    foreign_id = new_id().hex
    door: UUID = keyed_id(keys.ids, "front_desk", wanted.location_id)
    consumer_id = keyed_id(keys.ids, door, "consumer", foreign_id)
    given = wanted.model_dump(mode="json", include=set(FIELDS))
    values = {field: (given[field] or "").strip() for field in FIELDS}
    values["status"] = values["status"] or "active"
    rules = await address_rules(connection, owner, wanted.location_id)
    state = state_of(foreign_id, values, rules=rules, today=now.date(), strict=True)
    await refuse_erased(connection, subscriber_id=owner, address=state.address, address_keys=deps.address_keys)
    key: dict[str, UUID] = {"subscriber_id": owner, "consumer_id": consumer_id}
    await insert_consumer(
        connection,
        **key,
        connection_id=door,
        location_id=wanted.location_id,
        state=state,
        keys=keys,
        address_keys=deps.address_keys,
        now=now,
    )
    await tell_of_consumer(connection, **key)
    await note_history(connection, **key, source="front_desk", changed_by=caller.name, fields=["created"], now=now)
    await index_people(connection, subscriber_id=owner, keys=keys, ids=[consumer_id])
    return await read_detail(await raw_of(connection), **key, keys=keys)
