"""Answer the token endpoint: check a client's secret and sign a token of 15 minutes (RFC 6749 4.4)."""

from dataclasses import dataclass
from time import monotonic
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.portal.domain.client import NO_SECRET, KnownClient, is_secret
from services.portal.domain.signing import signing_key_at
from services.portal.domain.tokens import (
    ClientRefusedError,
    TokenRequest,
    TooManyFailuresError,
    granted_scopes,
    token_claims,
)
from services.portal.store.clients import find_known_client
from services.portal.store.failures import FailureMemory
from services.portal.store.operators import find_known_operator
from services.portal.store.signing_keys import list_signing_keys
from shared.kit.auth import AUDIENCE, ISSUER
from shared.kit.clock import Clock
from shared.kit.crypto import FieldCipher
from shared.kit.db import Database
from shared.kit.logs import log

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token and what it grants."""

    text: str
    scope: str


async def issue_token(
    database: Database,
    *,
    request: TokenRequest,
    operator: KnownClient,
    cipher: FieldCipher,
    failures: FailureMemory,
    source: str,
    clock: Clock,
) -> IssuedToken:
    """Return a token; raise ClientRefusedError, ScopeRefusedError or TooManyFailuresError.

    An unknown client, a wrong secret and a revoked client cost the same look-up, hash and comparison and get the same answer (S16).
    `database` is the worker role's: the subscriber is not known before the client is.
    """
    client_id = _as_id(request.client_id)
    name = str(client_id)
    wait = failures.seconds_to_wait(client_id=name, source=source, now=monotonic())
    if wait > 0:
        raise TooManyFailuresError(wait)
    async with database.transaction() as connection:
        stored = await find_known_client(connection, client_id)
        further = await find_known_operator(connection, client_id)
        keys = await list_signing_keys(connection)
    client = operator if client_id == operator.client_id else stored or further
    right = is_secret(request.client_secret, client.secret_hash if client else NO_SECRET)
    if client is None or not right or not client.usable:
        failures.note_failure(client_id=name, source=source, now=monotonic())
        log("portal.token").warning("token_refused", client_id=name)
        raise ClientRefusedError
    failures.note_success(client_id=name, source=source)
    now = clock.now()
    scopes = granted_scopes(client, request.scope)
    key = signing_key_at(keys, now)
    private = cipher.decrypt(key.private_key, b"signing_keys.private_key:" + key.key_id.encode())
    text = jwt.encode(
        token_claims(client, scopes, issuer=ISSUER, audience=AUDIENCE, now=now),
        Ed25519PrivateKey.from_private_bytes(private),
        algorithm="EdDSA",
        headers={"kid": key.key_id},
    )
    log("portal.token").info("token_issued", client_id=name)
    return IssuedToken(text, " ".join(scopes))


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return _NOBODY
