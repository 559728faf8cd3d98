"""The words of the two exports, line by line, so that whoever receives one can check it without us (L-022, L-092).

Both are NDJSON: a line that says what it is and how it is checked, a line per entry, a last line without which the file is not complete.
"""

import base64
import hmac
import json
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from services.optout.domain.chain import HASHED, hashed_values
from services.optout.domain.entries import GENESIS, LedgerEntry, NewEntry
from shared.schemas.ledger import ExportRecord

VERIFIER: Final = """\
import hashlib, json, sys
head, *links, tail = map(json.loads, sys.stdin)
previous = bytes.fromhex(head["genesis"])
for number, link in enumerate(links, 1):
    text = json.dumps(link["values"], ensure_ascii=False, separators=(",", ":"))
    previous = hashlib.sha256(previous + text.encode()).digest()
    if link["values"][1] != number or link["hash"] != previous.hex():
        sys.exit(f"broken at position {number}")
if (tail.get("entries"), tail.get("head")) != (len(links), previous.hex()):
    sys.exit("incomplete")
print(f"complete and unbroken: {len(links)} entries")
"""
_CHAIN_RECIPE: Final = (
    "Each entry's hash is SHA-256 over the previous hash (32 octets; `genesis` before the first) and `values` as UTF-8 JSON without blanks. "
    "Run `verifier` with Python 3 and this file as its input, or do the same in another language. `columns` names the values; `wording` and "
    "`bounce_class` stand only in entries with one of the last three, `topic` only in entries with one. Addresses stand as keyed hashes."
)
_LIST_RECIPE: Final = (
    "Each line stops mail to one address: `hash` is a keyed hash made for this export alone; it can be compared and not be turned back, nor be "
    "linked with another export. To check addresses, send them to POST /v1/suppressions/hashes with this export_id and compare the answers with "
    "the list here, in constant time (`hmac.compare_digest`) where others can measure. `suppression_class` all stops every mail, commercial "
    "only advertising; scope location stops its location's mail only; a `topic` stops mail about that only. "
    "Opt-outs of people without an address are not in the list."
)


def chain_head(record: ExportRecord, *, subscriber_id: UUID, until: int) -> bytes:
    """Return the first line of a chain's export, which ends at position `until`."""
    return _line(
        {
            "export": record.model_dump(mode="json"),
            "subscriber_id": str(subscriber_id),
            "entries": until,
            "genesis": GENESIS.hex(),
            "columns": list(HASHED),
            "recipe": _CHAIN_RECIPE,
            "verifier": VERIFIER,
        }
    )


def chain_lines(links: Iterable[LedgerEntry]) -> bytes:
    """Return a line per entry: the hashed values and the hash on file."""
    return b"".join(
        _line(
            {
                "values": hashed_values(link.entry, chain_position=link.chain_position, recorded_at=link.recorded_at),
                "hash": link.hash.hex(),
            }
        )
        for link in links
    )


def chain_tail(entries: int, head: bytes) -> bytes:
    """Return the last line: how many entries there are and the hash of the last."""
    return _line({"entries": entries, "head": head.hex()})


def list_head(record: ExportRecord) -> bytes:
    """Return the first line of a suppression list."""
    return _line({"export": record.model_dump(mode="json"), "recipe": _LIST_RECIPE})


def list_line(entry: NewEntry, key: bytes, export_id: UUID) -> bytes:
    """Return the line of one opt-out or tombstone in force; the address appears as its hash of this export only."""
    assert entry.address_key is not None
    return _line(
        {
            "hash": hash_in_export(key, export_id, entry.address_key),
            "suppression_class": entry.suppression_class,
            "scope": entry.scope,
            "topic": entry.topic,
            "location_id": str(entry.location_id) if entry.scope == "location" else None,
        }
    )


def list_tail(lines: int) -> bytes:
    """Return the last line: how many were listed."""
    return _line({"suppressions": lines})


def hash_in_export(key: bytes, export_id: UUID, address_key: str) -> str:
    """Return HMAC-SHA-256 of an address key under a key of ours, bound to one export (43 letters of base64url)."""
    digest = hmac.digest(key, export_id.bytes + address_key.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
