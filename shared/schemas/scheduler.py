"""Scheduler's wire: campaigns a location switched on, touches, and the reason for each yes and no."""

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from shared.schemas.comparisons import Arm, Variant
from shared.schemas.contents import ClassReason, LintFinding
from shared.schemas.token import MessageClass
from shared.schemas.topics import Topic
from shared.schemas.wire import Instant, Line, Slug, Wire

TouchState = Literal[
    "planned",
    "held",
    "dispatched",
    "sent",
    "skipped",
    "cancelled",
    "expired",
    "failed",
    "bounced",
    "suppressed",
    "uncertain",
]
"""`planned` waits for its time, `held` for a cause to go away (reason names it), `dispatched` is with the mailer; the rest are ends."""


class CampaignTypeFacts(Wire):
    """A plug-in as the API lists it."""

    slug: Slug
    title: str
    verticals: list[Literal["dental", "auto"]]
    message_class: MessageClass
    steps: list[str]
    topic: Topic | None = Field(
        default=None, description="what its mail is about; a consumer may switch that off alone"
    )
    class_reason: ClassReason | None = Field(default=None, description="why its mail has its class")


class _CampaignChoice(Wire):
    location_id: UUID
    type: Slug
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class CampaignInput(_CampaignChoice):
    """Switch a campaign type on for a location, or prepare it as a draft. `settings` override the type's defaults."""

    draft: bool = Field(default=False, description="only prepare it: nothing is checked, planned or sent")


class Campaign(_CampaignChoice):
    """A campaign as stored; `activated_at` of a draft is when it was last edited."""

    campaign_id: UUID
    state: Literal["active", "paused", "ended", "draft"]
    version: int
    activated_at: Instant


class CampaignChange(Wire):
    """Start a draft, pause, resume or end a campaign; or give it other settings, as a whole. What is absent stays."""

    state: Literal["active", "paused", "ended"] | None = None
    settings: dict[str, JsonValue] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.state is None and self.settings is None:
            raise ValueError("nothing_to_change")
        return self


class CampaignPreviewInput(Wire):
    """Show a campaign as this consumer would get it, in one of its variants where it compares two."""

    consumer_id: UUID
    variant: Variant = "a"


class CampaignPreview(Wire):
    """What this consumer would read, null where it cannot be rendered, and what the mailer's rules find. Untrusted HTML: a sandboxed frame only."""

    campaign_id: UUID
    version: int
    consumer_id: UUID
    subject: str | None
    text: str | None
    html: str | None
    findings: list[LintFinding]


class CampaignTestInput(Wire):
    """Send a campaign as a test to one of the location's own people (`test_recipients`, or its reply to)."""

    recipient: Line = Field(min_length=3, max_length=254)
    language: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2}$",
        description="the content's language where it speaks it; else the location's",
    )
    variant: Variant = "a"


class CampaignTest(Wire):
    """A test that the mailer has taken; what becomes of it is asked of the mailer by `message_id`."""

    campaign_id: UUID
    version: int
    message_id: UUID
    language: str


class ForecastDay(Wire):
    """A local day on which mail would go: to so many people, in so many messages, because those who share a mailbox share a mail."""

    day: date
    people: int
    messages: int


class ForecastReason(Wire):
    """A reason for which so many people would get nothing."""

    reason: Slug
    explanation: str
    people: int


class Forecast(Wire):
    """What the next occasion of a campaign by hand would do by the facts of this moment: nothing is promised and nothing is changed.

    `people` have a record at the location, `counted` of them were looked at (the first by id where they are many). `hold`: what holds the whole
    campaign at present, as if it were not there in all other figures.
    """

    campaign_id: UUID
    version: int
    hold: Slug | None
    people: int
    counted: int
    days: list[ForecastDay]
    reasons: list[ForecastReason]


class ForecastPerson(Wire):
    """One person: the local day on which the mail would go, or null and the reason."""

    consumer_id: UUID
    day: date | None
    reason: Slug | None
    explanation: str


class ResendInput(Wire):
    """Send again what failed: an empty object, there is nothing to choose."""


class Resend(Wire):
    """What failed of a campaign is to be sent again, each touch under its own rules. Uncertain mail and dead addresses are left alone."""

    campaign_id: UUID
    asked_at: Instant


class Touch(Wire):
    """One reason to write to one consumer and what became of it; `reason` is the code, `explanation` the sentence (S-003)."""

    touch_id: UUID
    campaign_id: UUID
    campaign_type: Slug
    step: Slug
    cycle: str
    consumer_id: UUID
    trigger_id: UUID
    due_at: Instant
    useful_until: Instant
    state: TouchState
    reason: Slug | None
    explanation: str
    message_id: UUID | None
    rule_version: int
    final_at: Instant | None
    arm: Arm | None = Field(
        default=None, description="its part in a comparison of two variants, null where there is none"
    )
    variant: Variant | None = Field(
        default=None, description="the variant it has; null for the rest until it is decided"
    )


class Verdict(Wire):
    """Why a consumer gets nothing from a campaign right now, or that a touch exists."""

    campaign_id: UUID
    campaign_type: Slug
    verdict: Literal["touch", "nothing"]
    reason: Slug
    explanation: str


class Reasons(Wire):
    """ "Why did this go out / not go out" for one consumer: a page of touches by due time, and a verdict per campaign.

    `GET /v1/consumers/{id}/decisions` pages through what was decided on any day.
    """

    consumer_id: UUID
    touches: list[Touch]
    verdicts: list[Verdict]
    next: str | None = Field(default=None, description="opaque cursor of the following page of touches")


class PlanStatus(Wire):
    """How far planning is: `behind` counts facts not yet planned, `due` touches due now and not yet dispatched, `open` those with the mailer."""

    behind: int
    planned: int
    held: int
    due: int
    open: int
    facts_cursor: str = Field(description="position in ingest's feed")
    outcomes_cursor: str
