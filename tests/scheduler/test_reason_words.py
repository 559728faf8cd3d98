"""No reason without words: every code that this or another service can put on file has a sentence of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from services.ingest.domain.address_quality import address_problem
from services.mailer.domain.outcomes import MAY_BE_SENT_AGAIN
from services.scheduler import campaigns
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.reasons import OWN_HOLDS, SENTENCES, reason_sentence
from services.scheduler.domain.situations import Situation
from services.scheduler.domain.triggers import ENDS, TRIGGERS
from shared.kit.plugins import find_plugins
from shared.schemas.ingest import ConsumerStatus

ROOT = Path(__file__).parent.parent.parent / "services"
TYPES: dict[str, CampaignType] = find_plugins(campaigns, "CAMPAIGN_TYPE")
MAILER = (
    "delivery/prepare.py", "delivery/sending.py", "delivery/worker.py", "delivery/signing.py", "smtp/connect.py", "smtp/groups.py",
    "smtp/protocol.py", "smtp/session.py", "domain/outcomes.py", "domain/origins.py", "domain/acceptance.py", "domain/link_hosts.py",
)  # fmt: skip
NO_REASONS = {"opt_in", "privacy_case", "__main__", "ssl_object"}
"""Words of these modules that name something else: origins of mail of our own, a transport's detail."""
_CODE = re.compile(r"[a-z]+(_[a-z]+)+")
_SQL_REASON = re.compile(
    r"then '([a-z]+(?:_[a-z]+)+)'|'([a-z]+(?:_[a-z]+)+)' as \w*reason|reason = '([a-z]+(?:_[a-z]+)+)'|reason, '([a-z]+(?:_[a-z]+)+)'"
)


def codes_in(path: Path) -> Iterator[str]:
    """Return the codes a module can hand on: string constants of more than one word, but for names of log events and counters."""
    tree = ast.parse(path.read_text())
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in {
            "warning", "error", "info", "exception", "debug", "Counter", "Histogram", "Gauge", "log", "getattr",
        }:  # fmt: skip
            skipped |= {id(part) for part in ast.walk(node)}
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            skipped |= {id(key) for key in node.value.keys}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
            and _CODE.fullmatch(node.value)
        ):
            yield node.value


@pytest.mark.parametrize("module", MAILER)
def test_every_code_of_the_mailer_has_a_sentence(module: str) -> None:
    """I18, S-003: what the mailer tells of a message reads as a sentence beside the touch."""
    missing = {code for code in codes_in(ROOT / "mailer" / module) if code not in SENTENCES} - NO_REASONS
    assert not missing


def test_every_reason_written_by_sql_has_a_sentence() -> None:
    """I18: planning, grouping, outcomes and the rest."""
    found: set[str] = set()
    for path in [*(ROOT / "scheduler" / "store").glob("*.py"), *(ROOT / "scheduler" / "store").glob("*.sql")]:
        found |= {code for match in _SQL_REASON.findall(path.read_text()) for code in match if code}
    assert {"step_past", "too_late", "campaign_ended", "moved_over_budget", "other_mail_today"} <= found
    # Words of statuses of records, which the same SQL decides.
    assert found - {"open_safety"} <= set(SENTENCES)


def test_every_reason_of_the_rules_has_a_sentence() -> None:
    """I18: people, situations, stops and ends of every kind of record, holds, addresses."""
    people = {f"person_{status}" for status in get_args(ConsumerStatus) if status != "active"}
    ends = {f"{kind}_{end}" for kind in TRIGGERS for end in ENDS}
    stops = {reason for kind in TYPES.values() for reason in kind.trigger.stops.values()}
    problems = {
        address_problem(address, hold_roles=True)
        for address in ("ana@vtext.com", "ana@yopmail.com", "ana@gmial.com", "info@example.com")
    }
    assert None not in problems
    known = set(SENTENCES)
    assert people | ends | stops | set(get_args(Situation)) | OWN_HOLDS | MAY_BE_SENT_AGAIN | problems <= known
    assert all(text.endswith(".") and len(text) > 15 for text in SENTENCES.values())


def test_a_code_of_a_newer_neighbour_says_that_it_has_no_sentence() -> None:
    """I18: nothing is worded by guessing from a name."""
    assert reason_sentence("brand_new_code") == (
        "The reason on file is brand_new_code, for which this version has no sentence."
    )
