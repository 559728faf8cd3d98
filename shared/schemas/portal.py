"""Portal's wire: subscribers, locations, API clients and tokens."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field, SecretStr

from shared.schemas.location import (
    Capacity,
    LinkHosts,
    LocationFacts,
    LocationState,
    OpeningHours,
    PostalAddress,
    ProcedureNames,
    SenderIdentity,
    StaffMailboxes,
    Vertical,
    ZoneName,
)
from shared.schemas.wire import Instant, Line, Name, Wire


class SubscriberInput(Wire):
    """A new subscriber with exactly the fields of S-070 (fax optional)."""

    name: Name
    contact_name: Name
    postal_address: PostalAddress
    phone: Line = Field(max_length=40)
    fax: Line = Field(default="", max_length=40)
    email: str = Field(max_length=254)


class Subscriber(SubscriberInput):
    """A subscriber as stored."""

    subscriber_id: UUID
    agreement_version: str | None
    agreement_accepted_at: Instant | None
    active: bool
    created_at: Instant


class SubscriberChange(Wire):
    """An edit of a subscriber's profile (S-120): what is absent or null stays."""

    name: Name | None = None
    contact_name: Name | None = None
    postal_address: PostalAddress | None = None
    phone: Line | None = Field(default=None, max_length=40)
    fax: Line | None = Field(default=None, max_length=40)
    email: str | None = Field(default=None, max_length=254)


class AgreementInput(Wire):
    """Acceptance of a numbered agreement version by a named person (S-052)."""

    version: Line = Field(min_length=1, max_length=40)
    accepted_by: Name


class LocationInput(Wire):
    """A place of a subscriber; it starts in `onboarding` (S-074)."""

    name: Name
    vertical: Vertical
    zone: ZoneName
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    phone: Line = Field(max_length=40)
    website: Line = Field(default="", max_length=300)
    postal_address: PostalAddress
    sender: SenderIdentity
    hours: OpeningHours = Field(default=[])
    closures: list[date] = Field(default=[], max_length=400)
    procedure_names: ProcedureNames = Field(default=[])
    link_hosts: LinkHosts = Field(default=[])
    open_on_public_holidays: bool = Field(default=False)
    in_aggregates: bool = Field(default=False)
    test_recipients: StaffMailboxes = Field(default=[])
    capacity: Capacity = Field(default=Capacity())


class LocationChange(Wire):
    """An edit of a location: what is absent or null stays. The vertical is fixed at creation."""

    name: Name | None = None
    zone: ZoneName | None = None
    language: str | None = Field(default=None, pattern=r"^[a-z]{2}$")
    phone: Line | None = Field(default=None, max_length=40)
    website: Line | None = Field(default=None, max_length=300)
    postal_address: PostalAddress | None = None
    sender: SenderIdentity | None = None
    hours: OpeningHours | None = None
    closures: list[date] | None = Field(default=None, max_length=400)
    procedure_names: ProcedureNames | None = None
    link_hosts: LinkHosts | None = None
    open_on_public_holidays: bool | None = None
    in_aggregates: bool | None = None
    test_recipients: StaffMailboxes | None = None
    capacity: Capacity | None = None


class Location(LocationFacts):
    """A location as stored, with its version for If-Match."""

    version: int


class LocationStateInput(Wire):
    """Move a location through onboarding; `live` is refused with what is missing (S-074)."""

    state: LocationState


class ClientInput(Wire):
    """An API client of a subscriber with its scopes."""

    name: Name
    scopes: list[
        Literal["ingest", "records", "campaigns", "messages", "content", "optouts", "privacy", "locations"]
    ] = Field(min_length=1)
    location_ids: list[UUID] = Field(default=[], description="empty means all locations")


class Client(Wire):
    """A client as stored; the secret is shown once, at creation."""

    client_id: UUID
    subscriber_id: UUID
    name: Name
    scopes: list[str]
    location_ids: list[UUID]
    created_at: Instant
    revoked_at: Instant | None


class NewClient(Client):
    """The answer to a creation: the only time the secret is visible."""

    client_secret: str


class OperatorInput(Wire):
    """A credential for another person who runs the installation."""

    name: Name


class Operator(Wire):
    """An operator as stored; the secret is shown once, at creation. `created_by`: kind and id of whoever made it."""

    client_id: UUID
    name: Name
    created_by: str
    created_at: Instant
    revoked_at: Instant | None


class NewOperator(Operator):
    """The answer to a creation: the only time the secret is visible."""

    client_secret: str


class TokenInput(Wire):
    """OAuth 2 client credentials (RFC 6749 4.4), form-encoded."""

    grant_type: Literal["client_credentials"]
    client_id: UUID
    client_secret: SecretStr


class Token(Wire):
    """RFC 6749 5.1; `access_token` is an EdDSA JWT of at most 15 minutes."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class PublishedKey(Wire):
    """One public key of the token endpoint as a JSON Web Key (RFC 7517, RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: str = Field(description="base64url of the 32 raw octets")
    kid: str
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"


class PublishedKeys(Wire):
    """The JSON Web Key Set with which anybody may verify a token."""

    keys: list[PublishedKey]
