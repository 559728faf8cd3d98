"""Every rule of the registry refuses what it is for and lets its neighbours through."""

import re
from typing import Any

import pytest

from services.mailer.content.rules.registry import RULES
from tests.mailer.compliance.cases import CASES, findings

_REQUIREMENT = re.compile(r"[LSN]-?\d{2,3}")


def _cases(kind: str) -> list[Any]:
    return [
        pytest.param(rule, changes, id=f"{rule.requirement}-{rule.code}-{number}")
        for rule in RULES
        for number, changes in enumerate(getattr(CASES[rule.code], kind))
    ]


@pytest.mark.parametrize(("rule", "changes"), _cases("breaks"))
def test_what_breaks_a_rule_is_found_under_its_code_requirement_and_severity(
    rule: Any, changes: dict[str, Any]
) -> None:
    """L-001 to L-008, L-102, L-106, L-133, S-009, S-031, S-053, S-054, S-094, N-102."""
    found = [finding for finding in findings(changes) if finding.code == rule.code]
    assert found
    assert {(finding.rule, finding.severity) for finding in found} == {(rule.requirement, rule.severity)}
    assert all(finding.message.endswith(".") for finding in found)


@pytest.mark.parametrize(("rule", "changes"), _cases("keeps"))
def test_what_keeps_a_rule_is_let_through(rule: Any, changes: dict[str, Any]) -> None:
    """A rule that refuses honest mail is switched off by its users sooner or later."""
    assert rule.code not in {finding.code for finding in findings(changes)}


def test_every_rule_has_a_content_that_breaks_it_and_one_that_keeps_it() -> None:
    """S-143: the suite is whole; no rule is listed twice and none is untested."""
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(CASES) == set(codes)
    assert [code for code, case in CASES.items() if not case.breaks or not case.keeps] == []
    assert [rule.requirement for rule in RULES if not _REQUIREMENT.fullmatch(rule.requirement)] == []
    wanted = {
        "L-001",
        "L-002",
        "L-003",
        "L-005",
        "L-006",
        "L-007",
        "L-008",
        "L-106",
        "S-031",
        "S-053",
        "S-054",
        "N-102",
    }
    assert wanted <= {rule.requirement for rule in RULES}
