"""Make another operator; the secret is shown once and kept as a hash."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.domain.client import hash_secret, new_secret
from services.portal.domain.operator import Operator
from services.portal.store.audit import write_audit
from services.portal.store.operators import insert_operator
from shared.kit.ids import new_id


async def create_operator(connection: AsyncConnection, *, name: str, actor: str, now: datetime) -> tuple[Operator, str]:
    """Return the operator and the secret (256 random bits)."""
    operator = Operator(client_id=new_id(), name=name, created_by=actor, created_at=now, revoked_at=None)
    secret = new_secret()
    await insert_operator(connection, operator, secret_hash=hash_secret(secret))
    await write_audit(connection, at=now, actor=actor, action="operator_created", thing_id=operator.client_id)
    return operator, secret
