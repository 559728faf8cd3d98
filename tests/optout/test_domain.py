"""Choices, languages and chains without a database."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.optout.domain.chain import entry_hash, first_broken, link_entries
from services.optout.domain.choices import choices_for, chosen, entry_from_link
from services.optout.domain.entries import GENESIS, PLATFORM, NewEntry
from shared.schemas.token import OptoutToken

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LINK = OptoutToken(UUID(int=1), UUID(int=2), UUID(int=3), "commercial", "1.aaaaaaaaaaaaaaaaaaaaaa", "j***@e***.com")


def test_one_click_stops_commercial_or_all_for_the_whole_business() -> None:
    """Architecture 11: commercial mail stops commercial, transactional mail stops all."""
    assert (choices_for("commercial")[0].scope, choices_for("commercial")[0].suppression_class) == (
        "business",
        "commercial",
    )
    assert (choices_for("transactional")[0].scope, choices_for("transactional")[0].suppression_class) == (
        "business",
        "all",
    )


def test_every_choice_becomes_its_own_stable_entry() -> None:
    """L-036: a repeat is the same entry, another choice another one; the platform's has no subscriber."""
    ids = set()
    for choice in choices_for("commercial"):
        entry = entry_from_link(LINK, choice, channel="page", at=NOW)
        assert entry == entry_from_link(LINK, choice, channel="page", at=NOW)
        assert entry.subscriber_id == (PLATFORM if choice.scope == "platform" else LINK.subscriber_id)
        assert entry.location_id == (LINK.location_id if choice.scope == "location" else None)
        ids.add(entry.entry_id)
    assert len(ids) == 4


@pytest.mark.parametrize("word", ["", "force", "lift", "offers'--", "ALL"])
def test_a_word_nobody_offered_means_the_default(word: str) -> None:
    """S35, S39: a form in doubt still stops mail and never does less."""
    assert chosen("transactional", word) == choices_for("transactional")[0]


def test_a_chain_shows_any_altered_dropped_or_swapped_entry() -> None:
    """I10: hash chain."""
    entries = [
        NewEntry(UUID(int=1), UUID(int=n), "consent", "test", "test:1", NOW, address_key="k", basis="express")
        for n in range(5)
    ]
    links = link_entries(entries, last_position=0, last_hash=GENESIS, recorded_at=NOW)
    assert first_broken(links) is None
    altered = [*links[:2], replace(links[2], entry=replace(links[2].entry, evidence="test:2")), *links[3:]]
    assert first_broken(altered) == 3
    assert first_broken([*links[:1], *links[2:]]) == 2
    assert first_broken([links[1], links[0], *links[2:]]) == 1
    assert first_broken(links[2:], after=(2, links[1].hash)) is None


def test_what_came_later_changes_no_older_hash() -> None:
    """I10: an entry without what later versions know is hashed as it always was; each addition is hashed where it stands."""
    opted_out = NewEntry(
        UUID(int=1), UUID(int=2), "optout", "page", "message:3", NOW, address_key="k", scope="business",
        suppression_class="all",
    )  # fmt: skip
    ids = [str(UUID(int=1)), 1, str(UUID(int=2)), "optout", None, "k", None, None, "business", "all", "page", None]
    as_ever = [*ids, "message:3", "2026-03-02T15:00:00.000000+00:00", "2026-03-02T15:00:00.000000+00:00", None]
    for entry, values in (
        (opted_out, as_ever),
        (replace(opted_out, bounce_class="hard"), [*as_ever, None, "hard"]),
        (replace(opted_out, topic="care"), [*as_ever, None, None, "care"]),
    ):
        text = json.dumps(values, separators=(",", ":")).encode()
        made = entry_hash(GENESIS, entry, chain_position=1, recorded_at=NOW)
        assert made == hashlib.sha256(GENESIS + text).digest()
