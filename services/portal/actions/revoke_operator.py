"""Revoke an operator: no new token from now on, and live tokens are refused everywhere within 10 s (S12)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.actions.push_fact import push_fact
from services.portal.clients.facts import operator_revocation_fact
from services.portal.domain.operator import Operator
from services.portal.store.audit import write_audit
from services.portal.store.operators import mark_operator_revoked


async def revoke_operator(connection: AsyncConnection, *, client_id: UUID, actor: str, now: datetime) -> Operator:
    """Revoke and return the operator; a second time changes nothing. Raises OperatorUnknownError."""
    operator = await mark_operator_revoked(connection, client_id, at=now)
    if operator.revoked_at == now:
        await write_audit(connection, at=now, actor=actor, action="operator_revoked", thing_id=client_id)
        await push_fact(connection, operator_revocation_fact(operator))
    return operator
