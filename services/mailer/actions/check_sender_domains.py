"""Looking at the DNS of sender domains whose check is due: keys begin to sign, retire or are held by what is found (L-054)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from services.mailer.clients.dns import DnsClient, DnsSilentError
from services.mailer.domain.dkim_records import (
    MOST_LOOKUPS,
    UNKNOWN,
    BounceRecords,
    Finding,
    asking_terms,
    included,
    is_spf,
    judge_bimi,
    judge_dkim,
    judge_dmarc,
    judge_mx,
    judge_spf,
)
from services.mailer.domain.sender_domain import SenderKey, apply_findings, judge_domain, plan_check
from services.mailer.store.sender_domains import DomainId, find_keys, settle_check, take_due_domains
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.logs import log

_AT_ONCE: Final = 10
_LEASE: Final = timedelta(minutes=5)
"""Ten domains whose DNS is silent take less: a look-up gives up after five seconds, and those of a domain run side by side."""
_MOST_LABELS: Final = 8
"""Names of a DMARC tree walk (RFC 9989)."""


async def check_sender_domains(database: Database, dns: DnsClient, *, bounces: BounceRecords, clock: Clock) -> bool:
    """Check up to ten due domains and return whether there may be more. The database is not held while the DNS is asked."""
    now = clock.now()
    async with database.transaction() as connection:
        due = await take_due_domains(connection, now=now, until=now + _LEASE, limit=_AT_ONCE)
        keys = await find_keys(connection, due)
    for domain_id in due:
        before = keys.get(domain_id, [])
        findings = await _look(dns, domain_id[1], before, bounces)
        await _settle(database, domain_id, before, findings, clock.now())
    return len(due) == _AT_ONCE


async def _settle(
    database: Database, domain_id: DomainId, before: Sequence[SenderKey], findings: dict[str, Finding], now: datetime
) -> None:
    after = apply_findings(before, {key.selector: findings[key.selector].state for key in before}, now)
    async with database.transaction() as connection:
        await settle_check(
            connection,
            domain_id,
            findings=findings,
            before=before,
            after=after,
            checked_at=now,
            next_check_at=plan_check(after, now),
        )
    if (state := judge_domain(after)) != judge_domain(before):
        log("mailer.sender_domains").warning("sender_domain_changed", subscriber_id=str(domain_id[0]), state=state)


async def _look(dns: DnsClient, domain: str, keys: Sequence[SenderKey], bounces: BounceRecords) -> dict[str, Finding]:
    """Return a finding by selector and by purpose; a silent DNS is `unknown`."""

    async def ask(look: Callable[[], Awaitable[Finding]]) -> Finding:
        try:
            return await look()
        except DnsSilentError:
            return UNKNOWN

    async def spf() -> Finding:
        texts = await dns.texts(bounces.domain)
        return judge_spf(texts, expected=bounces.spf, lookups=await _count_lookups(dns, texts))

    async def mx() -> Finding:
        return judge_mx(await dns.exchanges(bounces.domain), expected=bounces.exchange)

    async def bimi() -> Finding:
        return judge_bimi(await dns.texts(f"default._bimi.{domain}"))

    async def dkim(key: SenderKey) -> Finding:
        texts = await dns.texts(f"{key.selector}._domainkey.{domain}")
        return judge_dkim(texts, algorithm=key.algorithm, public=key.public)

    looks: dict[str, Callable[[], Awaitable[Finding]]] = {
        **{key.selector: partial(dkim, key) for key in keys},
        "dmarc": partial(_find_dmarc, dns, domain),
        "spf": spf,
        "mx": mx,
        "bimi": bimi,
    }
    return dict(zip(looks, await asyncio.gather(*map(ask, looks.values())), strict=True))


async def _find_dmarc(dns: DnsClient, domain: str) -> Finding:
    """Walk up the tree until a policy is found: one of the parent domain covers this one (RFC 9989)."""
    labels = domain.split(".")
    finding = judge_dmarc(await dns.texts(f"_dmarc.{domain}"))
    for first in range(max(1, len(labels) - _MOST_LABELS), len(labels) - 1):
        if finding.state != "missing":
            break
        finding = judge_dmarc(await dns.texts(f"_dmarc.{'.'.join(labels[first:])}"))
    return finding


async def _count_lookups(dns: DnsClient, texts: Sequence[str]) -> int:
    """Count the look-ups of an SPF record with everything it includes, no further than one past the limit."""
    waiting = [text for text in texts if is_spf(text)]
    count = 0
    while waiting and count <= MOST_LOOKUPS:
        record = waiting.pop()
        count += asking_terms(record)
        for name in included(record)[: MOST_LOOKUPS + 1]:
            waiting += [text for text in await dns.texts(name) if is_spf(text)]
    return count
