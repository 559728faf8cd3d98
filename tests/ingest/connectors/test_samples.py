"""Other people's data, ingested: Synthea's exports, HL7's US Core examples, STAR's examples; what was taken, held and dropped is accounted for."""

from pathlib import Path
from typing import Any

import pytest

from services.ingest.sync.account import Account
from services.ingest.sync.command import main
from tests.ingest.connectors.runs import CONNECTORS, SAMPLES, Runner, items_of, records_in
from tests.ingest.practice import Practice

pytestmark = pytest.mark.samples


async def _ingested(slug: str, folder: Path, practice: Practice, tmp_path: Path) -> Account:
    runner = Runner(CONNECTORS[slug], CONNECTORS[slug].settings.model_validate({"folder": folder}), tmp_path, practice)
    account = await runner.carry()
    outcomes = ("applied", "unchanged", "superseded", "parked", "rejected")
    assert account.counts["received"] == sum(account.counts[name] for name in outcomes) == sum(account.taken.values())
    assert account.counts["rejected"] == 0
    return account


@pytest.mark.parametrize(
    ("folder", "taken", "held", "dropped"),
    [
        (
            "fhir/10-patients",
            {"consumer": 13},
            {"person_without_address": 10, "person_deceased": 3},
            {"resource_organization", "resource_location"},
        ),
        ("fhir/100-patients", {}, {}, set()),
        ("fhir/us-core", {}, {"person_deceased": 1}, {"related_person_no_guardian"}),
    ],
)
async def test_fhir_samples_are_ingested_and_accounted_for(
    folder: str,
    taken: dict[str, int],
    held: dict[str, int],
    dropped: set[str],
    practice: Practice,
    samples: Path,
    tmp_path: Path,
) -> None:
    """Domain 3.7: every resource is taken or dropped with a reason; nobody without an address or dead is ever written to."""
    account = await _ingested("fhir", samples / folder, practice, tmp_path)
    assert {name: account.taken[name] for name in taken} == taken
    assert {name: account.held[name] for name in held} == held
    assert dropped <= set(account.skipped)
    reasons = {name for name in account.skipped if name.startswith("invalid_")}
    assert reasons == set()
    assert account.unreadable == {}
    assert len(await practice.rows("select 1 from consumers")) == account.taken["consumer"]


async def test_star_samples_are_ingested_and_accounted_for(practice: Practice, samples: Path, tmp_path: Path) -> None:
    """Domain 3.5: appointments, declined work; requests and authorisations of nobody are dropped; one of the examples is no JSON, which is said."""
    account = await _ingested("star", samples / "star", practice, tmp_path)
    assert account.taken["appointment"] == 3
    assert account.taken["service_line"] >= 3
    assert account.unreadable == {"line_unreadable": 1}
    assert {"request_without_appointment", "privacy_of_nobody"} <= set(account.skipped)


def test_the_report_is_printed_by_a_command(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person sees what would be taken, held and dropped, and why, before anything is sent."""
    assert main(["fhir", "--dry-run", "--set", f"folder={samples / 'fhir' / '10-patients'}"]) == 0
    printed = capsys.readouterr().out
    assert "taken: " in printed
    assert "held (kept, never written to): " in printed
    assert "dropped, whole things: resource_" in printed


async def test_our_own_star_documents_are_read_for_what_they_mean(tmp_path: Path) -> None:
    """N-23, N-45: unauthorised e-mail is a refusal, an unknown status holds, an appointment's customer empties nobody's address."""
    connector = CONNECTORS["star"]
    runner = Runner(connector, connector.settings.model_validate({"folder": SAMPLES / "star"}), tmp_path)
    records: dict[str, Any] = records_in(connector, items_of(await runner.read()))
    assert [records[f"appointment/APT-{n}"].status for n in (1, 3)] == ["confirmed", "held"]
    assert (records["appointment/APT-2"].op, records["consumer/CUST-1"].email) == ("delete", "pat.new@example.com")
    assert "consent_signal/CUST-1/email" not in records
    assert records["consent_signal/CUST-2/email"].granted is False
    assert (records["visit/RO-1"].total_cents, records["service_line/RO-1/OP-2"].state) == (13_449, "declined")
    assert records["odometer_reading/1HGCM82633A004352/2026-02-10"].unit == "km"
