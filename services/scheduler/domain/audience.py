"""Audiences: what a fact is, whether a rule over facts makes sense, and how it reads as an English sentence.

Rules are bounded in depth and size, so that checking, reading and asking the database stay small whatever is sent.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from uuid import UUID

from pydantic import JsonValue, ValidationError

from shared.kit.errors import Problem
from shared.schemas.audience import AudienceRule, AudienceWarning, FactKind
from shared.schemas.location import Vertical

_DEEPEST: Final = 5
_MOST_RULES: Final = 60
_MOST_NAMED: Final = 20
_MOST_DAYS: Final = 3660
_GROUPS: Final = ("all", "any", "none")

OPERATORS: Final[Mapping[FactKind, Mapping[str, str]]] = {
    "flag": {"is": ""},
    "choice": {"is_one_of": "is {value}", "is_none_of": "is not {value}"},
    "set": {"is_one_of": "include {value}", "is_none_of": "do not include {value}"},
    "number": {"at_least": "is at least {value}", "at_most": "is at most {value}"},
    "day": {
        "before": "was before {value}",
        "on_or_after": "was on or after {value}",
        "within_days": "was in the last {value} days",
        "over_days_ago": "was more than {value} days ago",
    },
}
"""The operators of each kind of fact with the words that follow the fact's own."""

_WRONG: Final = {
    "rule_unclear": "a rule is exactly one of a condition, all, any or none",
    "rule_malformed": "this is not a member, or not a value, that a rule has",
    "group_empty": "a group needs at least one rule",
    "too_deep": f"rules may be nested {_DEEPEST} deep",
    "too_large": f"an audience may have {_MOST_RULES} rules",
    "fact_unknown": "there is no such fact",
    "fact_of_other_vertical": "this fact is not known of this kind of business",
    "operator_wrong": "this fact does not take this operator",
    "value_wrong": "this operator takes another kind of value, or the value is out of its bounds",
    "days_needed": "this fact needs the days it is counted over",
    "days_not_taken": "this fact is not counted over days",
}


class AudienceRefusedError(Problem):
    """An audience asks for what there is not, or contradicts itself; `errors` names each place with its code."""

    status, code, title = 422, "audience_refused", "This audience cannot be used; `errors` names what is wrong."


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of people. `words` stand before an operator's, for a flag with `no_words` for its opposite.

    `reading` is what the store asks for it. `choices` are the words it takes with how they read, or whose ids or slugs they are. `days` says whether
    it is counted over a time back. `in_cents`: amounts of money, read in whole units.
    """

    kind: FactKind
    words: str
    reading: str
    no_words: str = ""
    verticals: tuple[Vertical, ...] = ("dental", "auto")
    choices: Mapping[str, str] | Literal["location", "campaign_type"] | None = None
    days: Literal["none", "optional", "needed"] = "none"
    in_cents: bool = False


def check_audience(
    rule: AudienceRule, *, facts: Mapping[str, Fact], vertical: Vertical, campaign_types: Collection[str]
) -> None:
    """Raise AudienceRefusedError naming path and code of everything that is wrong with a rule."""
    found = list(_wrong_size(rule)) or list(_wrong(rule, "audience", facts, vertical, campaign_types))
    if found:
        raise _refusal(found)


def read_audience(
    value: JsonValue, *, facts: Mapping[str, Fact], vertical: Vertical, campaign_types: Collection[str]
) -> AudienceRule:
    """Return a setting as a checked rule; raises AudienceRefusedError."""
    try:
        rule = AudienceRule.model_validate(value)
    except ValidationError as error:
        # Steps of the path that name a type of a union say nothing to whoever wrote the rule.
        places = {
            ".".join(
                ["audience", *(str(step) for step in row["loc"] if isinstance(step, int) or str(step).isidentifier())]
            )
            for row in error.errors(include_input=False, include_url=False)
        }
        raise _refusal([(place[:120], "rule_malformed") for place in sorted(places)]) from None
    check_audience(rule, facts=facts, vertical=vertical, campaign_types=campaign_types)
    return rule


def audience_sentence(rule: AudienceRule, facts: Mapping[str, Fact]) -> str:
    """Return a checked rule as a sentence."""
    return f"Everybody for whom {_words(rule, facts, is_top=True)}."


def warn_of(*, reachable: int, matched: int, people: int) -> list[AudienceWarning]:
    """Return what is odd about whom an audience chooses, by counts of people."""
    if reachable == 0:
        return ["matches_nobody"]
    return ["matches_everybody"] if matched == people else []


def rules_within(rule: AudienceRule) -> list[AudienceRule]:
    """Return the rules directly below a group, none for a condition."""
    return [below for name in _GROUPS for below in getattr(rule, name) or ()]


def _refusal(found: list[tuple[str, str]]) -> AudienceRefusedError:
    named = found[:_MOST_NAMED]
    detail = "; ".join(f"{place}: {_WRONG[code]}" for place, code in named)
    return AudienceRefusedError(detail, errors=[{"field": place, "code": code} for place, code in named])


def _wrong_size(rule: AudienceRule) -> Iterator[tuple[str, str]]:
    """Look level by level, so that nothing is walked deeper than is allowed."""
    level, rules = [rule], 0
    for _ in range(_DEEPEST):
        rules += len(level)
        if rules > _MOST_RULES:
            yield "audience", "too_large"
            return
        level = [below for one in level for below in rules_within(one)]
    if level:
        yield "audience", "too_deep"


def _wrong(
    rule: AudienceRule, place: str, facts: Mapping[str, Fact], vertical: Vertical, types: Collection[str]
) -> Iterator[tuple[str, str]]:
    shapes = [name for name in ("fact", *_GROUPS) if getattr(rule, name) is not None]
    has_rest = any(part is not None for part in (rule.operator, rule.value, rule.days))
    if len(shapes) != 1 or (has_rest and shapes != ["fact"]):
        yield place, "rule_unclear"
    elif shapes == ["fact"]:
        yield from _wrong_condition(rule, place, facts, vertical, types)
    else:
        (name,) = shapes
        if not rules_within(rule):
            yield f"{place}.{name}", "group_empty"
        for number, below in enumerate(rules_within(rule)):
            yield from _wrong(below, f"{place}.{name}.{number}", facts, vertical, types)


def _wrong_condition(
    rule: AudienceRule, place: str, facts: Mapping[str, Fact], vertical: Vertical, types: Collection[str]
) -> Iterator[tuple[str, str]]:
    fact = facts.get(str(rule.fact))
    if fact is None or vertical not in fact.verticals:
        yield f"{place}.fact", "fact_unknown" if fact is None else "fact_of_other_vertical"
        return
    if rule.operator not in OPERATORS[fact.kind]:
        yield f"{place}.operator", "operator_wrong"
    elif not _takes(fact, rule, types):
        yield f"{place}.value", "value_wrong"
    if fact.days == "needed" and rule.days is None:
        yield f"{place}.days", "days_needed"
    if fact.days == "none" and rule.days is not None:
        yield f"{place}.days", "days_not_taken"


def _takes(fact: Fact, rule: AudienceRule, types: Collection[str]) -> bool:
    value = rule.value
    if isinstance(value, bool) or fact.kind == "flag":
        return isinstance(value, bool) and fact.kind == "flag"
    if fact.kind == "day" and rule.operator in ("before", "on_or_after"):
        return isinstance(value, str) and _is_day(value)
    if fact.kind in ("day", "number"):
        return isinstance(value, int) and (fact.kind == "number" or 1 <= value <= _MOST_DAYS)
    return isinstance(value, list) and bool(value) and all(_is_choice(fact, str(word), types) for word in value)


def _is_choice(fact: Fact, word: str, types: Collection[str]) -> bool:
    if fact.choices == "location":
        try:
            return str(UUID(word)) == word
        except ValueError:
            return False
    return word in (types if fact.choices == "campaign_type" else fact.choices or ())


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _words(rule: AudienceRule, facts: Mapping[str, Fact], *, is_top: bool = False) -> str:
    if rule.fact is not None:
        return _condition_words(rule, facts[rule.fact])
    parts = [_words(below, facts) for below in rules_within(rule)]
    if rule.none is not None:
        return f"it is not so that ({' or '.join(parts)})"
    said = (" and " if rule.all is not None else " or ").join(parts)
    return said if is_top or len(parts) == 1 else f"({said})"


def _condition_words(rule: AudienceRule, fact: Fact) -> str:
    if fact.kind == "flag":
        return fact.words if rule.value else fact.no_words
    period = f" in the last {rule.days} days" if rule.days is not None else ""
    return f"{fact.words}{period} {OPERATORS[fact.kind][str(rule.operator)].format(value=_value_words(rule, fact))}"


def _value_words(rule: AudienceRule, fact: Fact) -> str:
    if isinstance(rule.value, list):
        labels = fact.choices if isinstance(fact.choices, Mapping) else {}
        return " or ".join(labels.get(str(word), str(word)) for word in rule.value)
    return f"{int(str(rule.value)) / 100:,.2f}" if fact.in_cents else str(rule.value)
