"""What came back to us: bounces of every kind, complaints, automatic replies, answers. Pure: octets in, one Report out, never an error.

From what is certain to what is guessed: feedback report, delivery status, failures copied from SMTP, words. What none of them explains is
`unclassified` (N-96). Nothing here proves who wrote: only a MAC of ours does (S49), in the envelope or in the returned headers.
"""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from services.mailer.domain.reports import Failure, Report, ReportKind, judge_failure
from services.mailer.smtp.report_mime import Mail, read_mail, unwrap_report
from services.mailer.smtp.report_notice import Notice, find_recipients, find_refusals, judge_notice, read_notice
from services.mailer.smtp.report_replies import (
    is_automatic,
    is_vacation_subject,
    is_vacation_text,
    read_refusal,
    speaks_of_others,
)
from services.mailer.smtp.report_status import (
    Delivery,
    find_addresses,
    has_status_lines,
    read_deliveries,
    read_feedback,
    read_json,
)
from services.mailer.smtp.report_words import find_reason, says_delay, says_failure
from services.mailer.smtp.verp import ReturnAddresses

_DAEMON: Final = re.compile(
    r"m(?:ail(?:er)?)?[-_ .]?daemon|post[-_. ]?master|mail(?:er)? deliver|delivery (?:subsystem|system|status|service)|"
    r"mail[- ]?(?:system|administrator|er\b)|system administrator|bounce|undeliver|non-?delivery|mta@|"
    r"^\s*<>\s*$",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"deliver|undeliver|return(?:ed)? (?:mail|to sender|message)|failure|failed|bounce|mail (?:error|"
    r"system error)|nicht zugestellt|unzustellbar|zustell|non remis|échec|no entreg|mancat|falha|не доставлен|"
    r"доставк|доставл|エラー|配信|退信|could not send|error sending|配送|devuelt|rechaz|refus|rejeit|abgelehnt|remise|entrega|recapit|"
    r"bezorgd|dostarcz|leverer|找不到|送达|遞送|退回|반송|전송",
    re.IGNORECASE,
)
_ANSWERED: Final = re.compile(
    r"^\s*(?:re|aw|sv|antw|res|rif|odp|fw|fwd|wg|tr|rv)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
_RETURNS: Final = re.compile(
    r"undeliver|non-?deliver|returned (?:mail|message)|(?:mail|message|delivery) (?:delivery )?(?:failed|failure|has failed)|"
    r"deliver\w* fail|failed (?:mail|delivery)|could not be delivered|user unknown|failure notice|unzustellbar|nicht zugestellt|"
    r"non remis|échec de (?:la )?(?:remise|distribution)|no entregado|correo devuelto|mancato recapito|falha na entrega|"
    r"недостав|не доставлен|配信不能|退信|반송",
    re.IGNORECASE,
)
"""Subjects that only a mail system writes. A gateway that sends them under a person's address is known by them and by what it returns."""
_TOKEN: Final = re.compile(r"(?:b|unsub)\+[0-9a-f]{32}\.[a-z0-9]{1,2}-[0-9a-f]{20}", re.IGNORECASE | re.ASCII)
_MESSAGE_ID: Final = re.compile(
    r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@([a-z0-9.-]{3,100})>", re.IGNORECASE | re.ASCII
)
ONLY_WORDS: Final = "only_words"
"""Why a mail counts as an automatic reply though no header says so: a person on holiday may have written it."""
_FAILED: Final = frozenset(("failed", "failure", "fail", "expired", "bounced", "error", "undeliverable"))
_ACTIONS: Final = {
    "delayed": ReportKind.DELAYED,
    "relayed": ReportKind.RELAYED,
    "expanded": ReportKind.RELAYED,
    "delivered": ReportKind.DELIVERED,
    "deliverable": ReportKind.DELIVERED,
}
_STATUS_TYPES: Final = ("message/delivery-status", "message/global-delivery-status")
_FEEDBACK_TYPES: Final = ("message/feedback-report", "message/global-feedback-report")
_READ_TYPES: Final = ("message/disposition-notification", "message/global-disposition-notification")
"""A receipt (RFC 8098): a machine wrote it, and it says nothing about a wish."""
_COMPLAINT: Final = re.compile(
    r"(?:email|spam|abuse) (?:abuse |feedback )?(?:report|complaint) for|complaint about message from|"
    r"this is an? [^\n]{0,30}(?:abuse|spam) report",
    re.IGNORECASE,
)


def classify(
    raw: bytes, *, sender: str | None = None, returns: ReturnAddresses | None = None, to_unsubscribe: bool = False
) -> Report:
    """Return what a mail is.

    `sender` is its envelope sender: empty is the null sender, None unknown (then the Return-Path header counts). `returns` proves the
    message of ours that it speaks of. `to_unsubscribe`: it was sent to the mailto of List-Unsubscribe, where a person's mail needs no words (L-037).
    """
    mail = unwrap_report(read_mail(raw))
    notice = read_notice(mail)
    report = _understand(mail, notice, _is_null(mail, sender), to_unsubscribe=to_unsubscribe)
    proven, claimed = _find_message(mail, notice, returns)
    return Report(
        report.kind,
        report.blame,
        report.reason,
        report.status,
        report.recipients,
        proven,
        claimed,
        report.reporting_mta,
    )


def _understand(mail: Mail, notice: Notice, is_null: bool, *, to_unsubscribe: bool) -> Report:
    return (
        _read_complaint(mail, notice)
        or _read_status(mail, notice)
        or _read_words(mail, notice, is_null)
        or _read_answer(mail, notice, is_null, to_unsubscribe=to_unsubscribe)
    )


def _read_complaint(mail: Mail, notice: Notice) -> Report | None:
    texts = [part.text() for part in mail.parts if part.media_type in _FEEDBACK_TYPES]
    feedback = next((found for text in (*texts, notice.text) if (found := read_feedback(text))), None)
    if feedback is None and not texts:
        noted = read_json(notice.text)
        is_told = noted == "complaint" or (
            "x-hmxmroriginalrecipient" in notice.headers and _COMPLAINT.search(mail.headers.text("subject"))
        )
        if not is_told:
            return None
    if feedback == "not-spam":
        return Report(ReportKind.NOT_SPAM, reason="not_spam")
    if feedback in ("auth-failure", "dkim"):
        return Report(ReportKind.UNCLASSIFIED, reason="auth_failure_report")
    named = [
        line
        for text in (*texts, notice.text)
        for line in re.findall(r"(?im)^(?:Original-Rcpt-To|Removal-Recipient)[ \t]?:(.{1,300})$", text)[:20]
    ]
    recipients = [
        found
        for value in (*named, notice.headers.get("x-hmxmroriginalrecipient"), notice.headers.get("to"))
        for found in find_addresses(value)
    ]
    return Report(
        ReportKind.COMPLAINT,
        reason=(feedback or "abuse").replace("-", "_"),
        recipients=tuple(dict.fromkeys(recipients))[:20],
    )


def _read_status(mail: Mail, notice: Notice) -> Report | None:
    """A report with delivery-status fields: only `failed` counts (L-073); of several recipients one failure makes the report one."""
    texts = [part.text() for part in mail.parts if part.media_type in _STATUS_TYPES]
    if not texts:
        texts = [text for text in (notice.text, *_odd_parts(mail)) if has_status_lines(text)][:1]
    deliveries, host = read_deliveries(texts)
    if not deliveries and isinstance(noted := read_json(notice.text), Delivery):
        deliveries = [noted]
    failed = [each for each in deliveries if each.action in _FAILED]
    if failed:
        recipients = tuple(dict.fromkeys(each.recipient for each in failed if each.recipient)) or find_recipients(
            mail, notice
        )
        return _bounce(failed[0].failure, notice, recipients, host, is_expired=failed[0].action == "expired")
    known = next((_ACTIONS[each.action] for each in deliveries if each.action in _ACTIONS), None)
    if known is None:
        return None
    named = tuple(dict.fromkeys(each.recipient for each in deliveries if each.recipient))
    return Report(known, status=_status(deliveries[0].failure), recipients=named, reporting_mta=host)


def _odd_parts(mail: Mail) -> list[str]:
    """Return parts of a report whose type a gateway has rewritten."""
    if mail.media_type != "multipart/report":
        return []
    return [part.text() for part in mail.parts if part.media_type == "application/octet-stream"][:5]


def _read_words(mail: Mail, notice: Notice, is_null: bool) -> Report | None:
    """A bounce without fields: it comes from a machine and says that a mail failed."""
    subject = mail.headers.text("subject")
    is_named = "x-failed-recipients" in mail.headers or "x-bounced-address" in mail.headers
    from_daemon = _DAEMON.search(mail.headers.text("from") + " " + mail.headers.get("return-path")) is not None
    from_daemon = from_daemon or _returns_mail(subject, notice)
    if not (is_null or is_named or from_daemon):
        return None
    refusals = find_refusals(notice.text)
    if (
        not is_named
        and not refusals
        and not from_daemon
        and (is_vacation_subject(subject) or is_vacation_text(notice.text))
    ):
        return None
    if says_delay(f"{subject}\n{notice.text}"[:4_000]) and (not is_named or says_delay(subject)):
        return Report(
            ReportKind.DELAYED, status=_status(judge_notice(notice.text)), recipients=find_recipients(mail, notice)
        )
    recipients = find_recipients(mail, notice)
    reason = find_reason(notice.text)
    named_subject = _SUBJECT.search(subject) is not None
    fails = (
        refusals or says_failure(notice.text) or (reason and recipients) or (named_subject and says_failure(subject))
    )
    if not (is_named or (fails and (from_daemon or named_subject or reason))):
        return None
    return _bounce(judge_notice(notice.text), notice, recipients, None)


def _returns_mail(subject: str, notice: Notice) -> bool:
    """Tell whether a mail without a mail system's name is one's notice: its subject says so, its words too, and it names or returns something."""
    refuses = bool(find_refusals(notice.text))
    if _ANSWERED.match(subject) or not _RETURNS.search(subject) or not (refuses or says_failure(notice.text)):
        return False
    return refuses or bool(notice.returned.strip() or find_addresses(notice.text))


def _read_answer(mail: Mail, notice: Notice, is_null: bool, *, to_unsubscribe: bool) -> Report:
    if is_automatic(mail.headers) or any(part.media_type in _READ_TYPES for part in mail.parts):
        return Report(ReportKind.AUTO_REPLY)
    if is_vacation_text(notice.text):
        return Report(ReportKind.AUTO_REPLY, reason=ONLY_WORDS)
    if is_null or _DAEMON.search(mail.headers.get("from")) or mail.media_type == "multipart/report":
        return Report(ReportKind.UNCLASSIFIED)
    written = notice.text if notice.text.strip() else ""
    clear = read_refusal(mail.headers.text("subject"), written)
    if to_unsubscribe:
        clear = not speaks_of_others(written)
    if clear is None:
        return Report(ReportKind.REPLY)
    return Report(ReportKind.OPTOUT_REQUEST if clear else ReportKind.OPTOUT_UNCLEAR)


def _bounce(
    failure: Failure, notice: Notice, recipients: tuple[str, ...], host: str | None, *, is_expired: bool = False
) -> Report:
    """Judge a failure; the notice helps where the failure's own words say nothing."""
    said = find_reason(failure.text) or ("expired" if is_expired else None)
    if said is None and (failure.status is None or failure.status[1:] == (0, 0)):
        told = judge_notice(notice.text)
        if told.code and not failure.code:
            failure = Failure(told.code, told.status or failure.status, told.text, told.phase)
        said = find_reason(find_refusals(notice.text)) or find_reason(notice.text)
    blame, reason = judge_failure(failure, said)
    return Report(ReportKind.BOUNCE, blame, reason, _status(failure), recipients, reporting_mta=host)


def _status(failure: Failure) -> str | None:
    if failure.status:
        return ".".join(map(str, failure.status))
    return f"{failure.code // 100}.0.0" if failure.code else None


def _is_null(mail: Mail, sender: str | None) -> bool:
    if sender is not None:
        return sender in ("", "<>")
    return "return-path" in mail.headers and mail.headers.get("return-path").strip() in ("", "<>")


def _find_message(mail: Mail, notice: Notice, returns: ReturnAddresses | None) -> tuple[UUID | None, UUID | None]:
    """Return the message a MAC proves, and the one that a Message-ID of ours only names."""
    names: Sequence[str] = (
        notice.returned,
        notice.text,
        mail.headers.get("in-reply-to"),
        mail.headers.get("references"),
    )
    proven = None
    if returns is not None:
        verified = (returns.verify(found) for text in names for found in _TOKEN.findall(text)[:20])
        proven = next((found[1] for found in verified if found), None)
    claimed = next((found for text in names for found in _MESSAGE_ID.findall(text[:64_000])[:1]), None)
    return proven, UUID(claimed[0]) if claimed else None
