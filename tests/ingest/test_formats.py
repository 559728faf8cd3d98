"""What a body may look like: CSV, gzip, odd JSON; and what is never taken in, however it is spelled (S62, S63, N-85, N-86)."""

import gzip
import json
from typing import Any

import pytest

from shared.schemas.ingest import BatchReport
from tests.ingest.practice import Practice, consumer, lines, visit

CSV = {"content-type": "text/csv; charset=utf-8"}


async def _csv(practice: Practice, text: str | bytes, **params: Any) -> Any:
    body = text.encode() if isinstance(text, str) else text
    return await practice.post(body, headers=CSV, **({"entity": "consumer"} | params))


async def test_csv_is_read_with_and_without_a_byte_order_mark(practice: Practice) -> None:
    """N-86: CRLF, quoted commas and newlines, empty cells, unknown columns."""
    text = (
        "Foreign_ID,source_updated_at,first_name,last_name,email,birth_on,shoe_size,email_ok\r\n"
        'P1,2026-03-01T12:00:00Z,"Ann, the ""first""",Lee,ann@example.com,1984-05-02,38,\r\n'
        'P2,2026-03-01T12:00:00Z,"Bo\nLine",Müller,bo@example.com,,,\r\n'
        "\r\n"
    )
    first = BatchReport.model_validate_json((await _csv(practice, b"\xef\xbb\xbf" + text.encode())).content)
    second = BatchReport.model_validate_json((await _csv(practice, text)).content)
    assert (first.received, first.applied, second.unchanged) == (2, 2, 2)
    ids = [row["consumer_id"] for row in await practice.facts("consumer")]
    found = {row.first_name: row.last_name for row in (await practice.recipients(*ids)).recipients}
    assert found == {'Ann, the "first"': "Lee", "Bo Line": "Müller"}


async def test_csv_rows_that_cannot_be_read_are_named_by_their_line(practice: Practice) -> None:
    """N-81, S63: columns, encoding, values."""
    text = (
        b"foreign_id,first_name,birth_on\nP1,Ann\nP2,J\xfcrgen,\nP3,Cy,03/04/1980\n"
        b'P4,"Dee\nDee",1980-01-02\nP5,Ed,1980-01-02,9\n'
    )
    report = BatchReport.model_validate_json((await _csv(practice, text, source_time="2026-03-01T12:00:00Z")).content)
    assert report.applied == 1
    assert [(row.line, row.field, row.code) for row in report.rejections] == [
        (2, "", "columns_mismatch"),
        (3, "", "not_utf8"),
        (4, "birth_on", "date_order_undeclared"),
        (7, "", "columns_mismatch"),
    ]


async def test_csv_of_visits_has_numbers(practice: Practice) -> None:
    """Cells are text; whole numbers are read from them."""
    text = "foreign_id,source_updated_at,consumer,completed_at,total_cents,currency\nV1,2026-03-01T12:00:00Z,P1,2026-03-01T10:00:00-08:00,12900,USD\n"
    await practice.upload(consumer())
    report = BatchReport.model_validate_json((await _csv(practice, text, entity="visit")).content)
    assert report.applied == 1
    assert (await practice.facts("visit"))[0]["total_cents"] == 12900


async def test_a_csv_without_our_columns_is_refused_whole(practice: Practice) -> None:
    """N-86: another separator, other names, a name twice, a broken quote."""
    for header in ("foreign_id:first_name", "id,name", "foreign_id,email,email", '"foreign_id'):
        answer = await _csv(practice, f"{header}\nP1,a\n")
        assert (answer.status_code, answer.json()["code"]) == (422, "csv_header_unreadable"), header


async def test_other_media_are_refused(practice: Practice) -> None:
    """415 for what we do not read, 422 for a CSV that does not say what it is."""
    xml = await practice.post(b"<a/>", headers={"content-type": "application/xml"})
    brotli = await practice.post(b"", headers={"content-encoding": "br"})
    nameless = await practice.post(b"foreign_id\n", headers=CSV)
    latin = await practice.post(b"", headers={"content-type": "application/x-ndjson; charset=latin-1"})
    assert [xml.status_code, brotli.status_code, nameless.status_code, latin.status_code] == [415, 415, 422, 400]


async def test_gzip_may_have_several_members_and_garbage_is_no_gzip(practice: Practice) -> None:
    """RFC 1952 2.2; S61."""
    body = gzip.compress(lines(consumer("P1"))) + gzip.compress(lines(consumer("P2")))
    good = await practice.post(body, headers={"content-encoding": "gzip"})
    assert good.json()["applied"] == 2
    bad = await practice.post(b"not gzip at all", headers={"content-encoding": "gzip"})
    assert (bad.status_code, bad.json()["code"]) == (400, "body_unreadable")


def _line(extra: str) -> bytes:
    return (
        b'{"type":"visit","foreign_id":"V1","source_updated_at":"2026-03-01T12:00:00Z","completed_at":"2026-03-01T12:00:00Z",%s}'
        % extra.encode()
    )


ODD = [
    (_line('"foreign_id":"V2"'), "duplicate_key"),
    (_line('"other":{"a":1,"a":2}'), "duplicate_key"),
    (_line('"total_cents":NaN'), "json_invalid"),
    (_line('"other":NaN'), "json_invalid"),
    (_line('"total_cents":1e400'), "int_type"),
    (_line('"total_cents":123456789012345678901234567890'), "less_than_equal"),
    (_line('"vehicle":"\\ud800"'), "json_invalid"),
    (_line('"vehicle":"a\\u0000b"'), "nul_character"),
    (_line('"other":' + "[" * 30000), "json_invalid"),
    (b"[" * 60000, "json_invalid"),
    (b'"text"', "dict_type"),
    (b"\xff\xfe{\x00}\x00", "json_invalid"),
    (_line('"source_updated_at":"0001-01-01T00:00:00Z"'), "duplicate_key"),
    (b'{"type":"consumer","foreign_id":"a","source_updated_at":"0001-01-01T00:00:00Z"}', "instant_out_of_range"),
    (
        b'{"type":"consumer","foreign_id":"a","source_updated_at":"9999-12-31T23:59:59-14:00"}',
        "instant_out_of_range",
    ),
]


async def test_odd_json_costs_one_record_and_has_one_verdict(practice: Practice) -> None:
    """S62: per-record reason, the neighbours are applied."""
    body = b"\n".join([*(line for line, _ in ODD), lines(consumer())])
    report = BatchReport.model_validate_json((await practice.post(body)).content)
    assert (report.applied, report.rejected) == (1, len(ODD))
    assert [row.code for row in report.rejections] == [code for _, code in ODD]


async def test_forbidden_fields_are_dropped_and_counted_and_lie_nowhere(practice: Practice) -> None:
    """S-059, N-85, S81: not in any table, not in clear; personal fields only encrypted."""
    secret = "Zyxwvutsrq"
    record = consumer(
        first_name=f"Quentin{secret}",
        email=f"quentin{secret.lower()}@example.com",
        SSN="078-05-1120",
        medicaidId="MD-998877",
        MedUrgNote="allergic to Xqzwvutsr",
        phone="+1 415 555 0987",
        nested={"insurance_id": "INS-4455"},
    )
    card = visit(vehicle="paid with 4111 1111 1111 1111 today", total_cents=100)
    report = await practice.upload(record, card)
    assert report.applied == 2
    assert report.dropped_fields == {"ssn": 1, "medicaid_id": 1, "med_urg_note": 1, "insurance_id": 1, "card_number": 1}
    csv = "foreign_id,source_updated_at,Social Security Number\nP9,2026-03-01T12:00:00Z,078-05-1120\n"
    assert (await _csv(practice, csv)).json()["dropped_fields"] == {"social_security_number": 1}
    words = [secret.lower(), "078-05-1120", "md-998877", "xqzwvutsr", "ins-4455", "4111 1111", "555 0987", "quentin"]
    tables = await practice.rows("select tablename from pg_tables where schemaname = 'public'")
    for table in tables:
        for row in await practice.rows(f"select t::text as text from {table['tablename']} t"):
            text = row["text"].lower()
            raw = "".join(
                bytes.fromhex(part.split(",")[0].strip('")')).decode("latin-1") for part in text.split("\\x")[1:]
            )
            assert not [word for word in words if word in text or word in raw.lower()], table["tablename"]


async def test_unknown_fields_are_ignored(practice: Practice) -> None:
    """Tolerant reader: a newer source may say more."""
    report = await practice.upload(consumer(shoe_size=38, tags=["a", {"b": 1}]))
    assert (report.applied, report.dropped_fields) == (1, {})


async def test_a_bad_email_value_never_costs_the_row(practice: Practice) -> None:
    """N-18: kept without address and counted, whatever type the value has."""
    bodies = [{"email": value} for value in (12345, ["a@example.com"], "x" * 300, None)]
    records = [json.dumps(consumer(f"P{n}") | body).encode() for n, body in enumerate(bodies)]
    report = BatchReport.model_validate_json((await practice.post(b"\n".join(records))).content)
    assert (report.applied, report.flagged_addresses) == (4, {"address_invalid": 4})


async def test_records_without_a_time_of_their_own_take_the_batch_time(practice: Practice) -> None:
    """CSV exports carry none; `source_time` stands in, in NDJSON too."""
    record = {key: value for key, value in consumer().items() if key != "source_updated_at"}
    refused = BatchReport.model_validate_json((await practice.post(lines(record))).content)
    taken = await practice.post(lines(record), source_time="2026-03-01T12:00:00Z")
    assert (refused.rejected, taken.json()["applied"]) == (1, 1)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
async def test_csv_is_read_in_its_charset_and_with_its_separator(practice: Practice, separator: str) -> None:
    """N-86: Windows-1252 as declared, four separators, quoted newlines, a repeated header, dates in the declared order."""
    rows = (
        ("foreign_id", "source_updated_at", "first_name", "last_name", "birth_on"),
        ("P1", "2026-03-01T12:00:00Z", '"Ann\r\nMarie"', "Müller", "03/04/1980"),
        ("foreign_id", "source_updated_at", "first_name", "last_name", "birth_on"),
        ("P2", "2026-03-01T12:00:00Z", "Bo", "Grün", "29284"),
    )
    body = "\r\n".join(separator.join(row) for row in rows).encode("cp1252")
    answer = await practice.post(
        body, headers={"content-type": "text/csv; charset=windows-1252"}, entity="consumer", dates="dmy"
    )
    assert answer.json()["applied"] == answer.json()["received"] == 2
    facts = await practice.facts("consumer")
    assert {(row["birth_month"], row["birth_day"]) for row in facts} == {(4, 3), (3, 4)}
    names = {row.last_name for row in (await practice.recipients(*(row["consumer_id"] for row in facts))).recipients}
    assert names == {"Müller", "Grün"}


async def test_an_ambiguous_date_needs_a_declared_order(practice: Practice) -> None:
    """N-86: refused with its field, not guessed; an unknown charset refuses the whole file."""
    body = b"foreign_id,source_updated_at,birth_on\nP1,2026-03-01T12:00:00Z,03/04/1980\n"
    answer = await practice.post(body, headers={"content-type": "text/csv"}, entity="consumer")
    assert [(row["field"], row["code"]) for row in answer.json()["rejections"]] == [
        ("birth_on", "date_order_undeclared")
    ]
    other = await practice.post(body, headers={"content-type": "text/csv; charset=ebcdic"}, entity="consumer")
    assert (other.status_code, other.json()["code"]) == (400, "body_unreadable")
