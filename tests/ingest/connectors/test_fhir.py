"""FHIR bulk export: what is taken, what is held, what is dropped, and that nothing a source sends makes the agent fall over (domain 3.4)."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.connectors.fhir import CONNECTOR, FhirSettings
from services.ingest.domain.connector import SourceItem
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from tests.ingest.connectors.runs import SEEN, Runner, items_of
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


async def _records(folder: Path = SAMPLE) -> dict[str, Any]:
    items = items_of(await Runner(CONNECTOR, FhirSettings(folder=folder), folder).read())
    return {record.foreign_id: record for item in items for record in CONNECTOR.translate(item).records}


async def test_people_are_read_with_the_name_and_address_in_force() -> None:
    """Domain 3.4: rank, ended period, use old, nickname, preferred language, replaced-by, deceased."""
    records = await _records()
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


async def test_a_childs_parent_is_the_guardian() -> None:
    """L-120: the contact who is a parent and has an address, not the emergency contact."""
    records = await _records()
    mother = records[records["p-kid"].guardian]
    assert (mother.first_name, mother.email, mother.status) == ("Mona", "mona@example.com", "prospect")


async def test_only_known_statuses_remind_and_only_finished_encounters_are_visits() -> None:
    """N-45, N-72: unknown is held; entered in error is a deletion; description and reasons are never read."""
    records = await _records()
    booked, held = records["a-1"], records["a-2"]
    assert isinstance(booked, AppointmentRecord)
    assert (booked.status, booked.consumer, booked.minutes, held.status) == ("booked", "p-ann", 45, "held")
    assert (records["a-3"].op, records["e-1"].op, records["a-4"].status) == ("delete", "delete", "cancelled")
    assert isinstance(records["e-1"], VisitRecord)
    assert {"e-2", "e-3", "o-1"} & set(records) == set()
    texts = " ".join(record.model_dump_json() for record in records.values())
    assert not [word for word in ("root canal", "diagnosis", "078-05", "never read") if word in texts]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no finding
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


async def test_a_denial_is_a_refusal_and_a_merge_a_merge() -> None:
    """Domain 3.4, N-06: an active denial of privacy scope stops all mail; research and permissions say nothing; replaced-by moves to the survivor."""
    records = await _records()
    refusal, guardian = records["c-1"], records["RelatedPerson/r-1/guardian"]
    assert (refusal.granted, refusal.scope, refusal.consumer) == (False, "all", "p-ann")
    assert {"c-2", "c-3", "RelatedPerson/r-2"} & set(records) == set()
    merge = records["p-merged/replaced-by"]
    assert (merge.consumer, merge.into) == ("p-merged", "p-ann")
    assert (guardian.consumer, guardian.related, records["RelatedPerson/r-1"].email) == (
        "p-kid",
        "RelatedPerson/r-1",
        "fred@example.com",
    )


async def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Domain 3.4: a truncated file must not look like a complete one."""
    (tmp_path / "Patient.ndjson").write_text('{"resourceType":"Patient","id":"a"}\nnot json\n[1]\n{"resourceType":"Pat')
    items = items_of(await Runner(CONNECTOR, FhirSettings(folder=tmp_path), tmp_path).read())
    assert [item.problem for item in items] == ["", "line_unreadable", "line_unreadable", "file_cut_off"]


async def test_the_sample_is_carried_and_a_repeat_is_harmless(practice: Practice, tmp_path: Path) -> None:
    """S-125: the same folder twice is the same batches; the account adds up."""
    runner = Runner(CONNECTOR, FhirSettings(folder=SAMPLE), tmp_path, practice)
    first = await runner.carry()
    assert (first.counts["received"], first.counts["applied"]) == (
        sum(first.taken.values()),
        first.counts["received"] - first.counts["superseded"],
    )
    assert first.skipped == {
        "without_id": 1,
        "encounter_not_finished": 1,
        "encounter_without_time": 1,
        "resource_observation": 1,
        "consent_other_scope": 1,
        "consent_no_refusal": 1,
        "related_person_no_guardian": 1,
    }
    cursor = (await practice.changes()).cursor
    second = await runner.carry()
    assert second.counts == first.counts
    assert (await practice.changes(cursor)).changes == []
    child = next(row for row in await practice.facts("consumer") if row["minor_until"])
    assert (await practice.recipients(child["consumer_id"])).recipients[0].address == "mona@example.com"


@pytest.mark.samples
async def test_the_synthea_export_is_ingested_whole(practice: Practice, samples: Path, tmp_path: Path) -> None:
    """Must show of the FHIR connector: what was taken and what was skipped adds up to what was read."""
    runner = Runner(CONNECTOR, FhirSettings(folder=samples / "fhir" / "10-patients"), tmp_path, practice)
    account = await runner.carry()
    assert account.unreadable == {}
    assert account.counts["rejected"] == 0
    assert account.counts["received"] + sum(account.skipped.values()) == account.read
    assert account.counts["applied"] == account.counts["received"]
    assert {name for name in account.skipped if not name.startswith(("resource_", "encounter_"))} == set()


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
