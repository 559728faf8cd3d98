"""Open Dental: every enumeration read for what it means, refusals found where they stand, by its REST API and from a real MariaDB (domain 3.1)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pymysql
import pytest
from pydantic import SecretStr

from services.ingest.connectors._mysql import connect
from services.ingest.connectors.open_dental import CONNECTOR, OpenDentalSettings
from services.ingest.domain.connector import Mark, SourceFailedError
from tests.fixtures.mariadb import open_mariadb
from tests.fixtures.vendor import open_vendor
from tests.ingest.connectors.runs import SAMPLES, SEEN, Runner, items_of, records_in, sample_items
from tests.ingest.connectors.vendors import OpenDental
from tests.ingest.practice import Practice

KEYS = {"developer_key": "dev-secret", "customer_key": "cust-secret", "zone": "America/Chicago"}


def _settings(**values: Any) -> OpenDentalSettings:
    return OpenDentalSettings.model_validate(KEYS | values)


def test_people_are_who_open_dental_says_they_are() -> None:
    """Domain 3.1: only status 0 is mailed, SeeNotes holds, 5 stops everything, TxtMsgOk and DoNotCall say nothing; languages have three letters."""
    records = records_in(CONNECTOR, sample_items("open_dental"))
    elena = records["consumer/11"]
    assert (elena.preferred_name, elena.email, elena.language, elena.email_ok) == (
        "Ellie",
        "elena.new@example.com",
        "es",
        None,
    )
    statuses = [records[f"consumer/{n}"].status for n in (11, 13, 14, 16)]
    assert statuses == ["active", "deceased", "held", "inactive"]
    assert (records["consumer/13"].birth_on, records["consumer/17"].op) == (None, "delete")
    assert (records["consumer/12"].household, records["relation/1"].related, records["relation/2"].op) == (
        "11",
        "11",
        "delete",
    )
    assert (records["merge/1"].consumer, records["merge/1"].into) == ("16", "11")


def test_refusals_stand_in_commoptout_alone() -> None:
    """N-23: bit sets; a refusal of appointment mail is one of all mail; one of statements concerns no mail of ours."""
    records = records_in(CONNECTOR, sample_items("open_dental"))
    assert (records["consent_signal/1"].scope, records["consent_signal/2"].scope) == ("all", "commercial")
    assert "consent_signal/3" not in records
    assert all(records[f"consent_signal/{n}"].granted is False for n in (1, 2))


def test_only_scheduled_rows_are_appointments() -> None:
    """N-45, N-50: planned, unscheduled and notes share the table; times are the practice's; a pattern's letters are five minutes each."""
    records = records_in(CONNECTOR, sample_items("open_dental"))
    booked = records["appointment/501"]
    assert (booked.status, str(booked.starts_at), booked.minutes) == ("confirmed", "2026-03-10 09:30:00-05:00", 40)
    assert [records[f"appointment/{n}"].status for n in (502, 503, 504, 506)] == [
        "completed",
        "unscheduled",
        "planned",
        "held",
    ]
    assert records["appointment/503"].starts_at is None
    assert "appointment/505" not in records
    assert (records["appointment/507"].op, str(records["visit/502"].completed_at)) == (
        "delete",
        "2026-02-10 16:50:00+00:00",
    )
    recalls = [records["recare_due/40"], records["recare_due/41"]]
    assert [(row.recare_kind, str(row.due_on), row.interval_days, row.status) for row in recalls] == [
        ("prophy", "2026-07-09", 181, "open"),
        ("prophy", "None", 181, "disabled"),
    ]


async def test_the_api_is_read_page_by_page_and_what_vanished_is_gone(practice: Practice, tmp_path: Path) -> None:
    """S-122, N-44: everything the first time, then what changed; an appointment that was deleted there is deleted here, one that passed is not."""
    api = OpenDental()
    api.tables["patient"] += [
        {**api.tables["patient"][0], "PatNum": 1000 + n, "Email": f"p{n}@example.com"} for n in range(150)
    ]
    api.tables["recall"] += [{**api.tables["recall"][0], "RecallNum": 1000 + n} for n in range(20)]
    async with open_vendor(api.answer) as server:
        runner = Runner(CONNECTOR, _settings(url=f"{server.url}/api/v1"), tmp_path, practice)
        first = await runner.carry()
        assert (first.taken["consumer"], first.taken["consent_signal"], first.counts["rejected"]) == (156, 2, 0)
        assert [a.params["Offset"] for a in server.asked if a.path.endswith("Simple")] == ["0", "100"]
        assert len(practice.optout.optouts) >= 2
        api.tables["appointment"] = [row for row in api.tables["appointment"] if row["AptNum"] != 501]
        api.tables["recall"] = [row for row in api.tables["recall"] if row["RecallNum"] != 40]
        second = await runner.carry()
        assert (second.taken["consumer"], second.taken["appointment deleted"]) == (0, 1)
    gone = [row["deleted"] for row in await practice.facts("appointment")]
    assert gone[-1] is True
    dues = await practice.rows("select deleted, count(*) as n from recare_dues group by 1")
    assert {row["deleted"]: row["n"] for row in dues}[True] == 1, "a recall that was removed is due no more"


async def test_the_practices_own_database_says_what_time_it_is(tmp_path: Path) -> None:
    """S-121: rows bear its time; where our clock is ahead the next run goes on from the database's."""
    api = OpenDental()
    for said, since in (("2026-03-01 05:00:00", "2026-03-01 04:50:00"), ("2026-03-01 09:00:00", "2026-03-01 05:50:00")):
        api.clock = said
        async with open_vendor(api.answer) as server:
            mark = (await Runner(CONNECTOR, _settings(url=f"{server.url}/api/v1"), tmp_path).read())[-1]
        assert isinstance(mark, Mark)
        assert mark.cursor["since"] == since


async def test_without_the_refusals_nothing_is_taken_for_read(tmp_path: Path) -> None:
    """N-23: a key without the right to query ends the run with a sentence, before a mark could call it complete."""
    api = OpenDental()
    api.may_query = False
    async with open_vendor(api.answer) as server:
        with pytest.raises(SourceFailedError, match="permission Queries") as failed:
            await Runner(CONNECTOR, _settings(url=f"{server.url}/api/v1"), tmp_path).read()
    assert "secret" not in str(failed.value)


async def test_a_real_database_is_read_and_cannot_be_written(tmp_path: Path) -> None:
    """Domain 3.1, N-44: Open Dental's tables in a real MariaDB: refusals, merges and not clones, local times, deletions; writing is refused."""
    with open_mariadb(tmp_path) as port:
        root = pymysql.connect(
            host="127.0.0.1", port=port, user="root", autocommit=True, init_command="set sql_mode=''"
        )
        with root.cursor() as cursor:
            cursor.execute("create database opendental character set utf8mb4")
            cursor.execute("use opendental")
            for statement in (SAMPLES / "open_dental" / "tables.sql").read_text().split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
            settings = _settings(via="mysql", port=port, user="reader", password="pw-reader")
            runner = Runner(CONNECTOR, settings, tmp_path)
            found = await runner.read()
            records = records_in(CONNECTOR, items_of(found))
            mark = found[-1]
            assert isinstance(mark, Mark)
            cursor.execute("delete from appointment where AptNum = 501")
            cursor.execute("delete from guardian")
            later = await runner.read(dict(mark.cursor), SEEN + timedelta(minutes=5))
        root.close()
        place = {"database": "opendental", "password": SecretStr(""), "ca_file": None}
        ours = await connect("Open Dental", host="127.0.0.1", port=port, user="root", **place)  # type: ignore[arg-type]
        with pytest.raises(pymysql.MySQLError, match="1792"), ours.cursor() as cursor:
            cursor.execute("delete from patient")
        ours.close()
        with pytest.raises(SourceFailedError, match="password is refused") as refused:
            await Runner(
                CONNECTOR, _settings(via="mysql", port=port, user="reader", password="wrong-pw"), tmp_path
            ).read()
    assert "never-keep" not in str([item.raw for item in items_of(found)])
    assert (records["consumer/11"].last_name, records["consent_signal/1"].scope) == ("Núñez", "all")
    assert (records["appointment/501"].status, str(records["appointment/501"].starts_at)) == (
        "confirmed",
        "2026-03-10 09:30:00-05:00",
    )
    assert {"merge/1", "relation/1", "recare_due/40"} <= set(records)
    assert "merge/2" not in records
    assert records["recare_due/40"].interval_days == 181
    gone = records_in(CONNECTOR, items_of(later))
    assert [name for name in ("appointment/501", "relation/1") if gone[name].op == "delete"] == [
        "appointment/501",
        "relation/1",
    ]
    assert "appointment/502" not in gone
    assert "wrong-pw" not in str(refused.value)
    assert datetime.fromisoformat(mark.cursor["since"]) < SEEN.replace(tzinfo=None)
