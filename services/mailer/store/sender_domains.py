"""Sender domains and their keys: registering, reading, checking, and what signing needs of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.dkim_records import Finding
from services.mailer.domain.domain_page import KnownDomain
from services.mailer.domain.sender_domain import SenderKey
from services.mailer.store.tables import sender_domains, sender_keys

DomainId = tuple[UUID, str]
"""(subscriber, domain): two subscribers may both prove the same domain, each with keys of its own."""

_TAKE_DUE: Final = text("""
update sender_domains d set next_check_at = :until
from (select subscriber_id, domain from sender_domains where next_check_at <= :now
      order by next_check_at limit :limit for update skip locked) due
where d.subscriber_id = due.subscriber_id and d.domain = due.domain
returning d.subscriber_id, d.domain
""")
_KEYS_OF: Final = text("""
select k.subscriber_id, k.domain, k.selector, k.algorithm, k.public, k.state, k.record, k.created_at, k.activated_at, k.retire_at, k.missing_since
from unnest(cast(:subscribers as uuid[]), cast(:domains as text[])) as w (subscriber_id, domain)
join sender_keys k on k.subscriber_id = w.subscriber_id and k.domain = w.domain
order by k.created_at, k.selector
""")


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A new key with its private half under the subscriber's data key."""

    key: SenderKey
    sealed: bytes


async def add_domain(connection: AsyncConnection, subscriber_id: UUID, domain: str, now: datetime) -> bool:
    """Store a domain, due for its first check at once; False when it is there already."""
    row = {"subscriber_id": subscriber_id, "domain": domain, "created_at": now, "next_check_at": now}
    added = insert(sender_domains).values(row).on_conflict_do_nothing().returning(sender_domains.c.domain)
    return await connection.scalar(added) is not None


async def add_keys(connection: AsyncConnection, subscriber_id: UUID, domain: str, new: Sequence[SealedKey]) -> None:
    """Store new keys."""
    rows = [{"subscriber_id": subscriber_id, "domain": domain, "sealed": row.sealed, **asdict(row.key)} for row in new]
    await connection.execute(insert(sender_keys), rows)


async def count_domains(connection: AsyncConnection, subscriber_id: UUID) -> int:
    """Return how many domains a subscriber has."""
    counted = select(func.count()).select_from(sender_domains).where(sender_domains.c.subscriber_id == subscriber_id)
    return int(await connection.scalar(counted) or 0)


async def lock_domain(connection: AsyncConnection, subscriber_id: UUID, domain: str) -> bool:
    """Lock a domain against a second rotation at the same time; False when there is none."""
    found = select(sender_domains.c.domain).where(_is(sender_domains, subscriber_id, domain)).with_for_update()
    return await connection.scalar(found) is not None


async def check_soon(connection: AsyncConnection, subscriber_id: UUID, domain: str, now: datetime) -> None:
    """Let the next look at the DNS come at once."""
    await connection.execute(
        update(sender_domains).where(_is(sender_domains, subscriber_id, domain)).values(next_check_at=now)
    )


async def find_domains(
    connection: AsyncConnection, subscriber_id: UUID, domain: str | None = None
) -> list[KnownDomain]:
    """Return a subscriber's domains by name, or the one asked for."""
    wanted = select(sender_domains).where(sender_domains.c.subscriber_id == subscriber_id)
    if domain is not None:
        wanted = wanted.where(sender_domains.c.domain == domain)
    rows = (await connection.execute(wanted.order_by(sender_domains.c.domain))).all()
    keys = await find_keys(connection, {(subscriber_id, row.domain) for row in rows})
    return [
        KnownDomain(
            row.domain,
            row.created_at,
            row.checked_at,
            {name: Finding(**finding) for name, finding in row.findings.items()},
            keys.get((subscriber_id, row.domain), []),
        )
        for row in rows
    ]


async def find_keys(connection: AsyncConnection, domains: Collection[DomainId]) -> dict[DomainId, list[SenderKey]]:
    """Return the keys of these domains, oldest first, without their private halves."""
    if not domains:
        return {}
    pairs = list(domains)
    values = {"subscribers": [pair[0] for pair in pairs], "domains": [pair[1] for pair in pairs]}
    found: dict[DomainId, list[SenderKey]] = {}
    for row in await connection.execute(_KEYS_OF, values):
        found.setdefault((row.subscriber_id, row.domain), []).append(_key(row))
    return found


async def find_sealed(connection: AsyncConnection, domain_id: DomainId) -> dict[str, bytes]:
    """Return the sealed private halves of a domain's active keys by selector."""
    wanted = select(sender_keys.c.selector, sender_keys.c.sealed).where(
        _is(sender_keys, *domain_id), sender_keys.c.state == "active"
    )
    return {row.selector: bytes(row.sealed) for row in await connection.execute(wanted)}


async def take_due_domains(
    connection: AsyncConnection, *, now: datetime, until: datetime, limit: int
) -> list[DomainId]:
    """Return domains whose check is due and put them off until `until`, so that no second process checks them meanwhile."""
    rows = await connection.execute(_TAKE_DUE, {"now": now, "until": until, "limit": limit})
    return [(row.subscriber_id, row.domain) for row in rows]


async def settle_check(
    connection: AsyncConnection,
    domain_id: DomainId,
    *,
    findings: Mapping[str, Finding],
    before: Sequence[SenderKey],
    after: Sequence[SenderKey],
    checked_at: datetime,
    next_check_at: datetime,
) -> None:
    """Write what a check found and decided; keys that retired are deleted, private half and all."""
    plain = {name: asdict(finding) for name, finding in findings.items()}
    await connection.execute(
        update(sender_domains)
        .where(_is(sender_domains, *domain_id))
        .values(findings=plain, checked_at=checked_at, next_check_at=next_check_at)
    )
    kept = {key.selector for key in after}
    gone = [key.selector for key in before if key.selector not in kept]
    if gone:
        await connection.execute(
            delete(sender_keys).where(_is(sender_keys, *domain_id), sender_keys.c.selector.in_(gone))
        )
    for key in after:
        values = asdict(key)
        selector = values.pop("selector")
        await connection.execute(
            update(sender_keys).where(_is(sender_keys, *domain_id), sender_keys.c.selector == selector).values(values)
        )


def _is(table: Any, subscriber_id: UUID, domain: str) -> Any:
    return (table.c.subscriber_id == subscriber_id) & (table.c.domain == domain)


def _key(row: Row[Any]) -> SenderKey:
    return SenderKey(
        row.selector, row.algorithm, row.public, row.state, row.created_at, row.record, row.activated_at, row.retire_at,
        row.missing_since,
    )  # fmt: skip
