"""Keys and revocations of API clients as portal pushes them downhill, so that every service verifies offline."""

from uuid import UUID

from shared.schemas.wire import Instant, Wire


class VerificationKey(Wire):
    """Directory kind `verification_key`: a public key of portal's token endpoint, base64 of the 32 raw octets (Ed25519)."""

    key_id: str
    public_key: str
    not_after: Instant | None = None


class RevokedClient(Wire):
    """Directory kind `revoked_client`: tokens of this client issued before `revoked_at` are refused within 10 s."""

    client_id: UUID
    revoked_at: Instant
