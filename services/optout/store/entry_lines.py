"""Ledger entries as lines of a file, one codec for spool and journal: keyed hashes, ids and pointers, never an address or a name."""

import zlib
from typing import Final

from pydantic import TypeAdapter, ValidationError

from services.optout.domain.entries import NewEntry
from shared.kit.logs import log

_ENTRY: Final = TypeAdapter(NewEntry)


def line_of(entry: NewEntry) -> bytes:
    """Return an entry as a line: CRC-32 of the JSON in eight hexadecimal digits, a blank, the JSON, a line feed."""
    content = _ENTRY.dump_json(entry)
    return b"%08x %b\n" % (zlib.crc32(content), content)


def entry_in(line: bytes) -> NewEntry | None:
    """Return the entry of a line without its line feed, or None for a torn or damaged one.

    A torn last line was never answered: its process died before fsync returned. A line of before the sum was added begins with its JSON.
    """
    content = line
    if line[:1] != b"{":
        digits, _, content = line.partition(b" ")
        if digits != b"%08x" % zlib.crc32(content):
            log("optout.files").error("line_torn")
            return None
    try:
        return _ENTRY.validate_json(content)
    except ValidationError:
        log("optout.files").error("line_unreadable")
        return None
