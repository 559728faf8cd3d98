"""Ledger entries as the wire shows them."""

from dataclasses import asdict

from services.optout.domain.entries import LedgerEntry
from shared.schemas.ledger import EntryView


def view_of(link: LedgerEntry) -> EntryView:
    """Return an entry with its place in the chain and its hash in hexadecimal digits."""
    values = asdict(link.entry)
    return EntryView.model_validate(
        values | {"chain_position": link.chain_position, "recorded_at": link.recorded_at, "hash": link.hash.hex()}
    )
