"""Answers to surveys: one a message, its comment sealed; read for the business, counted, dropped when a person goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.survey import Tally
from shared.kit.crypto import DataKeys, FieldCipher

# Of a person who was erased since nothing is asked and nothing kept.
_FIND: Final = text("""
select m.campaign_id, m.location_id, array_agg(distinct t.consumer_id) as consumer_ids,
    min(cast(t.about_at at time zone t.zone as date)) as visited_on,
    a.score, a.sealed is not null as has_comment
from messages m
join touches t on t.subscriber_id = m.subscriber_id and t.message_id = m.message_id
join consumers c on c.subscriber_id = t.subscriber_id and c.consumer_id = t.consumer_id and not c.deleted
left join survey_answers a on a.subscriber_id = m.subscriber_id and a.message_id = m.message_id
where m.subscriber_id = :subscriber_id and m.message_id = :message_id
group by m.campaign_id, m.location_id, a.score, a.sealed
""")
_KEEP: Final = text("""
insert into survey_answers as a (
    subscriber_id, message_id, campaign_id, location_id, consumer_ids, score, sealed, answered_at, changed_at)
values (:subscriber_id, :message_id, :campaign_id, :location_id, :consumer_ids, :score, :sealed, :now, :now)
on conflict (subscriber_id, message_id) do update set
    score = excluded.score, sealed = case when :keeps_comment then a.sealed else excluded.sealed end, changed_at = excluded.changed_at
""")
_WANTED: Final = """
subscriber_id = :subscriber_id and (cast(:campaign_id as uuid) is null or campaign_id = cast(:campaign_id as uuid))
    and (cast(:locations as uuid[]) is null or location_id = any(cast(:locations as uuid[])))"""
_LIST: Final = text(f"""
select * from survey_answers
where {_WANTED}
    and (cast(:after_at as timestamptz) is null or (answered_at, message_id) > (cast(:after_at as timestamptz), cast(:after_id as uuid)))
order by answered_at, message_id limit :limit
""")  # noqa: S608 - a constant
_TALLY: Final = text(f"""
select count(*) as count, coalesce(sum(score), 0) as total, count(*) filter (where score >= 9) as promoters,
    count(*) filter (where score <= 6) as detractors
from survey_answers where {_WANTED}
""")  # noqa: S608 - a constant
_ASKED: Final = text(f"""
select count(*) from messages m
where {_WANTED} and m.outcome = 'sent' and exists (
    select from campaigns k where k.subscriber_id = m.subscriber_id and k.campaign_id = m.campaign_id and k.type = any(cast(:types as text[])))
""")  # noqa: S608 - a constant
_DROP: Final = text("""
delete from survey_answers a
using (
    select subscriber_id, array_agg(key) as keys from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[])) as s (subscriber_id, key) group by 1
) gone
where a.subscriber_id = gone.subscriber_id and a.consumer_ids && gone.keys
""")


@dataclass(frozen=True, slots=True)
class SurveyMail:
    """A message whose link is open, and its answer on file."""

    campaign_id: UUID
    location_id: UUID
    consumer_ids: Sequence[UUID]
    visited_on: date
    score: int | None
    has_comment: bool


async def find_survey(connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID) -> SurveyMail | None:
    """Return a message and its answer; None for no message of ours, or one whose people were all erased."""
    row = (await connection.execute(_FIND, {"subscriber_id": subscriber_id, "message_id": message_id})).first()
    return SurveyMail(**row._mapping) if row is not None else None


async def keep_survey(
    connection: AsyncConnection,
    mail: SurveyMail,
    *,
    subscriber_id: UUID,
    message_id: UUID,
    score: int,
    comment: str | None,
    cipher: FieldCipher,
    now: datetime,
) -> None:
    """Keep the answer of a message in the place of an earlier one; `comment` None leaves that one's comment as it is, "" takes it back."""
    values = {
        "subscriber_id": subscriber_id,
        "message_id": message_id,
        "campaign_id": mail.campaign_id,
        "location_id": mail.location_id,
        "consumer_ids": list(mail.consumer_ids),
        "score": score,
        "sealed": cipher.encrypt(comment.encode(), _place(message_id)) if comment else None,
        "keeps_comment": comment is None,
        "now": now,
    }
    await connection.execute(_KEEP, values)


async def read_surveys(
    connection: AsyncConnection, *, keys: DataKeys, after: tuple[datetime, UUID] | None, limit: int, **wanted: Any
) -> list[dict[str, Any]]:
    """Return answers as they were given first, comments opened. `wanted`: subscriber_id, campaign_id, locations; None of the last two: all."""
    page = {"after_at": after[0] if after else None, "after_id": after[1] if after else None, "limit": limit}
    rows = [dict(row) for row in (await connection.execute(_LIST, wanted | page)).mappings()]
    return await open_comments(connection, rows, keys=keys, subscriber_id=wanted["subscriber_id"])


async def open_comments(
    connection: AsyncConnection, rows: Sequence[dict[str, Any]], *, keys: DataKeys, subscriber_id: UUID
) -> list[dict[str, Any]]:
    """Return a subscriber's rows with `comment` in clear, "" without one, for `sealed`. Where nothing is sealed no key is made."""
    is_sealed = any(row["sealed"] is not None for row in rows)
    cipher = await keys.cipher(connection, subscriber_id) if is_sealed else None

    def opened(row: dict[str, Any]) -> dict[str, Any]:
        sealed = row.pop("sealed")
        comment = cipher.decrypt(bytes(sealed), _place(row["message_id"])).decode() if cipher and sealed else ""
        return row | {"comment": comment}

    return [opened(row) for row in rows]


async def tally_surveys(connection: AsyncConnection, *, types: Sequence[str], **wanted: Any) -> tuple[Tally, int]:
    """Return the answers counted, and how many mails of campaigns of these types were sent. `wanted` as in read_surveys."""
    row = (await connection.execute(_TALLY, wanted)).mappings().one()
    asked = await connection.scalar(_ASKED, wanted | {"types": list(types)})
    return Tally(**row), int(asked or 0)


async def drop_surveys(connection: AsyncConnection, keys: Sequence[tuple[UUID, UUID]]) -> None:
    """Drop the answers to mail that spoke of people whom ingest has erased, by (subscriber_id, consumer_id)."""
    if keys:
        values = {"subscribers": [subscriber for subscriber, _ in keys], "keys": [key for _, key in keys]}
        await connection.execute(_DROP, values)


def _place(message_id: UUID) -> bytes:
    return b"survey_answers.sealed:" + message_id.bytes
