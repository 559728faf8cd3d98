"""Keeps erased people out of what sources send: a staged record about them is turned into a deletion before it is merged (S-036).

So the account of a batch stays true, replays change nothing, and nothing of it is ever stored. A new
row with an erased address is erased as it comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import CONSUMER, CONTACT_POINT, MERGE, RELATION, VEHICLE
from services.ingest.store.child_rows import GONE_STATUS, GONE_WORD
from services.ingest.store.erasure_tables import PLATFORM
from shared.kit.db import RawConnection
from shared.kit.errors import BusyError

_ANYBODY: Final = """
select exists (select from erased_rows where subscriber_id = $1) or exists (select from erasures where subscriber_id in ($1, $2) and keeps_out)
    as anybody, (select md5(string_agg(person_key::text, '' order by person_key)) from erased_people where subscriber_id = $1) as mark
"""
_PEOPLE: Final = text("select person_key, entry_id from erased_people where subscriber_id = :s order by person_key")
_MARK: Final = text("""
select md5(string_agg(person_key::text, '' order by person_key)) from erased_people where subscriber_id = :s
""")
_KNOWN: Final = """
insert into erased_rows (subscriber_id, row_id, entry_id)
select $1, r.row_id, r.entry_id from unnest($2::uuid[], $3::uuid[]) as r (row_id, entry_id) on conflict do nothing
"""
_NEW: Final = (
    """
insert into erased_rows (subscriber_id, row_id, entry_id)
select distinct on (s.id) $1, s.id, e.entry_id from {staging} s
cross join lateral (
    select e.entry_id from erasures e where e.address_key = s.address_key and e.keeps_out and e.subscriber_id in ($1, $2) limit 1) e
where s.kind = {consumer} and s.address_key is not null on conflict do nothing
""",
    """
insert into erased_rows (subscriber_id, row_id, entry_id)
select distinct on (s.id) $1, s.id, e.entry_id from {staging} s
join erased_rows e on e.subscriber_id = $1 and e.row_id = s.person_id where s.kind = {vehicle} and $2::uuid is not null on conflict do nothing
""",
)
"""People by their address, then the vehicles of people, so that their readings are known as theirs."""
_IS_ERASED: Final = "exists (select from erased_rows e where e.subscriber_id = $1 and e.row_id = {column})"
_HUSH: Final = """
update {staging} s set personal = null, deleted = true, historic = true, content_hash = $3, language = '', address_key = null,
    address_problem = null, household_id = null, person_id = null, minor_until = null, at = null, amount = null, booked_at = null, birthday = null,
    day = null, other_id = null, status = {status}, word = {word}
where case s.kind when {consumer} then {own} when {relation} then {parent} or {other}
    when {merge} then {parent} or {other} else {parent} end
    or (s.kind = {point} and exists (
        select from erasures e where e.address_key = s.address_key and e.keeps_out and e.subscriber_id in ($1, $2)))
"""
_IS_KEPT_OUT: Final = text("""
select exists (select from erasures where address_key = any(cast(:keys as text[])) and keeps_out and subscriber_id in (:s, :platform))
""")


def _by_kind(words: dict[int, str]) -> str:
    cases = " ".join(f"when {kind} then '{word}'" for kind, word in words.items())
    return f"case s.kind {cases} else '' end"


@dataclass(frozen=True, slots=True)
class ErasedPeople:
    """By which keyed hashes a subscriber's erased people are known again, with the order that erased each; `mark` changes with them."""

    orders: Mapping[UUID, UUID]
    mark: str | None


async def read_erased_people(connection: AsyncConnection, subscriber_id: UUID) -> ErasedPeople:
    """Return them as they are now."""
    mark = await connection.scalar(_MARK, {"s": subscriber_id})
    if mark is None:
        return ErasedPeople({}, None)
    rows = await connection.execute(_PEOPLE, {"s": subscriber_id})
    return ErasedPeople({row.person_key: row.entry_id for row in rows}, mark)


async def keep_out(
    connection: RawConnection,
    *,
    staging: str,
    subscriber_id: UUID,
    gone: bytes,
    known: Sequence[tuple[UUID, UUID]],
    mark: str | None,
) -> None:
    """Turn what is staged about erased people into deletions; `gone` is the content hash of one. Costs one look where nobody was erased.

    `known` are rows that describe an erased person, with the order, as far as `mark` knew them: raises BusyError when somebody was erased since,
    so that what was prepared is prepared again.
    """
    found = await connection.fetchrow(_ANYBODY, subscriber_id, PLATFORM)
    assert found is not None
    if found["mark"] != mark:
        raise BusyError
    if known:
        rows = [row_id for row_id, _ in known]
        await connection.execute(_KNOWN, subscriber_id, rows, [entry_id for _, entry_id in known])
    if not (found["anybody"] or known):
        return
    for statement in _NEW:
        new = statement.format(staging=staging, consumer=CONSUMER, vehicle=VEHICLE)
        await connection.execute(new, subscriber_id, PLATFORM)
    words = {
        "staging": staging,
        "consumer": CONSUMER,
        "relation": RELATION,
        "merge": MERGE,
        "point": CONTACT_POINT,
        "own": _IS_ERASED.format(column="s.id"),
        "parent": _IS_ERASED.format(column="s.person_id"),
        "other": _IS_ERASED.format(column="s.other_id"),
        "status": _by_kind(GONE_STATUS),
        "word": _by_kind(GONE_WORD),
    }
    await connection.execute(_HUSH.format(**words), subscriber_id, PLATFORM, gone)


async def is_kept_out(connection: AsyncConnection, *, subscriber_id: UUID, address_keys: Sequence[str]) -> bool:
    """Tell whether an address may not be kept, because its owner asked to be erased."""
    values = {"s": subscriber_id, "keys": list(address_keys), "platform": PLATFORM}
    return bool(await connection.scalar(_IS_KEPT_OUT, values))
