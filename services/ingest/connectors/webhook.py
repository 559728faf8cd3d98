"""Any system that pushes records as signed events (Standard Webhooks 1.0), and from which missed events can be fetched again (N-84).

ingest takes the events at `POST /v1/webhooks/...`; this connector reads the same events from a place where the source keeps them, after an outage or
regularly. Both end in the same state, whatever came twice or late.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from services.ingest.domain.connector import (
    Connector,
    Found,
    Mark,
    Raw,
    Reading,
    SourceFailedError,
    SourceItem,
    Translation,
    Web,
)
from services.ingest.domain.paging import Turns
from services.ingest.domain.read_record import AnyRecord, RecordReader, RecordRefusedError
from services.ingest.domain.source_values import instant, table, tables
from shared.schemas.webhooks import EventPage

_PAGE: Final = 500


class WebhookSettings(BaseModel):
    """Where missed events are fetched from."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, description="address that answers GET ?after=&limit= with {events, next, more}")
    token: SecretStr = Field(min_length=1, description="bearer token for it")


async def read(settings: WebhookSettings, reading: Reading) -> AsyncIterator[Found]:
    """Yield the events after the cursor, a mark after each page."""

    async def sign(_: Web) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {settings.token.get_secret_value()}"}

    web = reading.open_web(settings.url, sign=sign)
    turns, after = Turns("events"), reading.cursor.get("after", "")
    while True:
        try:
            page = EventPage.model_validate(await web.get("", {"limit": _PAGE} | ({"after": after} if after else {})))
        except ValidationError:
            raise SourceFailedError(
                "The source of missed events answered with something that is no page of events."
            ) from None
        for event in page.events:
            yield SourceItem(event, reading.now)
        yield Mark({"after": page.next})
        if not page.more:
            return
        turns.turn(page.next)
        after = page.next


def translate(item: SourceItem) -> Translation:
    """Return the records of one event. Nothing that a source sends makes this raise."""
    raw = item.raw or {}
    if raw.get("type") != "records":
        return Translation(skipped="other_event")
    reader = RecordReader(instant(raw.get("timestamp")) or item.seen_at, Counter())
    records: list[AnyRecord] = []
    left_out: list[str] = []
    for row in tables(table(raw.get("data")).get("records"))[:1000]:
        try:
            records.append(reader.read_json(_line(row))[0])
        except RecordRefusedError as refused:
            left_out.append(f"{refused.field or 'record'}:{refused.code}")
    if not records:
        return Translation(skipped=f"invalid_{left_out[0].partition(':')[0]}" if left_out else "without_records")
    return Translation(records, left_out=tuple(left_out))


def _line(row: Raw) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return b"{}"


CONNECTOR: Final = Connector(
    slug="webhook",
    description="any system that pushes records as signed events (Standard Webhooks)",
    settings=WebhookSettings,
    read=read,
    translate=translate,
    needs="for pushing: a secret from POST /v1/connections/{id}/webhook-secret; for missed events: an address that keeps them, and a token",
    reads="records in our own form: what the sender puts into them",
)
