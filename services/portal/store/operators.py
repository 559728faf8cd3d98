"""SQL of operators; a secret is only ever here as its hash."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.domain.client import KnownClient
from services.portal.domain.operator import Operator, OperatorUnknownError
from services.portal.domain.tokens import OPERATOR_SCOPES
from services.portal.store.tables import operators

_SHOWN = [column for column in operators.c if column.name != "secret_hash"]


async def find_known_operator(connection: AsyncConnection, client_id: UUID) -> KnownClient | None:
    """Return what the token endpoint needs of an operator, or None."""
    row = (await connection.execute(select(operators).where(operators.c.client_id == client_id))).first()
    if row is None:
        return None
    return KnownClient(
        client_id=row.client_id,
        secret_hash=bytes(row.secret_hash),
        scopes=OPERATOR_SCOPES,
        usable=row.revoked_at is None,
    )


async def insert_operator(connection: AsyncConnection, operator: Operator, *, secret_hash: bytes) -> None:
    """Insert an operator."""
    await connection.execute(
        insert(operators).values(
            client_id=operator.client_id,
            name=operator.name,
            secret_hash=secret_hash,
            created_by=operator.created_by,
            created_at=operator.created_at,
            revoked_at=None,
        )
    )


async def list_operators(
    connection: AsyncConnection, *, after: UUID | None, limit: int, only_revoked: bool = False
) -> list[Operator]:
    """Return up to `limit` operators by id, revoked ones too."""
    query = select(*_SHOWN).order_by(operators.c.client_id).limit(limit)
    if after is not None:
        query = query.where(operators.c.client_id > after)
    if only_revoked:
        query = query.where(operators.c.revoked_at.is_not(None))
    return [Operator(**row._mapping) for row in (await connection.execute(query)).all()]


async def mark_operator_revoked(connection: AsyncConnection, client_id: UUID, *, at: datetime) -> Operator:
    """Set the instant of revocation unless one stands; return the operator; raise OperatorUnknownError."""
    which = operators.c.client_id == client_id
    await connection.execute(update(operators).where(which, operators.c.revoked_at.is_(None)).values(revoked_at=at))
    row = (await connection.execute(select(*_SHOWN).where(which))).first()
    if row is None:
        raise OperatorUnknownError
    return Operator(**row._mapping)
