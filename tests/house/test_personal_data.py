"""Every table is told to the person it is about, or named here with the reason why it holds nothing about a consumer (S-051, S-060)."""

import importlib

import pytest

from tests.house.sources import SERVICES

_PLUMBING = {
    "changes": "ids and machine words; what a row speaks of is told from its own table",
    "feed_marks": "how far the feed was at a time",
    "feed_readers": "where services stand in the feed",
    "cursors": "where followers stand",
    "outbox": "commands on their way: ids and keyed hashes, gone within seconds",
    "directory": "facts of businesses",
    "idempotency": "answers kept for a repeat; sealed where they name a person, who is told from the table itself",
    "leases": "leadership",
    "service_state": "epoch and HOLD",
    "data_keys": "wrapped keys",
}
_NAMED = {
    "ingest": {
        "connections": "of a business",
        "batches": "counts",
        "rejections": "line numbers, fields and codes",
        "batch_results": "a letter a line",
        "snapshot_rows": "ids",
        "row_keys": "keys",
        "aggregate_cells": "counts of many people, linked to none",
        "aggregate_releases": "when counts were made",
        "record_exports": "of a business",
        "source_columns": "of a business",
        "search_terms": "blind hashes of what is told from consumers and vehicles",
        "providers": "staff of a business",
        "erasures": "that somebody was erased: nothing else is left to tell",
        "erased_rows": "ids of what was erased",
        "erased_people": "keyed hashes of who was erased",
        **{f"staging_{slot}": "the chunk in hand" for slot in range(4)},
    },
    "scheduler": {
        "locations": "of a business",
        "open_days": "of a business",
        "connections": "of a business",
        "replans": "who is to be looked at again, for seconds",
        "campaigns": "of a business",
        "campaign_versions": "of a business",
        "published_contents": "of the product",
        "comparisons": "counts of many people",
        "slow_weeks": "counts of many people",
    },
    "mailer": {
        "contents": "of a business",
        "message_touches": "which message carries which touch; told by its message",
        "claims": "which worker holds what, for seconds",
        "follower_state": "plumbing",
        "stops": "of a business",
        "cancellations": "of a business",
        "sender_domains": "of a business",
        "sender_keys": "of a business",
        "sender_facts": "of a business",
        "settlements": "how a doubt about a message ended; told by its message",
        "complaint_days": "counts",
        "complaint_pauses": "of a business",
        "routes": "relays",
        "route_shares": "relays",
        "paces": "providers, families' own domains as a hash",
        "erasures": "that somebody was erased: nothing else is left to tell",
    },
    "optout": {
        "suppression_log": "the ledger's stops once more, for followers",
        "suppression_head": "plumbing",
        "lease_holders": "plumbing",
        "door_tries": "counters, gone within a day",
        "journal_checkpoints": "plumbing",
        "ledger_exports": "of a business",
        "case_events": "told by the case itself, to its worker; it names no person",
        "erasure_acknowledgements": "that an erasure was carried out",
        "disclosures": "what a court forbids to tell is not told; its scope is sealed free text",
        "disclosure_approvals": "of the operator's people",
        "disclosure_releases": "hashes",
        "legal_holds": "what a court forbids to tell is not told; keyed hashes",
    },
}


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"portal"}))
def test_every_table_is_told_or_named(service: str) -> None:
    """A new table is added to store/holdings.py of its service, or here."""
    tables = set(importlib.import_module(f"services.{service}.store.tables").metadata.tables)
    told = set(importlib.import_module(f"services.{service}.store.holdings").HOLDINGS)
    named = set(_NAMED[service]) | set(_PLUMBING)
    assert told <= tables
    assert told & named == set()
    assert tables - told - named == set()
    assert named - tables == set()


def test_portal_keeps_no_consumer() -> None:
    """Architecture 1: nothing of portal's is about a consumer; it tells the contacts of businesses (actions/find_own_people.py)."""
    tables = set(importlib.import_module("services.portal.store.tables").metadata.tables) - set(_PLUMBING)
    assert tables == {
        "subscribers", "agreements", "locations", "clients", "signing_keys", "audit", "full_pushes", "operators",
    }  # fmt: skip
