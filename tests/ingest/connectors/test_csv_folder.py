"""CSV exports: what a row becomes, how such files go wrong, and a guess that leaves to a person what the file does not tell (N-86, domain 3.6)."""

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.ingest.connectors.csv_folder import CONNECTOR, CsvSettings, guess
from services.ingest.domain.connector import SourceFailedError
from services.ingest.sync.config import ConfigRefusedError, read_file, read_source
from tests.ingest.connectors.runs import SAMPLES, SEEN, Runner, items_of, records_in
from tests.ingest.practice import Practice

SAMPLE = SAMPLES / "csv_folder"


def _settings(folder: Path, **file: Any) -> CsvSettings:
    wanted = {"pattern": "*.csv", "dates": "mdy", "columns": {"foreign_id": "ID", "email": "Email"}} | file
    return CsvSettings.model_validate({"folder": folder, "zone": "America/Los_Angeles", "files": [wanted]})


def _write(folder: Path, content: str | bytes, name: str = "patients.csv", at: datetime = SEEN) -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


async def _sample(tmp_path: Path) -> tuple[dict[str, Any], list[Any]]:
    settings = read_source(CONNECTOR, read_file(SAMPLE / "source.toml"), SAMPLE / "source.toml", {})
    items = items_of(await Runner(CONNECTOR, settings, tmp_path).read(now=datetime.now(UTC)))
    return records_in(CONNECTOR, items), items


async def test_a_row_becomes_a_person_with_what_hangs_on_them(tmp_path: Path) -> None:
    """Domain 3.6: Windows-1252, semicolons, a quoted line end, American dates, twelve-hour times in the location's zone, money, mileage."""
    records, _ = await _sample(tmp_path)
    jose, ana, cy = records["consumer/101"], records["consumer/102"], records["consumer/C-7"]
    assert (jose.first_name, jose.last_name, jose.preferred_name, str(jose.birth_on)) == (
        "José",
        "Núñez",
        "Pepe",
        "1984-05-02",
    )
    assert (ana.last_name, ana.household) == ("Núñez\n(moved)", "101")
    assert records["relation/102/guarantor"].related == "101"
    assert str(records["appointment/9001"].starts_at) == "2026-03-10 14:15:00-07:00"
    assert (records["recare_due/101/recare"].recare_kind, str(records["recare_due/101/recare"].due_on)) == (
        "perio_maintenance",
        "2026-07-14",
    )
    assert (records["visit/order/5501"].total_cents, records["visit/101/2026-01-14"].completed_at.hour) == (124_850, 20)
    assert records["vehicle/C-7/4S4BSANC5F3300001"].model_year == 2015
    assert records["odometer_reading/C-7/4S4BSANC5F3300001/2026-01-20"].distance == 98_120
    assert records["service_line/order/5501/declined"].state == "declined"
    assert (cy.email_ok, records["consumer/C-8"].last_name) == (None, "Fleet & Co")


async def test_what_the_front_desk_writes_is_taken_for_what_it_means(tmp_path: Path) -> None:
    """N-15, N-24, N-45, N-44: "No" and "declined" are refusals and "Yes" is nothing; unknown words hold; an emptied cell takes the visit away."""
    records, items = await _sample(tmp_path)
    assert [records[f"consumer/{n}"].email_ok for n in (101, 104, 105)] == [None, False, False]
    assert [records[f"consumer/{n}"].status for n in (103, 105)] == ["deceased", "held"]
    assert [records[f"appointment/{n}"].status for n in (9001, 9002, 9003)] == ["confirmed", "booked", "held"]
    assert records["appointment/9002"].starts_at is None
    assert records["appointment/101/next"].op == "delete"
    said = [CONNECTOR.translate(item) for item in items]
    assert [made.skipped for made in said if made.skipped] == ["totals_row"]
    assert sorted(word for made in said for word in made.left_out) == ["birth_on", "birth_on", "starts_time"]


async def test_a_whole_file_takes_away_whom_it_no_longer_names(practice: Practice, tmp_path: Path) -> None:
    """N-44, N-76: who is missing is gone; a file cut short, or with a row that cannot be understood, deletes nobody."""
    folder, people = tmp_path / "export", [f"{n},p{n}@example.com" for n in range(1, 11)]
    folder.mkdir()
    runner = Runner(CONNECTOR, _settings(folder, whole=True), tmp_path / "state", practice)

    async def export(rows: list[str], minute: int) -> list[bool]:
        _write(folder, "\n".join(["ID,Email", *rows]) + "\n", at=SEEN.replace(minute=minute))
        await runner.carry()
        return [row["deleted"] for row in await practice.rows("select deleted from consumers order by id")]

    assert await export(people, 0) == [False] * 10
    assert await export([*people[1:], '9,"broken'], 1) == [False] * 10
    assert await export(people[:2], 2) == [False] * 10
    quarantined = await practice.ingest.http.get(
        "/v1/batches", params={"state": "quarantined"}, headers=practice.headers
    )
    assert [row["quarantine"] for row in quarantined.json()["items"]] == ["too_many_absent"]
    assert sum(await export(people[1:], 3)) == 1


async def test_files_that_cannot_be_trusted_end_the_run_with_a_sentence(tmp_path: Path) -> None:
    """N-86, S-126: another encoding, a renamed column, a stale export, none at all: said plainly, nothing guessed."""
    runner = Runner(CONNECTOR, _settings(tmp_path), tmp_path)
    with pytest.raises(SourceFailedError, match="no file"):
        await runner.read()
    _write(tmp_path, "Key,Email\n1,a@example.com\n")
    with pytest.raises(SourceFailedError, match="no column 'ID'"):
        await runner.read()
    _write(tmp_path, "ID,Email\n1,a@example.com\n", at=SEEN.replace(month=1))
    with pytest.raises(SourceFailedError, match="hours old"):
        await runner.read()
    _write(tmp_path, b"ID,Email\n1,Mu\xf1oz@example.com\n2,b@example.com\n3\n4,\x00\n")
    found = items_of(await runner.read())
    assert [item.problem for item in found][:3] == ["row_not_utf8", "", "row_columns_mismatch"]
    _write(tmp_path, b"ID,Email\n" + b"x" * 200_000 + b"\n" + b"5,c@example.com\n" + b"," * 100_000 + b"\n")
    assert [bool(item.problem) for item in items_of(await runner.read())] == [True, False, True]


async def test_an_unchanged_folder_is_not_read_twice(practice: Practice, tmp_path: Path) -> None:
    """S-121: nothing new is a sign of life and no work."""
    (tmp_path / "export").mkdir()
    _write(tmp_path / "export", "ID,Email\n1,a@example.com\n")
    runner = Runner(CONNECTOR, _settings(tmp_path / "export"), tmp_path / "state", practice)
    assert [(await runner.carry()).read for _ in range(2)] == [1, 0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"columns": {"foreign_id": "ID", "ssn": "SSN"}}, "unknown fields"),
        ({"columns": {"foreign_id": "SSN"}}, "never read"),
        ({"columns": {"email": "Email"}}, "must name foreign_id"),
        ({"pattern": "../secret.csv"}, "pattern"),
        ({"dates": ""}, "mdy"),
        ({"encoding": "utf-16"}, "utf-8 or windows-1252"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    """S-059, S68: forbidden columns, climbing names and an undeclared order of dates never get as far as a file."""
    file = {"pattern": "*.csv", "columns": {"foreign_id": "ID"}} | wrong
    source = {"folder": str(tmp_path), "zone": "America/Los_Angeles", "files": [file]}
    with pytest.raises(ConfigRefusedError, match=said):
        read_source(CONNECTOR, {"source": source}, None, {})


def test_a_guess_gives_its_reasons_and_leaves_the_ambiguous_to_a_person(tmp_path: Path) -> None:
    """N-86: encoding, separator, order of dates and columns; forbidden columns named as never read; no value of a consumer in it."""
    found = tomllib.loads(guess(SAMPLE))["source"]["files"]
    by_name = {file["pattern"]: file for file in found}
    monday = by_name["monday-patients.csv"]
    assert (monday["encoding"], monday["separator"], monday["dates"], monday["columns"]["recare_on"]) == (
        "windows-1252",
        ";",
        "mdy",
        "Recall date",
    )
    assert (by_name["appointments.csv"]["rows"], by_name["appointments.csv"]["dates"]) == ("appointment", "")
    assert '# never read: "SSN"' in guess(SAMPLE)
    assert "example.com" not in guess(SAMPLE)
    _write(
        tmp_path, "Id\tKontakt\tDOB\n1\ta@example.com\t31.12.1980\n2\tb@example.com\t1.2.1990\n", "export_20260301.csv"
    )
    _write(tmp_path, "one column\n", "notes.txt")
    other = tomllib.loads(guess(tmp_path))["source"]["files"][0]
    assert (other["pattern"], other["separator"], other["dates"], other["columns"]["email"]) == (
        "export_*.csv",
        "\t",
        "dmy",
        "Kontakt",
    )
    assert '"notes.txt": no table' in guess(tmp_path)
