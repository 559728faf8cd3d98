"""Operators: people who run the installation, each with a credential of their own, so that what needs several people can have them (S-110)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.kit.errors import NotFoundError


class OperatorUnknownError(NotFoundError):
    """No such operator; the one of the settings is none of these."""

    code, title = "operator_unknown", "There is no such operator."


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator's credential, without its secret. `created_by`: whose doing it was."""

    client_id: UUID
    name: str
    created_by: str
    created_at: datetime
    revoked_at: datetime | None
