"""A batch is accounted for to the last record, whatever is in it and however often it comes (I2, I6, S-125, N-80, N-81)."""

from shared.kit.ids import new_id
from shared.schemas.ingest import BatchReport
from tests.ingest.practice import Practice, appointment, consumer, visit


def _adds_up(report: BatchReport) -> bool:
    done = report.applied + report.unchanged + report.superseded + report.parked + report.rejected
    return report.received == done


async def test_records_are_applied_and_the_report_adds_up(practice: Practice) -> None:
    """I2: every record is accounted for; the report can be read again."""
    batch_id = new_id()
    report = await practice.upload(consumer(), appointment(), visit(), batch_id=batch_id)
    assert (report.received, report.applied, report.state) == (3, 3, "applied")
    again = await practice.ingest.http.get(f"/v1/batches/{batch_id}", headers=practice.headers)
    assert BatchReport.model_validate_json(again.content) == report
