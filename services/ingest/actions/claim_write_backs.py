"""Gives a connector what it should write into its practice system; nobody else is offered the same meanwhile."""

from datetime import timedelta
from typing import Any

from services.ingest.actions.show_connection import show_connection
from services.ingest.deps import Deps
from services.ingest.domain.batch import ConnectionEndedError
from services.ingest.domain.person import unpack_detail
from services.ingest.store.cards import open_person
from services.ingest.store.row_keys import SubscriberKeys
from services.ingest.store.write_backs import claim_due, end_gone
from shared.kit.auth import Caller
from shared.kit.crashpoints import crashpoint
from shared.kit.ids import new_id
from shared.schemas.write_backs import WriteBack, WriteBackClaim, WriteBacks


async def claim_write_backs(deps: Deps, *, caller: Caller, wanted: WriteBackClaim) -> WriteBacks:
    """Return what is due at the connection, claimed until its lease is over; what lost its person or booking ends here.

    Raises ConnectionUnknownError, ConnectionEndedError.
    """
    owner, now, claim_id = caller.subscriber, deps.clock.now(), new_id()
    keys = await deps.row_keys.of(deps.api_db, owner)
    async with deps.api_db.transaction(owner) as connection:
        source = await show_connection(connection, caller=caller, connection_id=wanted.connection_id)
        if source.ended_at is not None:
            raise ConnectionEndedError
        rows = await claim_due(
            connection,
            subscriber_id=owner,
            connection_id=wanted.connection_id,
            claim_id=claim_id,
            limit=wanted.limit,
            now=now,
            until=now + timedelta(minutes=wanted.lease_minutes),
        )
        gone = [row.write_back_id for row in rows if not row.is_there]
        await end_gone(connection, subscriber_id=owner, ids=gone, now=now)
        offered = WriteBacks(items=[_offered(row, keys) for row in rows if row.is_there])
    crashpoint("ingest.after_write_back_claim")
    return offered


def _offered(row: Any, keys: SubscriberKeys) -> WriteBack:
    booking = None
    if row.appointment_id is not None:
        place = b"appointments.personal:" + row.appointment_id.bytes
        booking = unpack_detail(keys.cipher.decrypt(bytes(row.appointment_personal), place))[0]
    return WriteBack(
        write_back_id=row.write_back_id,
        connection_id=row.connection_id,
        consumer_id=row.consumer_id,
        foreign_id=open_person(row, keys).foreign_id,
        kind=row.kind,
        suppression_class=row.suppression_class,
        appointment=booking,
        starts_at=row.starts_at,
        decided_at=row.decided_at,
        tries=row.tries,
        claim_id=row.claim_id,
    )
