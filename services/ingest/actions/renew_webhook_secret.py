"""Makes the next secret of a connection's pushes, by default without ending the one before."""

from uuid import UUID

from services.ingest.actions.lock_connection import lock_connection
from services.ingest.deps import Deps
from services.ingest.domain.pushed import secret_of, written_secret
from services.ingest.store.connections import renew_webhook
from shared.kit.auth import Caller
from shared.schemas.webhooks import WebhookRenewal, WebhookSecret


async def renew_webhook_secret(
    deps: Deps, *, caller: Caller, connection_id: UUID, version: int, wanted: WebhookRenewal
) -> tuple[WebhookSecret, int]:
    """Return the secret, which is shown this once, and the connection's version with it. The present and the one before are good; without
    `keep_previous` the one before is one that nobody was ever told. Raises ConnectionUnknownError, ConnectionEndedError, VersionMismatchError.
    """
    step = 1 if wanted.keep_previous else 2
    keys = await deps.row_keys.of(deps.api_db, caller.subscriber)
    async with deps.api_db.transaction(caller.subscriber) as connection:
        found = await lock_connection(connection, caller=caller, connection_id=connection_id, version=version)
        generation = await renew_webhook(
            connection, subscriber_id=caller.subscriber, connection_id=connection_id, step=step
        )
    secret = WebhookSecret(
        connection_id=connection_id,
        path=f"/v1/webhooks/{caller.subscriber}/{connection_id}",
        secret=written_secret(secret_of(keys.ids, connection_id, generation)),
    )
    return secret, found.version + 1
