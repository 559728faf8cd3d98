"""Ingest's wire: a subscriber takes its own data out (S-056, N-113)."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.ingest import Entity
from shared.schemas.wire import Instant, Line, Wire

ExportFormat = Literal["csv", "ndjson"]


class RecordExportInput(Wire):
    """Asks for one kind of records. `purpose` says for whom and why and is kept; it holds no personal data.

    `csv` is for spreadsheets: a cell that a spreadsheet would take for a formula gets an apostrophe in front. `ndjson` is exact: a line that says
    what it is, a line a record, a last line `{"exported": n}` without which the file is not complete. Of a consumer `opted_out` says `all`,
    `commercial` or nothing, `opted_out_topics` which topics were switched off beside that, with blanks between.
    """

    entity: Entity = "consumer"
    format: ExportFormat = "ndjson"
    location_id: UUID | None = None
    purpose: Line = Field(min_length=3, max_length=200)


class RecordExport(Wire):
    """What was taken out, when and by whom. `rows` and `finished_at` are null until the last line was sent: a file cut short stays so."""

    export_id: UUID
    entity: Entity
    format: ExportFormat
    location_id: UUID | None
    purpose: str
    requested_by: str
    made_at: Instant
    rows: int | None
    finished_at: Instant | None
    information: Literal["consumer"] = Field(default="consumer", description="the class of what is in it (S-073)")
