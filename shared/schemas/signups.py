"""Sign-ups at the wire: links for a location's website and tablet, and who has confirmed an address."""

from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Line, Wire


class SignupLink(Wire):
    """Where consumers of a location sign up for its mail. Neither link ever expires."""

    location_id: UUID
    url: str = Field(description="for a website, a poster or the QR code")
    shared_device_url: str = Field(
        description="for a tablet at the front desk: the browser keeps no address for the next person"
    )


class Signup(Wire):
    """A confirmed sign-up: an address whose owner has agreed to `wording` and pressed the button behind the mailed link."""

    signup_id: UUID
    location_id: UUID
    address: Line = Field(max_length=254)
    language: str
    wording: str
    policy_version: str
    requested_at: Instant
    confirmed_at: Instant
