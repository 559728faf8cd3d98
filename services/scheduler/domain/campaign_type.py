"""What a campaign type is: plain data that planning, explaining, the API and the tests all read, so that a new type is no new code.

A type answers five questions (S-003): what triggers it, whom it is for, what makes a touch unique, when its steps fall due, what stops it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from services.scheduler.domain.answer_links import AnswerPage
from services.scheduler.domain.campaign_step import ContradictoryRulesError, Step
from services.scheduler.domain.situations import Situation
from services.scheduler.domain.triggers import TriggerKind
from shared.schemas.contents import TRANSACTIONAL_PURPOSES, ClassReason, PrimaryPurpose
from shared.schemas.location import Vertical
from shared.schemas.token import MessageClass
from shared.schemas.topics import ARRANGED, Topic

Cycle = Literal["trigger", "trigger_and_start", "occasion"]
"""What makes a touch unique beside campaign, step and person: the record, it at its announced start, or what it calls its occasion."""
Wording = Literal["none", "optional", "needed"]
"""Whether the location's own words (settings `words`: headline and text) may or must stand in the mail."""
CalendarUse = Literal["enter", "cancel"]
LinkKind = Literal["booking", "review"]
"""Links to pages of the location's own, from settings `links`; the mailer checks their hosts against the location's."""

_ROLLED_DAYS = 31
"""As far as closed days can move a step."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """The record that starts a series.

    `statuses` qualify. `stops` maps each status that ends the series to the reason that is then on file; any other status holds no series either
    (N-45) and reads `<kind>_not_firm`. `history`: records older than go-live count too (false for event campaigns, N-36).
    """

    kind: TriggerKind
    statuses: tuple[str, ...]
    stops: Mapping[str, str] = field(default_factory=dict)
    history: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Which touches of one address on one local day share a message: same `kind`, and with `same_day` only triggers of one local day (N-01, N-02).

    `gather_days`: those that would fall due so many days later come along: one mail for a family or a fleet, not one every other day (N-70).
    """

    kind: str
    same_day: bool
    gather_days: int = 0


SPARE_DAYS: Final = 2
"""Two days more than a trigger may be ahead: for the time of day and the zone."""


@dataclass(frozen=True, slots=True)
class CampaignType:
    """A kind of campaign.

    `useful_days` None: useful until the trigger starts (S-025), else so many days after the planned time; a later step's time also ends an earlier
    one's use. `rank`: lower goes first when an address may get one message a day. `needs_fresh_source`: held while the source is stale (S-126).
    `sample`: first names per vertical for the sample that content is tried with.

    `skips`: situations in which a touch is not sent, the first that holds is its reason. `looks_ahead_days`: touches are made so many days before
    they fall due, None: as soon as they are known. `defaults`: figures that its query or its situations need (service_months, gap_days), and which
    a campaign's settings may change. `dates`: month and day of its occasions in a year, for the calendar. `daily_most`: messages a location and day.
    `invites`: its mail asks to book a visit, so it flows as the location's calendar has room (domain/capacity.py).
    `topic`: what its mail is about, which a consumer may switch off alone. `purpose` decides the class, `class_reason` says why in a sentence.
    `page`: the page of ours on which its mail is answered. `calendar`: its mail puts the appointments it announces into the
    reader's calendar, or takes out those that were cancelled.
    """

    slug: str
    title: str
    verticals: tuple[Vertical, ...]
    topic: Topic
    message_class: MessageClass
    purpose: PrimaryPurpose
    class_reason: str
    trigger: Trigger
    cycle: Cycle
    steps: tuple[Step, ...]
    useful_days: int | None
    rank: int
    group: Group
    needs_fresh_source: bool
    sample: Mapping[Vertical, tuple[str, ...]]
    skips: tuple[Situation, ...] = ()
    looks_ahead_days: int | None = None
    defaults: Mapping[str, int] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    daily_most: int | None = None
    invites: bool = False
    words: Wording = "none"
    links: tuple[LinkKind, ...] = ()
    needs_link: LinkKind | None = None
    takes_offer: bool = False
    page: AnswerPage | None = None
    calendar: CalendarUse | None = None

    def __post_init__(self) -> None:
        for is_wrong, why in (*self._contradictions_in_time(), *self._contradictions_in_law()):
            if is_wrong:
                raise ContradictoryRulesError(f"{self.slug}: {why}")

    def _contradictions_in_time(self) -> Iterator[tuple[bool, str]]:
        slugs = [step.slug for step in self.steps]
        yield not slugs or len(set(slugs)) != len(slugs), "steps need different slugs"
        is_later = any(step.days_after > 0 for step in self.steps)
        yield self.useful_days is None and is_later, "a step after the trigger needs useful_days"
        yield bool(set(self.trigger.statuses) & set(self.trigger.stops)), "a status both qualifies and stops"
        yield self.looks_ahead_days is not None and self.useful_days is None, "looking ahead needs useful_days"

    def _contradictions_in_law(self) -> Iterator[tuple[bool, str]]:
        is_commercial = self.message_class == "commercial"
        yield set(self.sample) != set(self.verticals), "one sample for each vertical"
        yield not is_commercial and self.topic not in ARRANGED, f"mail about {self.topic} is advertising"
        is_purpose_of_both = self.purpose in TRANSACTIONAL_PURPOSES
        yield not is_commercial and not is_purpose_of_both, "its primary purpose makes its mail commercial (L-001)"
        yield self.takes_offer and not is_commercial, "an offer makes a mail commercial (L-002)"
        yield self.needs_link is not None and self.needs_link not in self.links, "needs a link that it does not take"
        yield from self._contradictions_in_answers()

    def _contradictions_in_answers(self) -> Iterator[tuple[bool, str]]:
        kind = self.trigger.kind
        is_announced = kind == "appointment" and self.calendar == "enter"
        yield self.page == "confirm" and not is_announced, "only an appointment that is announced can be confirmed"
        is_taken_out = self.calendar == "cancel"
        yield is_taken_out and kind != "cancellation", "only a cancellation takes something out of a calendar"
        is_entered = self.calendar == "enter"
        yield is_entered and kind not in ("appointment", "booking"), "only appointments stand in calendars"

    @property
    def looks_back_days(self) -> int:
        """How old a trigger may be and still matter: 0 for series that end at the trigger's start."""
        if self.useful_days is None:
            return 0
        rolled = _ROLLED_DAYS if self.looks_ahead_days is not None else 7
        return max(step.days_after for step in self.steps) + self.useful_days + rolled

    @property
    def looks_forward_days(self) -> int | None:
        """How far ahead a trigger may be to have a step within reach (negative: how long ago it must be); None for types that plan as soon as they
        know."""
        if self.looks_ahead_days is None:
            return None
        before = max(step.days_before for step in self.steps)
        return self.looks_ahead_days + before + SPARE_DAYS

    @property
    def takes_audience(self) -> bool:
        """Whether a location may choose whom it is for, by an audience in its settings."""
        return "not_in_audience" in self.skips

    @property
    def is_by_hand(self) -> bool:
        """Whether it goes on dates that people set, and can be prepared as a draft."""
        return self.trigger.kind == "calendar"

    @property
    def takes_hold_out(self) -> bool:
        """Whether a share of people may be left out to measure its effect: never of what was arranged, nor where safety may be at stake."""
        may_be_safety = self.purpose == "product_safety" or self.trigger.kind in ("declined", "inspection")
        return self.message_class == "commercial" and self.topic != "appointments" and not may_be_safety

    @property
    def reason(self) -> ClassReason:
        """Why its mail has its class, as it is recorded with every content version (L-001)."""
        return ClassReason(purpose=self.purpose, decided_by="campaign_type", decider=self.slug, words=self.class_reason)

    def step(self, slug: str) -> Step | None:
        """Return a step by its slug."""
        return next((step for step in self.steps if step.slug == slug), None)
