"""Limit of P3: encrypt, COPY to a staging table, merge; one connection, no HTTP, no validation, no feed.

What one durable upsert costs with everything the product promises left out; a slower limit would only flatter us.

Usage: python -m tests.bench.limits.bare_merge RECORDS    DATABASE_URL names a scratch database; prints one JSON object
"""

import hmac
import json
import os
import resource
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import asyncpg
import uvloop
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 5000
TABLES = """
drop table if exists consumer, staging;
create table consumer (subscriber_id uuid not null, id uuid not null default gen_random_uuid(),
  foreign_id text not null, address_key bytea, personal bytea not null, postal_code text, language text,
  source_at timestamptz not null, attributes jsonb not null, version bigint not null default 1,
  changed_at timestamptz default now(), primary key (subscriber_id, id), unique (subscriber_id, foreign_id));
create index on consumer (subscriber_id, address_key);
create table staging (foreign_id text, address_key bytea, personal bytea, postal_code text, language text,
  source_at timestamptz, attributes jsonb);
"""
MERGE = """
insert into consumer (subscriber_id, foreign_id, address_key, personal, postal_code, language, source_at, attributes)
select $1, foreign_id, address_key, personal, postal_code, language, source_at, attributes from staging
on conflict (subscriber_id, foreign_id) do update set address_key = excluded.address_key,
  personal = excluded.personal, postal_code = excluded.postal_code, source_at = excluded.source_at,
  attributes = excluded.attributes, version = consumer.version + 1, changed_at = now()
where consumer.source_at <= excluded.source_at
"""

Staged = tuple[str, bytes, bytes, str, str, datetime, str]


def stage(numbers: range, cipher: AESGCM, key: bytes, at: datetime) -> Iterator[Staged]:
    """Rows for the staging table: five personal fields encrypted, the address hashed."""
    attributes = json.dumps({"last_hygiene": "2026-05-01", "balance": 12.5})
    for number in numbers:
        nonce = os.urandom(12)
        fields = [f"Ann{number}", "Lee", f"ann{number}@example.com", "+14155550100", "1980-02-03"]
        personal = nonce + cipher.encrypt(nonce, json.dumps(fields).encode(), b"p")
        address_key = hmac.digest(key, b"ann%d@example.com" % number, "sha256")[:16]
        yield f"P{number}", address_key, personal, "94104", "en", at, attributes


async def measure(records: int) -> dict[str, float]:
    """Rows a second of the first load (`rate`) and of loading the same again (`update_rate`); CPU without PostgreSQL."""
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    await connection.execute(TABLES)
    cipher, key, subscriber, at = AESGCM(os.urandom(32)), os.urandom(32), uuid.uuid4(), datetime.now(UTC)
    rates = []
    for _ in range(2):
        start = time.perf_counter()
        for first in range(0, records, CHUNK):
            rows = list(stage(range(first, min(first + CHUNK, records)), cipher, key, at))
            async with connection.transaction():
                await connection.execute("truncate staging")
                await connection.copy_records_to_table("staging", records=rows)
                await connection.execute(MERGE, subscriber)
        rates.append(records / (time.perf_counter() - start))
    await connection.execute("drop table consumer, staging")
    await connection.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_us = (used.ru_utime + used.ru_stime) / (2 * records) * 1e6
    return {"rate": rates[0], "update_rate": rates[1], "cpu_us": cpu_us}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(measure(int(sys.argv[1])))) + "\n")
