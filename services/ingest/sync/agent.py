"""One run of the agent: read, translate, write batches to disk, send them, and move the cursor once they are durable at ingest.

The order is what makes a power cut harmless: a batch is on disk and named in the state before its first octet is sent, and the cursor moves only with
ingest's answer. A run that broke off is repeated from its last mark; repeats change nothing (S-125).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from services.ingest.domain.connector import (
    Connector,
    Cursor,
    Mark,
    OpenWeb,
    Reading,
    SourceFailedError,
    SourceItem,
    Whole,
)
from services.ingest.domain.read_record import AnyRecord
from services.ingest.sync.account import Account
from services.ingest.sync.carrier import Carrier, CarryFailedError
from services.ingest.sync.spool import Spool, batch_id_of
from services.ingest.sync.state import Pending, State
from shared.kit.clock import Clock
from shared.kit.crashpoints import crashpoint
from shared.schemas.ingest import Entity

BATCH_RECORDS: Final = 20_000
"""About 5 MB: four of ingest's chunks, so that an upload that broke off goes on in the middle."""
TELL_EVERY: Final = 5000
_ENTITIES: Final[tuple[Entity, ...]] = get_args(Entity)

Tell = Callable[[str], None]


def read_source(connector: Connector, settings: Any, *, cursor: Cursor, clock: Clock, open_web: OpenWeb) -> Any:
    """Return what a connector yields from a cursor on."""
    return connector.read(settings, Reading(cursor=cursor, now=clock.now(), open_web=open_web))


async def look(connector: Connector, settings: Any, *, clock: Clock, open_web: OpenWeb, tell: Tell) -> Account:
    """Read everything and send nothing: the account of what would be taken, held and dropped. Raises SourceFailedError."""
    account = Account()
    async for found in read_source(connector, settings, cursor={}, clock=clock, open_web=open_web):
        if isinstance(found, SourceItem):
            translated(connector, found, account)
            if account.read % TELL_EVERY == 0:
                tell(f"{account.read} read")
    return account


def translated(connector: Connector, item: SourceItem, account: Account) -> tuple[Sequence[AnyRecord], bool]:
    """Count an item; return its records and whether it was understood (a thing skipped as none of our business is)."""
    account.read += 1
    if item.raw is None:
        account.unreadable[item.problem] += 1
        return (), False
    translation = connector.translate(item)
    account.add_thing(item.raw, translation)
    return translation.records, not translation.skipped.startswith(("invalid_", "without_"))


@dataclass
class Agent:
    """Carries one connection. `tell` gets a line of progress now and then."""

    connector: Connector
    settings: Any
    state: State
    carrier: Carrier
    clock: Clock
    open_web: OpenWeb
    tell: Tell
    account: Account = field(default_factory=Account)
    _delta: Spool | None = None
    _whole: dict[Entity, Spool] = field(default_factory=dict)
    _is_clean: bool = True
    _mark: Cursor | None = None
    _sent: int = 0

    async def run(self) -> Account:
        """Send all that is new and return the account. Raises SourceFailedError and CarryFailedError; what was sent before stays sent."""
        self.state.sweep()
        if self.state.pending is not None:
            self.tell("sending what the last run had ready")
            await self._deliver(self.state.pending, again=True)
        found = read_source(
            self.connector, self.settings, cursor=self.state.cursor, clock=self.clock, open_web=self.open_web
        )
        try:
            async for event in found:
                if isinstance(event, SourceItem):
                    await self._take(event)
                elif isinstance(event, Mark):
                    await self._pass(event)
                else:
                    await self._begin(event)
        except SourceFailedError:
            await self._end(alive=False)
            raise
        else:
            await self._end(alive=True)
        finally:
            for spool in filter(None, (self._delta, *self._whole.values())):
                spool.close()
        return self.account

    async def _take(self, item: SourceItem) -> None:
        records, understood = translated(self.connector, item, self.account)
        self._is_clean = self._is_clean and understood
        for record in records:
            if record.type in self._whole:
                self._whole[record.type].add(record)
                continue
            self._delta = self._delta or self._spool("batch")
            self._delta.add(record)
        if self._delta is not None and self._delta.records >= BATCH_RECORDS:
            await self._send_delta()
        if self.account.read % TELL_EVERY == 0:
            self.tell(f"{self.account.read} read, {self._sent} records sent")

    async def _pass(self, mark: Mark) -> None:
        if self._whole:
            await self._send_whole()
        self._mark = dict(mark.cursor)
        if self._delta is None:
            self.state.settle(self._mark)

    async def _begin(self, whole: Whole) -> None:
        await self._send_delta()
        self._is_clean = True
        self._whole = {name: self._spool(f"whole-{name}") for name in _ENTITIES if name in whole.entities}

    async def _end(self, *, alive: bool) -> None:
        """Send what is left; a source that was read and had no news is alive, which ingest wants to know (S-121)."""
        for spool in self._whole.values():  # the mark never came: the source broke off, so absence proves nothing
            await self._send(spool, {})
        self._whole = {}
        await self._send_delta()
        if alive and not self._sent and not self.account.unreadable:
            await self._send(self._spool("batch"), {})

    async def _send_delta(self) -> None:
        if self._delta is not None:
            spool, self._delta = self._delta, None
            await self._send(spool, {}, cursor=self._mark)

    async def _send_whole(self) -> None:
        """Send what names everything as snapshots; when something in it was not understood, as news: absence would prove nothing."""
        await self._send_delta()
        for entity, spool in self._whole.items():
            if self._is_clean:
                await self._send(
                    spool, {"mode": "snapshot", "entity": entity, "complete": "true", "count": str(spool.records)}
                )
            else:
                await self._send(spool, {})
        if not self._is_clean:
            self.account.notes.append("Nothing was deleted for being absent: some rows could not be understood.")
        self._whole = {}

    def _spool(self, name: str) -> Spool:
        return Spool(self.state.folder / f"{name}.ndjson")

    async def _send(self, spool: Spool, params: dict[str, str], *, cursor: Cursor | None = None) -> None:
        digest = spool.finish()
        crashpoint("ingest.sync_after_spool")
        if params:
            params = params | {"sha256": digest}
        sequence = self.state.next_sequence(int(self.clock.now().timestamp() * 1000))
        batch_id = batch_id_of(self.carrier.connection_id, digest, params)
        self.state.pending = Pending(
            spool.path.name,
            str(batch_id),
            params | {"sequence": str(sequence)},
            spool.records,
            dict(cursor) if cursor is not None else None,
        )
        self.state.save()
        crashpoint("ingest.sync_after_pending")
        await self._deliver(self.state.pending)

    async def _deliver(self, pending: Pending, *, again: bool = False) -> None:
        path = self.state.folder / pending.file
        if again and not path.is_file():
            self.state.settle(None)
            return
        try:
            report = await self.carrier.send(path, pending.batch_id, pending.params, again=again)
        except CarryFailedError as failed:
            if failed.final:  # it will never be taken: the next run reads anew instead of sending it for ever
                self.state.settle(None)
            raise
        crashpoint("ingest.sync_after_answer")
        self.account.add(report)
        self._sent += pending.records
        self.state.settle(pending.cursor)
        crashpoint("ingest.sync_after_settle")
        self.tell(f"{self._sent} records sent")
