"""Everything a finished demonstration can be judged by: what was handed in, what was caught, what the services say they did."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from deploy.demo.businesses import Business
from deploy.demo.mail import Mail
from deploy.demo.truth import Expectation
from shared.schemas.ingest import BatchReport
from shared.schemas.mailer import MessageStatus
from shared.schemas.scheduler import Reasons, Touch


@dataclass(frozen=True)
class Truth:
    """What the sample's generator knows of one business. expected holds before the second batch was handed in, expected_later after it."""

    business: Business
    expected: tuple[Expectation, ...]
    expected_later: tuple[Expectation, ...]
    canaries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """One batch: how many records were sent, how many of them had to be refused, and the report."""

    sent: int
    to_refuse: int
    report: BatchReport


@dataclass(frozen=True)
class Side:
    """One business: the truth and the services' own ledgers of it.

    consumers: id by foreign id. reasons: by foreign id, as the scheduler gave them on the first evening. messages: the mailer's
    account of every message a touch is in.
    """

    truth: Truth
    subscriber_id: UUID
    location_id: UUID
    batches: tuple[Batch, ...]
    consumers: dict[str, UUID]
    touches: tuple[Touch, ...]
    reasons: dict[str, Reasons]
    messages: dict[UUID, MessageStatus]

    @property
    def foreign_ids(self) -> dict[UUID, str]:
        """Foreign id by consumer id."""
        return {consumer: foreign for foreign, consumer in self.consumers.items()}


@dataclass(frozen=True)
class OneClick:
    """The opt-out. last_before: number of the last mail caught when it was answered; took_s: until the answer; more_due: whether
    that person had more mail coming, so that silence proves something."""

    business: str
    foreign_ids: tuple[str, ...]
    mailbox: str
    mail_number: int
    last_before: int
    status: int
    took_s: float
    more_due: bool


@dataclass(frozen=True)
class Evidence:
    """mails: all of them, oldest first. later_from: mails above this number are judged by `expected_later`."""

    started_at: datetime
    ended_at: datetime
    first_day: date
    sides: tuple[Side, ...]
    mails: tuple[Mail, ...]
    later_from: int
    opt_out: OneClick | None
    leaks: tuple[str, ...] = field(default=())
    """Places outside the mails where a canary was found."""


@dataclass(frozen=True)
class Fault:
    """One thing that does not add up. about: what it is about, in ids and mail numbers; never a name or an address."""

    code: str
    business: str
    about: str
    detail: str = ""
