"""Batches as files in the agent's folder: written record by record, so that memory stays small, and sent from there, so that an upload can go on."""

import hashlib
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID, uuid4
from zlib import compressobj

from services.ingest.domain.read_record import AnyRecord

BLOCK_OCTETS: Final = 256 * 1024
SMALL_OCTETS: Final = 4 * 1024**2
_GZIP: Final = 31


@dataclass(slots=True)
class Spool:
    """A batch being written. `records` counts its lines."""

    path: Path
    records: int = 0
    _file: IO[bytes] | None = None
    _hash: Any = field(default_factory=hashlib.sha256)

    def add(self, record: AnyRecord) -> None:
        """Append a record."""
        if self._file is None:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(handle, "wb", buffering=BLOCK_OCTETS)
        line = line_of(record)
        self._file.write(line)
        self._hash.update(line)
        self.records += 1

    def close(self) -> None:
        """Let go of the file, finished or not."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def finish(self) -> str:
        """Make the file durable and return the SHA-256 of its content, hex. A spool without records is an empty file."""
        if self._file is None:
            self.path.write_bytes(b"")
        else:
            self._file.flush()
            os.fsync(self._file.fileno())
            self.close()
        return str(self._hash.hexdigest())


def line_of(record: AnyRecord) -> bytes:
    """Return a record as one line of NDJSON."""
    row = record.model_dump(mode="json", exclude_defaults=True) | {"type": record.type}
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def batch_id_of(connection_id: UUID, digest: str, params: Mapping[str, str]) -> UUID:
    """Return the id of a batch with this content and these parameters (UUIDv8): the same said twice is the same batch.

    News without content is a sign of life, each its own.
    """
    if digest == hashlib.sha256().hexdigest() and not params:
        return uuid4()
    said = json.dumps(sorted(params.items())).encode()
    mixed = hashlib.sha256(connection_id.bytes + bytes.fromhex(digest) + said).digest()
    return UUID(int=int.from_bytes(mixed[:16], "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)


def is_small(path: Path, octet: int) -> bool:
    """Tell whether the rest of a file may be held in memory: such a batch says its length, which ingest takes for news (N-90)."""
    return path.stat().st_size - octet <= SMALL_OCTETS


def packed(path: Path, octet: int) -> Iterator[bytes]:
    """Yield the file from an octet on as gzip: level 1 halves a practice's upstream at the least cost."""
    packer = compressobj(1, wbits=_GZIP)
    with path.open("rb") as file:
        file.seek(octet)
        while block := file.read(BLOCK_OCTETS):
            if piece := packer.compress(block):
                yield piece
    yield packer.flush()


async def packed_slowly(path: Path, octet: int) -> AsyncIterator[bytes]:
    """As `packed`, for a body too large to be held in memory."""
    for piece in packed(path, octet):
        yield piece
