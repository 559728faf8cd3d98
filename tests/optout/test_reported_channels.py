"""Opt-outs told for somebody: each channel belongs to who may report it, and what is reported stops mail with its evidence (S-037, N-25, L-024)."""

from typing import Any
from uuid import uuid4

import pytest

from services.optout.main import find_channels
from shared.kit.settings import SERVICES
from tests.fixtures.services import service_headers
from tests.optout.conftest import Clinic

REPORTED = {slug: channel.reporters for slug, channel in find_channels().items() if channel.reporters}


def _headers(clinic: Clinic, reporter: str) -> dict[str, str]:
    if reporter == "staff":
        return clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="optouts")
    return service_headers(reporter, "optout")


async def _report(clinic: Clinic, reporter: str, channel: str) -> Any:
    optout = {
        "optout_id": str(uuid4()),
        "address_key": clinic.address_key,
        "channel": channel,
        "evidence": "note:1",
        "occurred_at": clinic.clock.now().isoformat(),
    }
    body = {"subscriber_id": str(clinic.subscriber_id), "optouts": [optout]}
    return await clinic.service.http.post("/v1/optouts", json=body, headers=_headers(clinic, reporter))


@pytest.mark.parametrize("slug", sorted(REPORTED))
async def test_a_reported_opt_out_stops_mail_with_its_evidence(clinic: Clinic, slug: str) -> None:
    """Recipe of architecture 6: a new channel is one file that says who may report it."""
    for reporter in REPORTED[slug]:
        one = clinic.another()
        await one.consent()
        answer = await _report(one, reporter, slug)
        assert (answer.status_code, answer.json()) == (200, {"recorded": 1, "repeated": 0})
        assert (await one.may_send("transactional")).answer == "refused"
        filed = await one.service.http.get(f"/v1/evidence/{one.address_key}", headers=_headers(one, "staff"))
        entry = filed.json()["entries"][-1]
        assert (entry["channel"], entry["evidence"].startswith("note:1")) == (slug, True)
        assert (" client:" in entry["evidence"]) == (reporter == "staff")


@pytest.mark.parametrize("slug", [*sorted(find_channels()), "made_up"])
async def test_nobody_reports_a_channel_that_is_not_theirs(clinic: Clinic, slug: str) -> None:
    """S39, L-092: a client cannot write that the consumer clicked, nor that the source said so; nothing is on file after it."""
    await clinic.consent()
    for reporter in ({"staff", *SERVICES} - {"optout"}) - REPORTED.get(slug, frozenset()):
        answer = await _report(clinic, reporter, slug)
        assert (answer.status_code, answer.json()["code"] in ("channel_not_yours", "not_allowed")) == (403, True)
    assert (await clinic.may_send()).answer == "allowed"
