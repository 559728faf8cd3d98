"""Mailer's wire: what a mail puts into its reader's calendar, or takes out of it again."""

from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Wire


class CalendarEntry(Wire):
    """One appointment. The mailer adds what else stands there: title, place, organizer and attendee, nothing about the reason (L-106).

    `uid` is the same for an appointment for ever, `sequence` rises with each change that was announced, so that a calendar takes the newest for the
    earlier one (RFC 5546 2.1.4). `is_cancelled` takes it out.
    """

    uid: UUID
    sequence: int = Field(ge=0, le=2_147_483_647)
    starts_at: Instant
    minutes: int | None = Field(default=None, ge=1, le=1440, description="null: not known how long")
    announced_at: Instant = Field(description="when this state was announced first; later attempts say the same")
    is_cancelled: bool = False
