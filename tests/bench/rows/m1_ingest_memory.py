"""M1: memory of ingest while it takes one file of many records: a chunk or two, whatever the file's length (reliability 5.4).

--records sets the length (5,000,000 for the full row). The peak is the kernel's own high-water mark of the process.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import uuid4

from shared.kit.http import AsyncClient, Timeout
from shared.schemas.ingest import BatchReport
from tests.bench.figure import Figure, Options, Row
from tests.bench.lab import Lab, open_lab
from tests.bench.load import iterate_bodies, open_connection

MOST_MB: Final = 300.0
PIECE: Final = 2_000
SECONDS: Final = 7200.0


def measure(options: Options) -> Figure:
    """One upload, streamed."""
    with open_lab(options.tell) as lab:
        at_rest, peak, report = asyncio.run(_measure(lab, options))
    fault = (
        ""
        if report.received == report.applied == options.records
        else f"{report.applied:,} of {options.records:,} applied"
    )
    return Figure(
        id="M1",
        name=f"memory of ingest over one file of {options.records:,} records",
        value=peak,
        unit="MB at most",
        limit="goal",
        limit_value=MOST_MB,
        ratio=MOST_MB / peak,
        note="one NDJSON upload, streamed, API and work in one process",
        void=fault,
        details=(("at rest before", f"{at_rest:.0f} MB"),),
    )


ROW = Row("M1", "memory of one large file", "under 300 MB for 5,000,000 records", measure)


async def _measure(lab: Lab, options: Options) -> tuple[float, float, BatchReport]:
    lab.start("ingest", "both")
    await lab.introduce("ingest")
    url, token = lab.stack.urls["ingest"], lab.token("ingest")
    connection_id = await open_connection(url, token, lab.location.location_id)
    (process,) = [child for name, child in lab.children.items() if name.startswith("ingest")]
    at_rest = _peak_mb(process.pid)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    params = {"connection_id": str(connection_id), "batch_id": str(uuid4()), "historic": "true"}
    options.tell(f"uploading one file of {options.records:,} records")
    async with AsyncClient(timeout=Timeout(SECONDS), trust_env=False) as http:
        answer = await http.post(f"{url}/v1/batches", params=params, content=_file(options.records), headers=headers)
    report = BatchReport.model_validate_json(answer.raise_for_status().content)
    return at_rest, _peak_mb(process.pid), report


async def _file(records: int) -> AsyncIterator[bytes]:
    for piece in iterate_bodies(records, PIECE):
        yield piece


def _peak_mb(pid: int | None) -> float:
    """The most that the process has ever had in memory, by the kernel."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024
