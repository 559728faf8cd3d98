"""FHIR bulk export: what is taken, what is held, what is dropped, and that nothing a source sends makes the agent fall over (domain 3.4)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.connectors.fhir import CONNECTOR, FhirSettings
from services.ingest.domain.connector import SourceItem
from services.ingest.sync import Carrier, Summary, SyncFailedError, carry, main, pack_batches
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from tests.ingest.practice import Practice

SAMPLE = Path(__file__).parent / "samples" / "fhir"
ELEMENTS = [
    "id",
    "status",
    "name",
    "telecom",
    "contact",
    "link",
    "period",
    "subject",
    "participant",
    "start",
    "end",
    "meta",
    "birthDate",
    "communication",
    "entry",
    "created",
]
SEEN = datetime(2026, 3, 1, tzinfo=UTC)


def _records() -> dict[str, Any]:
    found = {}
    for item in CONNECTOR.read(FhirSettings(folder=SAMPLE)):
        for record in CONNECTOR.translate(item).records:
            found[record.foreign_id] = record
    return found


def test_people_are_read_with_the_name_and_address_in_force() -> None:
    """Domain 3.4: rank, ended period, use old, nickname, preferred language, replaced-by, deceased."""
    records = _records()
    ann = records["p-ann"]
    assert isinstance(ann, ConsumerRecord)
    assert (ann.first_name, ann.last_name, ann.preferred_name) == ("Ann", "Lee", "Annie")
    assert (ann.email, ann.phone, ann.language, str(ann.birth_on)) == (
        "ann@example.com",
        "+1 415 555 0100",
        "es",
        "1984-05-02",
    )
    assert (records["p-dead"].status, records["p-merged"].status) == ("deceased", "inactive")
    assert (records["p-merged"].first_name, records["p-merged"].birth_on) == ("Twice Kept", None)


def test_a_childs_parent_is_the_guardian() -> None:
    """L-120: the contact who is a parent and has an address, not the emergency contact."""
    records = _records()
    mother = records[records["p-kid"].guardian]
    assert (mother.first_name, mother.email, mother.status) == ("Mona", "mona@example.com", "prospect")


def test_only_known_statuses_remind_and_only_finished_encounters_are_visits() -> None:
    """N-45, N-72: unknown is held; entered in error is a deletion; description and reasons are never read."""
    records = _records()
    booked, held = records["a-1"], records["a-2"]
    assert isinstance(booked, AppointmentRecord)
    assert (booked.status, booked.consumer, booked.minutes, held.status) == ("booked", "p-ann", 45, "held")
    assert records["a-3"].op == "delete"
    assert isinstance(records["e-1"], VisitRecord)
    assert {"e-2", "e-3", "o-1"} & set(records) == set()
    texts = " ".join(record.model_dump_json() for record in records.values())
    assert not [word for word in ("root canal", "diagnosis", "078-05", "never read") if word in texts]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["Patient", "Encounter", "Appointment", "Bundle", "Other"]),
    st.dictionaries(
        st.sampled_from(ELEMENTS),
        json_values,
    ),
)
def test_nothing_a_source_sends_makes_the_translation_raise(kind: str, body: dict[str, Any]) -> None:
    """Issue: a hostile answer never crashes the agent; it is a record or a reason."""
    translation = CONNECTOR.translate(SourceItem({**body, "resourceType": kind}, SEEN))
    assert translation.records or translation.skipped


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Domain 3.4: a truncated file must not look like a complete one."""
    (tmp_path / "Patient.ndjson").write_text('{"resourceType":"Patient","id":"a"}\nnot json\n[1]\n{"resourceType":"Pat')
    summary = Summary()
    assert len(list(pack_batches(CONNECTOR, FhirSettings(folder=tmp_path), summary))) == 1
    assert (summary.read, summary.unreadable) == (4, {"line_unreadable": 2, "file_cut_off": 1})


def _carrier(practice: Practice, **values: Any) -> Carrier:
    token = practice.headers["Authorization"].removeprefix("Bearer ")
    return Carrier(
        practice.ingest.http,
        "http://ingest.internal",
        "",
        "id",
        "secret",
        practice.connection_id,
        **values,
        _token=token,
    )


async def test_the_sample_is_carried_and_a_repeat_is_harmless(practice: Practice) -> None:
    """S-125: the same folder twice is the same batches; the account adds up."""
    first = await carry(CONNECTOR, FhirSettings(folder=SAMPLE), _carrier(practice))
    assert (first.counts["received"], first.counts["applied"]) == (9, 9)
    assert first.skipped == {
        "without_id": 1,
        "encounter_not_finished": 1,
        "encounter_without_time": 1,
        "resource_observation": 1,
    }
    cursor = (await practice.changes()).cursor
    second = await carry(CONNECTOR, FhirSettings(folder=SAMPLE), _carrier(practice))
    assert second.counts == first.counts
    assert (await practice.changes(cursor)).changes == []
    child = next(row for row in await practice.facts("consumer") if row["minor_until"])
    assert (await practice.recipients(child["consumer_id"])).recipients[0].address == "mona@example.com"


async def test_a_refusal_ends_the_run_with_a_plain_sentence(practice: Practice) -> None:
    """No retry of what will never be taken; no credential in the words."""
    carrier = _carrier(practice)
    carrier.connection_id = uuid4()
    with pytest.raises(SyncFailedError, match="404 connection_unknown"):
        await carry(CONNECTOR, FhirSettings(folder=SAMPLE), carrier)


def test_the_command_says_what_it_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2 for wrong words, and the sentence names them."""
    words = ["fhir", str(tmp_path / "none"), "--url", "http://127.0.0.1:9", "--connection", str(uuid4())]
    assert main(words) == 2
    assert "a folder that exists" in capsys.readouterr().err
    words[1] = str(tmp_path)
    assert main(words) == 2
    assert "client id" in capsys.readouterr().err
    assert main(["unknown"]) == 2


@pytest.mark.samples
async def test_the_synthea_export_is_ingested_whole(practice: Practice, samples: Path) -> None:
    """Must show of the FHIR connector: what was taken and what was skipped adds up to what was read."""
    summary = await carry(CONNECTOR, FhirSettings(folder=samples / "fhir" / "10-patients"), _carrier(practice))
    assert summary.unreadable == {}
    assert summary.counts["rejected"] == 0
    assert summary.counts["received"] + sum(summary.skipped.values()) == summary.read
    assert summary.counts["applied"] == summary.counts["received"]
    assert {name for name in summary.skipped if not name.startswith(("resource_", "encounter_"))} == set()


@pytest.mark.samples
def test_the_us_core_examples_are_read(samples: Path) -> None:
    """HL7's own examples: a child without a parent's address, a deceased person, a name with an ended period."""
    people: dict[str, Any] = {}
    for file in sorted((samples / "fhir" / "us-core").glob("patient-*.json")):
        for record in CONNECTOR.translate(SourceItem(json.loads(file.read_text()), SEEN)).records:
            people[record.foreign_id] = record
    assert people["deceased-example"].status == "deceased"
    assert people["example"].last_name == "Baxter"
    assert people["child-example"].guardian == ""
