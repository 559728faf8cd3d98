"""What the page of a sender domain says: each record to publish, with what the last look found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.mailer.domain.dkim_records import (
    UNCHECKED,
    BounceRecords,
    Finding,
    Purpose,
    write_bimi,
    write_dkim,
    write_dmarc,
)
from services.mailer.domain.sender_domain import SenderKey, judge_domain
from shared.schemas.sender_domains import DnsRecord, SenderDomain, SenderKeyStatus


@dataclass(frozen=True, slots=True)
class KnownDomain:
    """A sender domain as last checked: its keys, oldest first, and findings by purpose and by selector."""

    domain: str
    created_at: datetime
    checked_at: datetime | None
    findings: Mapping[str, Finding]
    keys: Sequence[SenderKey]


def describe_domain(known: KnownDomain, bounces: BounceRecords) -> SenderDomain:
    """Return the page of a domain. The subscriber publishes below its own domain, the operator below the bounce domain."""
    domain = known.domain

    def found(purpose: Purpose) -> Finding:
        return known.findings.get(purpose, UNCHECKED)

    return SenderDomain(
        domain=domain,
        state=judge_domain(known.keys),
        created_at=known.created_at,
        checked_at=known.checked_at,
        keys=[
            SenderKeyStatus(
                selector=key.selector,
                algorithm=key.algorithm,
                state=key.state,
                activated_at=key.activated_at,
                retire_at=key.retire_at,
            )
            for key in known.keys
        ],
        records=[
            *(_key_record(known, key) for key in known.keys),
            _text("dmarc", f"_dmarc.{domain}", write_dmarc(), found("dmarc")),
            _text("bimi", f"default._bimi.{domain}", write_bimi(domain), found("bimi"), is_required=False),
            _of_operator(_text("spf", bounces.domain, bounces.spf, found("spf")), "TXT"),
            _of_operator(_text("mx", bounces.domain, f"10 {bounces.exchange}.", found("mx")), "MX"),
        ],
    )


def _key_record(known: KnownDomain, key: SenderKey) -> DnsRecord:
    detail = known.findings.get(key.selector, UNCHECKED).detail
    name = f"{key.selector}._domainkey.{known.domain}"
    is_required = key.algorithm == "rsa"
    return _text(
        "dkim", name, write_dkim(key.algorithm, key.public), Finding(key.record, detail), is_required=is_required
    )


def _text(purpose: Purpose, name: str, value: str, finding: Finding, *, is_required: bool = True) -> DnsRecord:
    return DnsRecord(
        purpose=purpose,
        type="TXT",
        name=name,
        value=value,
        published_by="subscriber",
        is_required=is_required,
        state=finding.state,
        detail=finding.detail,
    )


def _of_operator(record: DnsRecord, kind: str) -> DnsRecord:
    return record.model_copy(update={"type": kind, "published_by": "operator"})
