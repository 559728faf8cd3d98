"""What leaves the ledger: checkable without us, no address in it, on record before its first line (L-013, L-022, L-092, N-113)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.optout.actions import stream_suppressions
from services.optout.domain.entries import NewEntry
from services.optout.store import ledger
from tests.fixtures.services import ADDRESS_KEYS
from tests.optout.conftest import Clinic


async def _export(clinic: Clinic, path: str, purpose: str = "the regulator") -> list[Any]:
    answer = await clinic.service.http.post(path, json={"purpose": purpose}, headers=clinic.client_headers())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def _append(clinic: Clinic, *entries: NewEntry) -> None:
    for entry in entries:
        await clinic.service.deps.door.ledger.append(entry, recorded_at=clinic.clock.now())


def _verify(lines: list[Any], program: str | None = None) -> tuple[int, str]:
    """Run the program that came with the export, as its receiver would."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program or lines[0]["verifier"]],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, (ran.stdout + ran.stderr).strip()


async def test_a_regulator_verifies_a_chain_with_the_program_that_came_with_it(clinic: Clinic) -> None:
    """L-092: whole, altered, cut short and reordered, each is told; umlauts and empty values survive."""
    await _append(
        clinic,
        clinic.entry("consent", wording="Ja, gern: Angebote für mich"),
        clinic.entry("bounce"),
        clinic.entry(),
        clinic.entry("lift"),
        clinic.another().entry(),
    )
    lines = await _export(clinic, "/v1/evidence/exports")
    head, first, second, *_ = lines
    program = head["verifier"]
    assert dict(zip(head["columns"], first["values"], strict=False))["wording"] == "Ja, gern: Angebote für mich"
    assert _verify(lines) == (0, "complete and unbroken: 4 entries")
    altered = json.loads(json.dumps(lines))
    altered[3]["values"][12] = "another reason"
    assert _verify(altered) == (1, "broken at position 3")
    assert _verify([head, second, first, *lines[3:]]) == (1, "broken at position 1")
    for part in (lines[:-1], lines[:3] + lines[-1:]):
        assert _verify(part, program) == (1, "incomplete")


async def test_a_suppression_list_reveals_no_address_and_tells_whether_one_is_in_it(clinic: Clinic) -> None:
    """L-022: hashes of this export only; the receiver compares what it gets for an address, listed or not."""
    out, kept, back = "out@example.com", "kept@example.com", "back@example.com"
    keys = {address: ADDRESS_KEYS.key_of(address) for address in (out, kept, back)}
    await _append(
        clinic,
        clinic.entry(address_key=keys[out], suppression_class="commercial"),
        clinic.entry(address_key=keys[out], scope="location", location_id=clinic.location_id),
        clinic.entry("consent", address_key=keys[kept]),
        clinic.entry(address_key=keys[back]),
        clinic.entry("lift", address_key=keys[back]),
        clinic.entry(address_key=None, person_id=clinic.person_id),
        clinic.entry("bounce", address_key=keys[kept]),
        clinic.another().entry(address_key=keys[kept]),
    )
    head, *listed, tail = await _export(clinic, "/v1/suppressions/exports", "the next provider")
    assert tail == {"suppressions": 2}
    assert {(row["suppression_class"], row["scope"], row["location_id"]) for row in listed} == {
        ("commercial", "business", None),
        ("all", "location", str(clinic.location_id)),
    }
    body = {"export_id": head["export"]["export_id"], "addresses": [out, kept, "no address", back, "OUT@Example.com"]}
    answer = await clinic.service.http.post("/v1/suppressions/hashes", json=body, headers=clinic.client_headers())
    hashes = answer.json()["hashes"]
    [listed_hash] = {row["hash"] for row in listed}
    assert [listed_hash in given for given in hashes] == [True, False, False, False, True]
    assert not any(key.partition(".")[2] in json.dumps([listed, hashes]) for key in keys.values())
    again = await _export(clinic, "/v1/suppressions/exports")
    assert listed_hash not in {row.get("hash") for row in again}


async def test_a_list_longer_than_one_reading_folds_each_address_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-022: an address whose entries lie in two readings is neither listed twice nor, once lifted, at all."""
    monkeypatch.setattr(stream_suppressions, "_ENTRIES", 2)
    first, second = sorted(ADDRESS_KEYS.key_of(f"{name}@example.com") for name in "ab")
    entries = [clinic.entry(address_key=first) for _ in range(3)] + [clinic.entry("lift", address_key=first)]
    await _append(clinic, *entries, *(clinic.entry(address_key=second) for _ in range(3)))
    *_, tail = await _export(clinic, "/v1/suppressions/exports")
    assert tail == {"suppressions": 1}


async def test_every_export_is_on_record_page_by_page(clinic: Clinic) -> None:
    """N-113: what, for whom, by whom, when; of the own subscriber only."""
    for number in range(3):
        await _export(clinic, "/v1/evidence/exports", f"request {number}")
    path, seen, after = "/v1/evidence-exports?limit=2", list[str](), None
    while True:
        answer = await clinic.service.http.get(
            path + (f"&after={after}" if after else ""), headers=clinic.client_headers()
        )
        page = answer.json()
        seen += [row["purpose"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == ["request 0", "request 1", "request 2"]
    assert {row["requested_by"] for row in page["items"]} != {""}
    other = await clinic.service.http.get(path, headers=clinic.client_headers(subscriber_id=uuid4()))
    assert other.json()["items"] == []


async def test_who_may_not_hand_over_gets_nothing_and_nothing_is_on_record(clinic: Clinic) -> None:
    """S2: a client of one location, another subscriber, an export of the other kind."""
    limited = clinic.client_headers(locations=(clinic.location_id,))
    for path in ("/v1/evidence/exports", "/v1/suppressions/exports"):
        answer = await clinic.service.http.post(path, json={"purpose": "the regulator"}, headers=limited)
        assert answer.status_code == 403
    assert (await clinic.service.http.get("/v1/evidence-exports", headers=clinic.client_headers())).json()[
        "items"
    ] == []
    head, *_ = await _export(clinic, "/v1/evidence/exports")
    body = {"export_id": head["export"]["export_id"], "addresses": ["ann@example.com"]}
    answer = await clinic.service.http.post("/v1/suppressions/hashes", json=body, headers=clinic.client_headers())
    assert answer.status_code == 404


def test_the_ledgers_store_changes_and_removes_nothing() -> None:
    """Architecture 2: no statement in the module could, whatever a role were granted."""
    source = Path(ledger.__file__).read_text(encoding="utf-8").lower()
    assert not any(word in source for word in ("update ledger", "delete from", "truncate"))
