"""Ingest's wire: events that a source pushes, in the envelope of Standard Webhooks 1.0, and the secret they are signed with."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Wire


class WebhookRenewal(Wire):
    """Whether the present secret stays good until the next is made, so that no push is refused while the new one is carried over."""

    keep_previous: bool = Field(default=True, description="false ends it at once: somebody else may know it")


class WebhookSecret(Wire):
    """What a source needs to push: shown once."""

    connection_id: UUID
    path: str = Field(description="where to post, at ingest's address")
    secret: str = Field(description="`whsec_` and base64, as Standard Webhooks has it")


class PushedRecords(Wire):
    """What an event carries: records as a batch takes them, one object each."""

    records: list[dict[str, Any]] = Field(min_length=1, max_length=1000)


class RecordsEvent(Wire):
    """An event of a source. `timestamp` stands in for records without a time of their own."""

    type: Literal["records"]
    timestamp: Instant
    data: PushedRecords


class EventPage(Wire):
    """What a source answers that keeps its events for back-filling: those after a cursor, oldest first."""

    events: list[dict[str, Any]] = Field(max_length=1000)
    next: str = Field(max_length=1000, description="cursor after the last of them")
    more: bool = False
