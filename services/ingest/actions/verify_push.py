"""Tells whether a push is genuine: signed with a secret of its connection, as Standard Webhooks says, and not older than five minutes (S73)."""

import os
from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.pushed import PushNotGenuineError, secret_of
from services.ingest.store.connections import find_webhook
from shared.kit.webhooks import Webhook, is_genuine


async def verify_push(deps: Deps, *, subscriber_id: UUID, connection_id: UUID, webhook: Webhook) -> None:
    """Raise PushNotGenuineError unless it is; an unknown connection is measured against a secret that nobody has."""
    async with deps.api_db.transaction(subscriber_id) as connection:
        present = await find_webhook(connection, subscriber_id=subscriber_id, connection_id=connection_id)
    secrets = [os.urandom(32)]
    if present:
        keys = await deps.row_keys.of(deps.api_db, subscriber_id)
        secrets = [secret_of(keys.ids, connection_id, number) for number in (present, present - 1) if number]
    if not is_genuine(webhook, secrets, now=deps.clock.now()):
        raise PushNotGenuineError
