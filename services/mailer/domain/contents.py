"""A published content as store and rendering know it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.schemas.contents import ClassReason
from shared.schemas.token import MessageClass

IN_DOUBT: Final = ClassReason(
    purpose="unclear", decided_by="default", decider="", words="Nobody said why, and in doubt a mail is commercial."
)
"""The reason that is recorded for a commercial content without one (L-001); a transactional one without is refused."""


@dataclass(frozen=True, slots=True)
class CompiledContent:
    """A published version: three checked templates and the fields they need. Small, frozen, and all that rendering needs.

    `shown_fields` are those of subject and preheader, which a mailbox list shows without opening the mail.
    """

    language: str
    message_class: str
    subject: str
    text: str
    html: str
    fields: tuple[str, ...]
    shown_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContentHead:
    """What accepting a message needs to know of its content; `subscriber_id` None for stock content, `shown_fields` None where not recorded."""

    subscriber_id: UUID | None
    message_class: MessageClass
    fields: tuple[str, ...]
    shown_fields: tuple[str, ...] | None
