"""The mailer's wire of mail of ours to the people of a business."""

from typing import Literal
from uuid import UUID

from pydantic import Field, JsonValue

from shared.schemas.wire import AddressKey, Instant, Line, Wire


class AccountMailInput(Wire):
    """A mail of our own to the people of a business, in stock words that print `fields`. `message_id` makes a repeat harmless."""

    message_id: UUID
    content: Literal["slow_week"] = Field(description="which stock words")
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    address: Line = Field(min_length=3, max_length=254)
    address_key: AddressKey
    fields: dict[str, JsonValue]
    useful_until: Instant
