"""What ingest's parts are given; opened by main.py, read by routes and actions."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from services.ingest.clients.optout import OptoutClient
from services.ingest.settings import Settings
from services.ingest.store.row_keys import RowKeys
from services.ingest.store.source_watch import SourceWatch
from shared.kit.auth import Signer, Verifier
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys
from shared.kit.db import Database
from shared.kit.errors import BusyError
from shared.schemas.address import AddressKeys


@dataclass
class Places:
    """How many uploads a process may read at once: each holds up to two chunks in memory.

    Loads (snapshots, history, large bodies) get half of them, so that news always finds one (N-90).
    """

    most: int
    taken: int = 0
    loads: int = 0

    @contextmanager
    def take(self, *, load: bool = False) -> Iterator[None]:
        """Hold a place; raises BusyError when none is free."""
        if self.taken >= self.most or (load and self.loads >= max(1, self.most // 2)):
            raise BusyError
        self.taken += 1
        self.loads += load
        try:
            yield
        finally:
            self.taken -= 1
            self.loads -= load


@dataclass(frozen=True)
class Deps:
    """Everything ingest depends on. `preparer` has one thread: two would only take turns with the interpreter, and with the event loop."""

    settings: Settings
    clock: Clock
    api_db: Database
    worker_db: Database
    verifier: Verifier
    signer: Signer
    optout: OptoutClient
    address_keys: AddressKeys
    data_keys: DataKeys
    row_keys: RowKeys
    uploads: Places
    preparer: Executor
    watch: SourceWatch
