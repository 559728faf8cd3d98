"""What every connector must keep, whatever its vendor: found by looking into the folder, so that a new one is tested by being there with its sample.

A sample is `samples/<slug>/items.ndjson` (things as the vendor writes them, a line each) or, for a connector of files, `source.toml` beside them.
Wherever a value must never be kept it holds the words `never-keep`.
"""

import random
from pathlib import Path
from typing import Any, Final

import pytest

from services.ingest.domain.connector import SourceItem
from services.ingest.store.tables import metadata
from services.ingest.sync.config import read_file, read_source
from services.ingest.sync.spool import line_of
from tests.ingest.connectors.runs import CONNECTORS, SAMPLES, Runner, items_of, sample_items
from tests.ingest.practice import Practice

SLUGS: Final = sorted(CONNECTORS)
FORBIDDEN: Final = "never-keep"
_RECORDS: Final = sorted(
    table.name for table in metadata.tables.values() if {"content_hash", "subscriber_id"} <= set(table.c.keys())
)
_KEPT: Final = {"connections", "row_keys", "directory"}
_NO_CONTENT: Final = {"personal", "sequence", "version"}
"""Ciphertext differs with every writing, a repeat may carry a later batch's number, and versions count the changes on the way."""


async def _sample(slug: str, folder: Path) -> list[SourceItem]:
    source = SAMPLES / slug / "source.toml"
    if not source.is_file():
        return sample_items(slug)
    settings = read_source(CONNECTORS[slug], read_file(source), source, {})
    return items_of(await Runner(CONNECTORS[slug], settings, folder).read())


def _bodies(slug: str, items: list[SourceItem]) -> list[bytes]:
    translate = CONNECTORS[slug].translate
    bodies = [b"".join(line_of(record) for record in translate(item).records) for item in items if item.raw is not None]
    return [body for body in bodies if body]


async def _state(practice: Practice) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for table in _RECORDS:
        rows = [dict(row) for row in await practice.rows(f"select * from {table} order by id")]
        found[table] = [{name: value for name, value in row.items() if name not in _NO_CONTENT} for row in rows]
    optouts = await practice.rows("select person_id, address_key from source_optouts order by person_id, address_key")
    return found | {"optouts": [dict(row) for row in optouts]}


async def _forget(practice: Practice) -> None:
    names = [table.name for table in metadata.tables.values() if "subscriber_id" in table.c and table.name not in _KEPT]
    await practice.rows(f"truncate {', '.join(names)}, changes")


async def _bring(practice: Practice, bodies: list[bytes], order: list[int], size: int) -> None:
    """Bring the bodies in this order, `size` a batch; a batch's number is where its first stood at the source."""
    for start in range(0, len(order), size):
        part = order[start : start + size]
        answer = await practice.post(b"".join(bodies[place] for place in part), sequence=min(part) + 1)
        assert answer.status_code == 200, answer.text
        assert answer.json()["rejected"] == 0, answer.json()["rejections"]


@pytest.mark.parametrize("slug", SLUGS)
async def test_every_connector_ends_in_the_same_state_however_its_data_comes(
    practice: Practice, slug: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """S-125, N-78, N-44, S-037, S-059: twice, backwards, shuffled, split otherwise; refusals reach optout; what is forbidden is nowhere."""
    items = await _sample(slug, tmp_path)
    bodies = _bodies(slug, items)
    everything = list(range(len(bodies)))
    await _bring(practice, bodies, everything, len(bodies))
    right = await _state(practice)
    rows = [row for table in right.values() for row in table]
    assert any(row.get("deleted") or row.get("status") == "cancelled" for row in rows), "the sample takes nothing back"
    assert bool(practice.optout.optouts) == CONNECTORS[slug].has_refusals, "no refusal, or it was not forwarded"
    await _bring(practice, bodies, everything, 3)
    assert await _state(practice) == right
    shuffled = everything.copy()
    random.Random(slug).shuffle(shuffled)
    for order, size in ((everything[::-1], 1), (shuffled, 2)):
        await _forget(practice)
        await _bring(practice, bodies, order, size)
        assert await _state(practice) == right, order
    assert FORBIDDEN.encode() not in b"".join(bodies)
    assert FORBIDDEN not in "".join(capfd.readouterr())
    assert await _tables_with(practice, FORBIDDEN) == []


async def _tables_with(practice: Practice, word: str) -> list[str]:
    """Return the tables where the word stands in clear, in text or in octets."""
    found = []
    for row in await practice.rows("select tablename from pg_tables where schemaname = 'public'"):
        query = f"select 1 from {row['tablename']} t where t::text like '%' || $1 || '%' or t::text like '%' || $2 || '%' limit 1"
        if await practice.rows(query, word, word.encode().hex()):
            found.append(row["tablename"])
    return found


@pytest.mark.parametrize("slug", SLUGS)
async def test_every_sample_is_worth_the_test(slug: str, tmp_path: Path) -> None:
    """A sample without a change, a deletion, a refusal and a forbidden value would prove nothing."""
    items = await _sample(slug, tmp_path)
    raws = [item for item in items if item.raw is not None]
    texts = [file.read_text(errors="replace") for file in (SAMPLES / slug).iterdir()]
    assert any(FORBIDDEN in text for text in texts), "no forbidden value"
    records = [record for item in raws for record in CONNECTORS[slug].translate(item).records]
    keys = [(record.type, record.foreign_id) for record in records]
    assert len(keys) > len(set(keys)), "nothing comes twice"
    assert {"consumer"} < {record.type for record in records}, "people alone"
    assert any(record.type == "consumer" and record.email for record in records), "nobody with an address"
    assert CONNECTORS[slug].needs, "says nothing of what it needs"
    assert CONNECTORS[slug].reads, "says nothing of what it reads"


HOSTILE: Final[list[Any]] = [
    {},
    {"id": None},
    {"id": 10**400},
    {"id": "x" * 10_000, "name": "x"},
    {"id": {"id": []}},
    {"id": [1]},
    {"id": 1, "email": {"a": 1}, "updated_at": 5, "resourceType": ["Patient"]},
    {"id": "\ud800", "first_name": "\x00\ud800"},
    {"id": 1, "updated_at": "9999-12-31T23:59:59-14:00", "start_time": "0000-00-00", "date_due": "2026-02-31"},
    {"id": True, "deep": None},
]
"""What the vendors' things are changed into: every field in turn takes each of these shapes."""


@pytest.mark.parametrize("slug", SLUGS)
async def test_no_connector_raises_whatever_a_field_holds(slug: str, tmp_path: Path) -> None:
    """S62: every field of every thing of the sample in turn with a wrong type, an absurd size or nothing: records or a reason, never an exception."""
    strange: list[Any] = [
        None,
        True,
        10**400,
        -1,
        1.5,
        float("nan"),
        "",
        "\ud800",
        "x" * 100_000,
        [],
        [[]],
        {},
        {"a": {}},
        [None, 1, {}],
    ]
    for item in [item for item in await _sample(slug, tmp_path) if item.raw is not None]:
        for value in (*strange, *HOSTILE):
            for raw in _changed(item.raw, value):
                translation = CONNECTORS[slug].translate(SourceItem(raw, item.seen_at))
                assert translation.records or translation.skipped, raw
                for record in translation.records:
                    assert len(line_of(record)) < 65_536


def _changed(raw: Any, value: Any) -> list[Any]:
    """Return copies of an object, each with one field, at most two levels deep, replaced by a value."""
    copies = []
    for name, inner in raw.items():
        copies.append({**raw, name: value})
        if isinstance(inner, dict):
            copies += [{**raw, name: {**inner, deeper: value}} for deeper in inner]
    return copies
