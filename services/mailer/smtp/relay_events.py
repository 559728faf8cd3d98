"""What a relay reports by HTTP, made the same Report as what comes back by mail, with the message of ours it speaks of."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from services.mailer.domain.reports import Failure, Report, ReportKind, judge_failure
from services.mailer.smtp.relay_log import read_message_id
from services.mailer.smtp.report_status import read_failure
from services.mailer.smtp.report_words import find_reason
from services.mailer.smtp.verp import ReturnAddresses
from shared.schemas.relay import RelayFact

_KINDS: Final[dict[str, ReportKind]] = {
    "bounce": ReportKind.BOUNCE,
    "bounced": ReportKind.BOUNCE,
    "hard_bounced": ReportKind.BOUNCE,
    "soft_bounced": ReportKind.BOUNCE,
    "failed": ReportKind.BOUNCE,
    "rejected": ReportKind.BOUNCE,
    "complaint": ReportKind.COMPLAINT,
    "complained": ReportKind.COMPLAINT,
    "spam_complaint": ReportKind.COMPLAINT,
    "not_spam": ReportKind.NOT_SPAM,
    "delivered": ReportKind.DELIVERED,
    "delivery": ReportKind.DELIVERED,
    "deferred": ReportKind.DELAYED,
    "delayed": ReportKind.DELAYED,
    "accepted": ReportKind.RELAYED,
    "relayed": ReportKind.RELAYED,
    "sent": ReportKind.RELAYED,
    "unsubscribed": ReportKind.OPTOUT_REQUEST,
}
_WORD: Final = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*$")


@dataclass(frozen=True, slots=True)
class RelayReport:
    """A report and what names its message: the envelope sender, whose MAC proves it, and the Message-ID."""

    report: Report
    envelope_sender: str
    message_id: str


def read_fact(event: str, fact: RelayFact) -> RelayReport | None:
    """Return what a relay reports, or None for an event that says nothing of a message's fate. `event` may be a path such as message.bounced."""
    word = _WORD.search(event.lower())
    name = word[0].replace("-", "_") if word else ""
    kind = _KINDS.get(name)
    if kind is None:
        return None
    failure = read_failure(fact.text, fact.enhanced or "", code=fact.code)
    if kind is ReportKind.BOUNCE:
        report = _bounce(failure, is_soft=name.startswith("soft"))
    elif kind is ReportKind.COMPLAINT:
        report = _complaint(fact.feedback)
    else:
        report = Report(kind, status=fact.enhanced)
    return RelayReport(report, fact.envelope_sender or "", fact.message_id or "")


def read_ses(text: str) -> RelayReport | None:
    """Return what Amazon SES reports in the message of a notification, or None where it is about no message's fate, or no report at all."""
    try:
        told = _Ses.model_validate_json(text)
    except ValidationError:
        return None
    report = _READERS.get(told.kind.replace(" ", ""), lambda _: None)(told)
    if report is None:
        return None
    return RelayReport(report, told.mail.source, told.mail.message_id)


def name_message(found: RelayReport, *, returns: ReturnAddresses, domain: str) -> UUID | None:
    """Return the message of ours that a report names, or None. An envelope sender of ours must have its MAC, and a Message-ID not contradict it."""
    local, _, host = found.envelope_sender.strip("<> ").rpartition("@")
    named = read_message_id(found.message_id, domain)
    if host.lower().rstrip(".") != domain:
        return named
    proven = returns.verify(local)
    if proven is None or proven[0] != "b" or named not in (None, proven[1]):
        return None
    return proven[1]


def _bounce(failure: Failure, *, is_soft: bool) -> Report:
    blame, reason = judge_failure(failure, find_reason(failure.text))
    if is_soft and blame == "hard":
        blame = "soft"
    status = ".".join(map(str, failure.status)) if failure.status else None
    return Report(ReportKind.BOUNCE, blame, reason, status)


def _complaint(feedback: str | None) -> Report:
    word = (feedback or "abuse").lower().replace("-", "_")
    return Report(ReportKind.NOT_SPAM if word == "not_spam" else ReportKind.COMPLAINT, reason=word)


def _nothing_for_null(value: Any) -> Any:
    return "" if value is None else value


_Text = Annotated[str, BeforeValidator(_nothing_for_null), StringConstraints(max_length=4_000)]


class _Recipient(BaseModel):
    status: _Text = ""
    diagnostic: _Text = Field(default="", alias="diagnosticCode")


class _Fate(BaseModel):
    kind: _Text = Field(default="", alias="bounceType")
    sub_kind: _Text = Field(default="", alias="bounceSubType")
    complaint_kind: _Text = Field(default="", alias="complaintSubType")
    feedback: _Text = Field(default="", alias="complaintFeedbackType")
    bounced: list[_Recipient] = Field(default=[], alias="bouncedRecipients", max_length=100)


class _Header(BaseModel):
    name: _Text = ""
    value: _Text = ""


class _Sent(BaseModel):
    source: _Text = ""
    headers: list[_Header] = Field(default=[], max_length=500)

    @property
    def message_id(self) -> str:
        """The Message-ID that we gave; SES gives the mail another one of its own on the way out."""
        return next((header.value for header in self.headers if header.name.lower() == "message-id"), "")


class _Ses(BaseModel):
    event: _Text = Field(default="", alias="eventType")
    notification: _Text = Field(default="", alias="notificationType")
    mail: _Sent
    bounce: _Fate | None = None
    complaint: _Fate | None = None

    @property
    def kind(self) -> str:
        """What happened: two names for one thing, by how the topic was set up."""
        return self.event or self.notification


_SUPPRESSED: Final = frozenset(("Suppressed", "OnAccountSuppressionList", "OnTenantSuppressionList"))


def _read_bounce(told: _Ses) -> Report:
    fate = told.bounce or _Fate()
    if fate.sub_kind in _SUPPRESSED:
        return Report(ReportKind.BOUNCE, "policy", "relay_suppressed")  # their list, not the mailbox, said no (N-106)
    first = fate.bounced[0] if fate.bounced else _Recipient()
    failure = read_failure(first.diagnostic.rpartition(";")[2].strip(), first.status)
    if failure.code is None and failure.status is None:
        said = {"MailboxFull": (5, 2, 2), "NoEmail": (5, 1, 1), "MessageTooLarge": (5, 3, 4)}.get(fate.sub_kind)
        failure = replace(failure, status=said or (5, 0, 0))
    return _bounce(failure, is_soft=fate.kind != "Permanent")


def _read_complaint(told: _Ses) -> Report:
    fate = told.complaint or _Fate()
    if fate.complaint_kind in _SUPPRESSED:
        return Report(ReportKind.BOUNCE, "policy", "relay_suppressed")
    return _complaint(fate.feedback or None)


_READERS: Final[dict[str, Any]] = {
    "Bounce": _read_bounce,
    "Complaint": _read_complaint,
    "Delivery": lambda _: Report(ReportKind.DELIVERED),
    "DeliveryDelay": lambda _: Report(ReportKind.DELAYED),
    "Send": lambda _: Report(ReportKind.RELAYED),
    "Reject": lambda _: Report(ReportKind.BOUNCE, "policy", "refused_by_policy"),
    "RenderingFailure": lambda _: Report(ReportKind.BOUNCE, "policy", "message_refused"),
}
