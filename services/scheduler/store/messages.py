"""Frozen messages on their way to the mailer: leased, settled, released. A lease takes the database's clock."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.comparison import settings_of
from shared.kit.db import Database

_LEASE_SECONDS: Final = 30

_CLAIM: Final = text("""
update messages m set lease_until = clock_timestamp() + make_interval(secs => :lease), attempts = least(m.attempts + 1, 1000)
from (
    select subscriber_id, message_id from messages
    where state = 'grouped' and ended_at is null and (lease_until is null or lease_until < clock_timestamp())
    order by grouped_at limit :limit for update skip locked
) c
where m.subscriber_id = c.subscriber_id and m.message_id = c.message_id
returning m.subscriber_id, m.message_id
""")
_LINES: Final = text("""
select m.subscriber_id, m.message_id, m.campaign_id, m.location_id, m.address_key, m.attempts, t.touch_id, t.consumer_id, t.campaign_type,
    t.counts, coalesce(cast(t.basis ->> 'local' as timestamp), t.about_at at time zone t.zone) as about_local, t.due_at,
    t.due_local, t.useful_until, t.withdraw_reason, cast(t.basis as text) as basis, t.variant, cast(v.settings as text) as settings
from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[])) as s (subscriber_id, message_id)
join messages m on m.subscriber_id = s.subscriber_id and m.message_id = s.message_id and m.state = 'grouped'
left join touches t on t.subscriber_id = m.subscriber_id and t.message_id = m.message_id and t.state = 'dispatched'
left join campaign_versions v on v.subscriber_id = t.subscriber_id and v.campaign_id = t.campaign_id and v.version = t.rule_version
order by m.subscriber_id, m.message_id, t.about_at, t.touch_id
""")
_SUBMITTED: Final = text("""
with taken as (
    update messages m set state = 'submitted', submitted_at = :now, content_id = s.content_id, lease_until = null
    from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[]), cast(:contents as uuid[])) as s (subscriber_id, message_id, content_id)
    where m.subscriber_id = s.subscriber_id and m.message_id = s.message_id and m.state = 'grouped'
    returning m.subscriber_id, m.message_id
)
select t.subscriber_id, t.touch_id from taken m
join touches t on t.subscriber_id = m.subscriber_id and t.message_id = m.message_id and t.state = 'dispatched' and t.withdraw_reason is not null
""")
_END: Final = text("""
with page as (
    select * from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[]), cast(:reasons as text[])) as s (subscriber_id, message_id, reason)
), ended as (
    update messages m set state = 'void', outcome = cast(:state as text), ended_at = :now, lease_until = null
    from page s
    where m.subscriber_id = s.subscriber_id and m.message_id = s.message_id and m.state = 'grouped'
    returning m.subscriber_id, m.message_id, s.reason
), changed as (
    update touches t set
        state = cast(:state as text), reason = e.reason, tries = least(t.tries + 1, 20),
        message_id = case when cast(:state as text) = 'held' then null else t.message_id end,
        withdraw_reason = null,
        next_at = least(cast(:now as timestamptz) + make_interval(mins => least(60, power(2, least(t.tries, 6))::integer)), t.useful_until),
        final_at = case when cast(:state as text) <> 'held' then cast(:now as timestamptz) end
    from ended e
    where t.subscriber_id = e.subscriber_id and t.message_id = e.message_id and t.state = 'dispatched'
    returning t.subscriber_id, t.touch_id, t.state, t.reason, t.due_at, t.rule_version, e.message_id
)
insert into decisions (subscriber_id, touch_id, decided_at, state, reason, due_at, rule_version, message_id)
select subscriber_id, touch_id, :now, state, reason, due_at, rule_version, message_id from changed
""")
_RELEASE: Final = text("""
with changed as (
    update touches t set
        state = 'held', reason = s.reason, message_id = null, withdraw_reason = null, tries = least(t.tries + 1, 20),
        next_at = least(cast(:now as timestamptz) + make_interval(mins => least(60, power(2, least(t.tries, 6))::integer)), t.useful_until)
    from unnest(cast(:subscribers as uuid[]), cast(:touches as uuid[]), cast(:messages as uuid[]), cast(:reasons as text[]))
        as s (subscriber_id, touch_id, message_id, reason)
    where t.subscriber_id = s.subscriber_id and t.touch_id = s.touch_id and t.message_id = s.message_id and t.state = 'dispatched'
    returning t.subscriber_id, t.touch_id, t.state, t.reason, t.due_at, t.rule_version
)
insert into decisions (subscriber_id, touch_id, decided_at, state, reason, due_at, rule_version)
select subscriber_id, touch_id, :now, state, reason, due_at, rule_version from changed
""")
_PUT_BACK: Final = text("""
update messages m set
    lease_until = clock_timestamp() + make_interval(secs => least(30, power(2, least(m.attempts, 5))) * cast(:factor as double precision))
from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[])) as s (subscriber_id, message_id)
where m.subscriber_id = s.subscriber_id and m.message_id = s.message_id and m.state = 'grouped'
""")

_ANY_GROUPED: Final = "select exists (select from messages where state = 'grouped' and ended_at is null)"

MessageKey = tuple[UUID, UUID]
"""A message by (subscriber_id, message_id)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One touch of a claimed message.

    `about_local` is the wall time, at its location, of what the mail speaks of; `due_local` when the touch was due. `basis`: what its trigger says.
    """

    touch_id: UUID
    consumer_id: UUID
    about_local: datetime
    due_at: datetime
    due_local: datetime
    useful_until: datetime
    is_withdrawn: bool
    basis: Mapping[str, Any]

    @property
    def vehicle_id(self) -> UUID | None:
        """Return the vehicle it is about."""
        found = self.basis.get("vehicle_id")
        return UUID(found) if found else None


@dataclass(frozen=True, slots=True)
class FrozenMessage:
    """A group as it was committed; `lines` may only shrink before its first submission.

    `settings` are those of the campaign version that its touches were planned with (N-99), as its variant says them.
    """

    subscriber_id: UUID
    message_id: UUID
    campaign_id: UUID
    campaign_type: str
    location_id: UUID
    address_key: str
    is_change: bool
    attempts: int
    lines: tuple[Line, ...]
    settings: Mapping[str, Any]

    @property
    def key(self) -> MessageKey:
        """Return what names it in statements."""
        return self.subscriber_id, self.message_id


async def is_any_grouped(database: Database) -> bool:
    """Tell whether there is a message to submit: the one question an idle service asks."""
    return bool(await database.glance(_ANY_GROUPED))


async def claim_messages(connection: AsyncConnection, *, limit: int) -> list[FrozenMessage]:
    """Lease grouped messages that nobody has and return them; a dead worker's leases run out."""
    claimed = (await connection.execute(_CLAIM, {"limit": limit, "lease": _LEASE_SECONDS})).all()
    if not claimed:
        return []
    rows = (await connection.execute(_LINES, _keys([(row.subscriber_id, row.message_id) for row in claimed]))).all()
    found: dict[MessageKey, FrozenMessage] = {}
    lines: dict[MessageKey, list[Line]] = {}
    read = cache(_read)  # the messages of a campaign share their settings, and often what their trigger says
    for row in rows:
        key = (row.subscriber_id, row.message_id)
        if row.touch_id is not None:
            withdrawn = row.withdraw_reason is not None
            line = Line(
                row.touch_id,
                row.consumer_id,
                row.about_local,
                row.due_at,
                row.due_local,
                row.useful_until,
                withdrawn,
                read(row.basis),
            )
            lines.setdefault(key, []).append(line)
        found[key] = FrozenMessage(
            *key,
            row.campaign_id,
            row.campaign_type or "",
            row.location_id,
            row.address_key,
            row.counts is False,
            row.attempts,
            tuple(lines.get(key, ())),
            settings_of(read(row.settings), row.variant),
        )
    return list(found.values())


async def settle_submitted(
    connection: AsyncConnection, contents: Mapping[MessageKey, UUID | None], *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Note that the mailer has these messages, with the content each was made with (None: not known); return touches withdrawn meanwhile."""
    values = _keys(list(contents)) | {"contents": list(contents.values()), "now": now}
    return [(row.subscriber_id, row.touch_id) for row in await connection.execute(_SUBMITTED, values)]


async def end_messages(
    connection: AsyncConnection, reasons: Mapping[MessageKey, str], *, state: str, now: datetime
) -> None:
    """End grouped messages that never reached the mailer: their touches become `failed`, or `held` to be grouped anew."""
    values = _keys(list(reasons)) | {"reasons": list(reasons.values()), "state": state, "now": now}
    await connection.execute(_END, values)


async def release_touches(
    connection: AsyncConnection, reasons: Mapping[tuple[UUID, UUID], tuple[UUID, str]], *, now: datetime
) -> None:
    """Take touches out of this message of theirs, before its first submission, for this reason; they are grouped again after a while."""
    values = {
        "subscribers": [subscriber for subscriber, _ in reasons],
        "touches": [touch for _, touch in reasons],
        "messages": [message for message, _ in reasons.values()],
        "reasons": [reason for _, reason in reasons.values()],
        "now": now,
    }
    await connection.execute(_RELEASE, values)


async def put_back(connection: AsyncConnection, messages: Sequence[MessageKey], *, factor: float = 0.5) -> None:
    """Try these messages again later: after 1, 2, 4 ... 15 seconds."""
    await connection.execute(_PUT_BACK, _keys(messages) | {"factor": factor})


def _read(value: str | None) -> Mapping[str, Any]:
    """Return the object of a JSON column; none is an empty one."""
    return dict(json.loads(value)) if value else {}


def _keys(keys: Sequence[MessageKey]) -> dict[str, list[UUID]]:
    return {"subscribers": [key[0] for key in keys], "messages": [key[1] for key in keys]}
