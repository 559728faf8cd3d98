"""Settles uncertain messages by what a relay wrote down, and accounts for every line (L-071, I3)."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from services.mailer.domain.doubts import Evidence, Settled, settle_doubt
from services.mailer.domain.reports import ReportKind
from services.mailer.domain.states import WAITING, State
from services.mailer.smtp.relay_log import Lines, LogReader, Said
from services.mailer.store.doubts import DoubtMove, KnownMessage, SettlementRow, look_up, move_logged, note_logged
from services.mailer.store.reporting import ReportRow, record_report
from shared.kit.db import Database, RawConnection
from shared.kit.ids import new_id
from shared.kit.logs import log
from shared.schemas.relay import RelayLogAnswer

_CHUNK: Final = 1_000
_MOST_DOUBTS: Final = 50_000
"""Uncertain messages whose evidence is gathered before it is weighed; beyond that in portions."""
_UNDER_WAY: Final = WAITING | {State.CLAIMED, State.HANDING_OVER}


@dataclass
class _Reading:
    """One upload: counts by kind of line, and the weightiest evidence of each uncertain message."""

    by: str
    counts: Counter[str] = field(default_factory=Counter)
    doubts: dict[UUID, tuple[KnownMessage, Evidence]] = field(default_factory=dict)
    settled: Counter[str] = field(default_factory=Counter)
    left: int = 0


async def read_relay_log(
    database: Database, pieces: AsyncIterator[bytes], reader: LogReader, *, by: str, now: datetime
) -> RelayLogAnswer:
    """Read a log to its end and settle what it proves; repeating it is harmless. `by` is who brought it.

    A message that the relay took is `sent`, one that it gave up `bounced`; only one that it refused waits again. What the log does not name stays
    uncertain.
    """
    reading, lines, waiting = _Reading(by), Lines(), list[Evidence]()

    async def read(found: list[str | None]) -> None:
        for line in found:
            said = Said.UNREADABLE if line is None else reader.read(line) if line.strip() else Said.OTHER
            if isinstance(said, Evidence):
                waiting.append(said)
            else:
                reading.counts[said.value] += 1
            if len(waiting) >= _CHUNK:
                await _sort(database, reading, waiting, now=now)

    async for piece in pieces:
        await read(lines.feed(piece))
    await read(lines.finish())
    await _sort(database, reading, waiting, now=now)
    await _settle(database, reading, now=now)
    log("mailer.relay_log").info("relay_log_read", settled=sum(reading.settled.values()), **reading.counts)
    return _answer(reading)


async def _sort(database: Database, reading: _Reading, waiting: list[Evidence], *, now: datetime) -> None:
    """Look up what the lines name and keep the evidence about what is uncertain."""
    if not waiting:
        return
    async with database.raw() as connection:
        known = await look_up(connection, {evidence.message_id for evidence in waiting})
    for evidence in waiting:
        found = known.get(evidence.message_id)
        reading.counts[_name(found)] += 1
        if found is None or found.state is not State.UNCERTAIN:
            continue
        held = reading.doubts.get(evidence.message_id)
        if held is None or evidence.outweighs(held[1]):
            reading.doubts[evidence.message_id] = (found, evidence)
    waiting.clear()
    if len(reading.doubts) >= _MOST_DOUBTS:
        await _settle(database, reading, now=now)


def _name(found: KnownMessage | None) -> str:
    if found is None:
        return "unknown"
    if found.state is State.UNCERTAIN:
        return "proving"
    return "under_way" if found.state in _UNDER_WAY else "already_settled"


async def _settle(database: Database, reading: _Reading, *, now: datetime) -> None:
    for known, evidence in reading.doubts.values():
        settled = settle_doubt(evidence, known.doubt, now=now, jitter=random.random())  # noqa: S311 - spreads retries
        if settled is None:
            reading.left += 1
            continue
        async with database.raw() as connection, connection.transaction():
            state = await _write(connection, known, settled, reading.by, now=now)
        if state:
            reading.settled[state.value] += 1
    reading.doubts.clear()


async def _write(
    connection: RawConnection, known: KnownMessage, settled: Settled, by: str, *, now: datetime
) -> State | None:
    """Write one settlement; None where somebody else was first."""
    message = known.message
    if settled.move is not None:
        state = settled.move.state
        move = DoubtMove(state, settled.move.reason, settled.move.next_at)
        is_moved = await move_logged(connection, message, move, now=now)
    else:
        state = State.BOUNCED if settled.kind is ReportKind.BOUNCE else State.SENT
        row = ReportRow(new_id(), settled.kind.value, settled.blame, settled.status, settled.reason)
        is_moved = await record_report(connection, message, row, now=now)
    if not is_moved:
        return None
    await note_logged(connection, message, SettlementRow(new_id(), "relay_log", state, by, now))
    return state


def _answer(reading: _Reading) -> RelayLogAnswer:
    names = ("proving", "already_settled", "under_way", "unknown", "undecided", "other", "unreadable")
    counts = {name: reading.counts[name] for name in names}
    return RelayLogAnswer.model_validate(
        counts
        | {
            "applied": sum(reading.settled.values()),
            "settled": dict(reading.settled),
            "left_uncertain": reading.left,
            "lines": sum(counts.values()),
        }
    )
