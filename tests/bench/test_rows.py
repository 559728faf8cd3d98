"""Each row runs, small, from nothing to a figure that stands, and a figure whose ledger is not clean is void."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.schemas.ingest import BatchReport
from shared.schemas.mailer import MessageInput, MessageTouch
from tests.bench.campaign import SAMPLE, Campaign
from tests.bench.clicks import Clicks
from tests.bench.figure import Options
from tests.bench.load import Load, make_bodies
from tests.bench.rows import p3_ingest, p4_one_click
from tests.bench.run import find_rows
from tests.bench.sending import find_faults
from tests.bench.sinks import Sink

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SMALL = Options(lambda _: None, messages=300, records=3000, queued=3000, sink="own")


@pytest.mark.parametrize("name", ["P1", "P1A", "P1B", "P1C", "P3", "S52"])
def test_a_row_runs_from_nothing_to_a_figure_that_stands(name: str) -> None:
    """P1 with its kin, P3 and S52 with their limits, whatever they show."""
    figure = find_rows()[name].measure(SMALL)
    assert figure.void == ""
    assert figure.value > 0
    assert figure.ratio == pytest.approx(figure.value / figure.limit_value)


def message() -> MessageInput:
    """Any message."""
    return MessageInput(
        message_id=uuid4(),
        subscriber_id=uuid4(),
        location_id=uuid4(),
        campaign_id=None,
        content_id=uuid4(),
        touches=[MessageTouch(touch_id=uuid4(), person_id=uuid4())],
        address="user@example.com",
        address_key="1.AAAAAAAAAAAAAAAAAAAAAA",
        fields=SAMPLE,
        due_at=NOW,
        useful_until=NOW,
        recheck_after=NOW,
    )


def message_to(address: str) -> MessageInput:
    """Any message to somebody else."""
    return message().model_copy(update={"address": address})


def test_a_campaign_counts_only_if_everything_was_sent_once() -> None:
    """Reliability 5.2: lost, twice, uncertain or miscounted at the sink voids the figure."""
    first, second = message(), message()
    campaign = Campaign([first, second])
    campaign.states = {first.message_id: "sent", second.message_id: "sent"}
    campaign.reports.update((first.message_id, second.message_id))
    assert find_faults(campaign, Sink("x", 1, 1, messages=2, recipients=2)) == ""
    assert "sink took 3" in find_faults(campaign, Sink("x", 1, 1, messages=3))
    campaign.reports.update((first.message_id,))
    assert "2 outcomes" in find_faults(campaign, Sink("x", 1, 1, messages=2))
    campaign.states = {first.message_id: "uncertain"}
    faults = find_faults(campaign, Sink("x", 1, 1, messages=2))
    assert "1 uncertain" in faults
    assert "1 open" in faults


def test_opt_outs_count_only_if_nobody_was_mailed_after_the_answer() -> None:
    """P4, I1: by the sink's clock; a click refused or a message without an end voids the figure as well."""
    first, second = message(), message_to("other@example.com")
    campaign = Campaign([first, second])
    campaign.states = {first.message_id: "sent", second.message_id: "suppressed"}
    clicks = Clicks(answered_at={first.address: 10.0, second.address: 10.0}, seconds=[0.1, 0.1], took_s=1.0)
    run = p4_one_click.Run(Clicks(), clicks, campaign, 0.0)
    taken = Sink("x", 1, 1, messages=1, recipients=1, taken_at={first.address: 9.9})
    assert p4_one_click.find_faults(run, taken) == ""
    taken.taken_at[first.address] = 10.00001
    assert "1 mailed after the answer" in p4_one_click.find_faults(run, taken)
    clicks.refused = 1
    assert "1 clicks refused" in p4_one_click.find_faults(run, taken)


def test_a_load_counts_only_if_every_record_is_accounted_for() -> None:
    """I2: received and applied equal what was sent."""
    report = BatchReport(
        batch_id=uuid4(),
        connection_id=uuid4(),
        state="applied",
        received=10,
        applied=10,
        unchanged=0,
        superseded=0,
        parked=0,
        rejected=0,
        dropped_fields={},
        flagged_addresses={},
        optouts=0,
        rejections=[],
        started_at=NOW,
        finished_at=NOW,
    )
    fresh = Load(10, 1.0, 1.0, (report,))
    same = Load(10, 1.0, 1.0, (report.model_copy(update={"applied": 0, "unchanged": 10}),))
    assert p3_ingest.find_faults(fresh, fresh, same) == ""
    assert "new records received" in p3_ingest.find_faults(replace(fresh, records=11), fresh, same)
    assert "same records unchanged" in p3_ingest.find_faults(fresh, fresh, fresh)


def test_bodies_hold_every_record_once() -> None:
    """What is uploaded is what is counted."""
    bodies = make_bodies(25, 10)
    assert [body.count(b"\n") for body in bodies] == [10, 10, 5]
    assert len({line for body in bodies for line in body.splitlines()}) == 25
