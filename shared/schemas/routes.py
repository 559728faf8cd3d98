"""Wire of the mailer's routes (relays) and paces (limits by route, recipient's provider and sender domain). For the operator."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StrictInt, StringConstraints

from shared.schemas.wire import Instant, Line, Wire

RouteName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
RouteState = Literal["active", "paused"]
PaceKind = Literal["recipient", "sender"]


class PaceLimits(Wire):
    """Messages a second (smoothed), in an hour and in a day, over all processes together; null: no limit."""

    per_second: float | None = Field(default=None, gt=0, le=100_000)
    per_hour: StrictInt | None = Field(default=None, ge=1, le=1_000_000_000)
    per_day: StrictInt | None = Field(default=None, ge=1, le=1_000_000_000)


class RouteInput(PaceLimits):
    """A relay. `url` as in MAILER_SMTP_URL; null keeps the one on file, for route `default` the one of the settings."""

    url: SecretStr | None = Field(default=None, max_length=500)
    weight: StrictInt = Field(default=1, ge=1, le=100, description="share among the routes of its priority")
    priority: StrictInt = Field(
        default=0, ge=0, le=9, description="a higher number takes over when every route before it is down"
    )
    max_connections: StrictInt | None = Field(default=None, ge=1, le=1000, description="over all processes together")
    state: RouteState = "active"


class Route(PaceLimits):
    """A relay and how it does: `rate` is what it is slowed down to, `reason` why it last did not serve a process that still holds it for down."""

    name: RouteName
    relay: Line = Field(description="host:port, without credentials")
    tls: Literal["never", "offered", "required", "implicit"]
    weight: StrictInt
    priority: StrictInt
    max_connections: StrictInt | None
    state: RouteState
    connections: StrictInt = Field(description="open at present, as the processes said within the last seconds")
    workers: StrictInt
    reason: Line | None
    rate: float | None
    changed_at: Instant | None
    version: StrictInt = Field(default=0, description="to send as If-Match with a change")


class Routes(Wire):
    """All routes by priority and name."""

    items: list[Route]


class PaceInput(PaceLimits):
    """Limits; all null and `ramps` false takes the pace away."""

    ramps: bool = Field(
        default=False, description="a sender domain's commercial mail ramps up from its next one (L-067)"
    )


class Pace(PaceInput):
    """Limits and where they stand. A recipient's `key` is a provider's name or a keyed hash of a domain."""

    kind: PaceKind
    key: Line
    daily_cap: StrictInt | None = Field(description="today's cap of the ramp")
    rate: float | None = Field(description="messages a second while the provider wants it slower")
    slowed_at: Instant | None
    sent_this_hour: StrictInt
    sent_today: StrictInt
    version: StrictInt = Field(default=0, description="to send as If-Match with a change of the limits")


class Paces(Wire):
    """All paces by kind and key."""

    items: list[Pace]
