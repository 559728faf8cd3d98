"""The audience language: what a rule may say, how it reads, and that the database chooses whom the words choose."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.scheduler.domain.audience import AudienceRefusedError, audience_sentence, check_audience, read_audience
from services.scheduler.store.audience_facts import FACTS
from services.scheduler.store.audiences import count_audience
from shared.schemas.audience import AudienceRule
from tests.scheduler.due_world import put_line, put_recare, put_vehicle
from tests.scheduler.practice import Practice

_TODAY = date(2026, 3, 2)
_TYPES = ("newsletter", "promotion")


def _rule(**members: Any) -> dict[str, Any]:
    return {"fact": "visits", "operator": "at_least", "value": 1} | members


def _nested(depth: int) -> dict[str, Any]:
    return _rule() if depth == 1 else {"none": [_nested(depth - 1)]}


_REFUSED: list[tuple[Any, str, str]] = [
    (_rule(fact="shoe_size"), "audience.fact", "fact_unknown"),
    (_rule(fact="mileage"), "audience.fact", "fact_of_other_vertical"),
    (_rule(operator="before"), "audience.operator", "operator_wrong"),
    (_rule(value="three"), "audience.value", "value_wrong"),
    (_rule(value=True), "audience.value", "value_wrong"),
    ({"fact": "visits", "operator": "at_least"}, "audience.value", "value_wrong"),
    ({"fact": "last_visit", "operator": "before", "value": "03/04/2026"}, "audience.value", "value_wrong"),
    ({"fact": "last_visit", "operator": "within_days", "value": 0}, "audience.value", "value_wrong"),
    ({"fact": "status", "operator": "is_one_of", "value": ["active", "rich"]}, "audience.value", "value_wrong"),
    ({"fact": "status", "operator": "is_one_of", "value": []}, "audience.value", "value_wrong"),
    ({"fact": "visited_location", "operator": "is_one_of", "value": ["here"]}, "audience.value", "value_wrong"),
    ({"fact": "had_campaign", "operator": "is_one_of", "value": ["promotion"]}, "audience.days", "days_needed"),
    ({"fact": "had_campaign", "operator": "is_one_of", "value": ["spam"], "days": 9}, "audience.value", "value_wrong"),
    ({"fact": "historic", "operator": "is", "value": True, "days": 9}, "audience.days", "days_not_taken"),
    ({"all": [_rule(), _rule(fact="shoe_size")]}, "audience.all.1.fact", "fact_unknown"),
    ({"any": []}, "audience.any", "group_empty"),
    ({}, "audience", "rule_unclear"),
    (_rule(all=[_rule()]), "audience", "rule_unclear"),
    ({"all": [_rule()], "value": 1}, "audience", "rule_unclear"),
    (_nested(6), "audience", "too_deep"),
    ({"all": [{"any": [_rule()] * 30}] * 2}, "audience", "too_large"),
    ("everybody", "audience", "rule_malformed"),
    (_rule(vlaue=3), "audience.vlaue", "rule_malformed"),
    (_rule(days=0), "audience.days", "rule_malformed"),
]


@pytest.mark.parametrize(("rule", "place", "code"), _REFUSED)
def test_a_rule_that_makes_no_sense_is_refused_with_its_place(rule: Any, place: str, code: str) -> None:
    """Unknown fact, wrong operator, wrong type, too deep, too large: path and stable code, and a sentence that repeats no value."""
    with pytest.raises(AudienceRefusedError) as refused:
        read_audience(rule, facts=FACTS, vertical="dental", campaign_types=_TYPES)
    assert {"field": place, "code": code} in refused.value.members["errors"]  # type: ignore[operator]
    assert f"{place}: " in refused.value.detail
    assert "rich" not in refused.value.detail


def test_a_rule_reads_as_an_english_sentence() -> None:
    """A front desk reads whom it writes to."""
    rule: dict[str, Any] = {
        "all": [
            {"any": [_rule(value=3, days=365), {"fact": "spent_cents", "operator": "at_least", "value": 50_000}]},
            {"fact": "appointment_ahead", "operator": "is", "value": False},
            {"none": [{"fact": "birthday_month", "operator": "is_one_of", "value": [3, 12]}]},
        ]
    }
    made = read_audience(rule, facts=FACTS, vertical="dental", campaign_types=_TYPES)
    assert audience_sentence(made, FACTS) == (
        "Everybody for whom (the number of visits in the last 365 days is at least 3 or the total spent is at least 500.00) and there is no"
        " appointment ahead and it is not so that (the month of birth is March or December)."
    )


@dataclass
class Person:
    """What is true of a generated person, kept beside what was put into the feed."""

    status: str
    language: str
    birth_month: int | None
    historic: bool
    visits: list[tuple[datetime, int]] = field(default_factory=list)
    ahead: bool = False
    overdue: int | None = None
    miles: int | None = None
    has_vehicle: bool = False
    declined: list[datetime] = field(default_factory=list)


def _put(practice: Practice, chance: Random) -> tuple[UUID, Person]:
    """Put a person with generated records into the feed."""
    month = chance.choice([None, 3, 7])
    made = Person(
        chance.choice(["active", "active", "inactive"]), chance.choice(["", "en", "es"]), month, chance.random() < 0.3
    )
    birthday: dict[str, Any] = {"birth_month": month, "birth_day": 15} if month else {}
    key = practice.person(status=made.status, language=made.language, historic=made.historic, **birthday)
    now = practice.clock.now()
    for _ in range(chance.randrange(4)):
        # Whole hours, so that some fall on another day here than there.
        visit = now - timedelta(hours=chance.randrange(1, 24 * 60)), chance.choice([-5000, 0, 10_000, 25_000])
        made.visits.append(visit)
        practice.visit(key, visit[0].astimezone(UTC), total_cents=visit[1])
    if chance.random() < 0.3:
        made.ahead = True
        practice.appointment(key, now + timedelta(days=chance.randrange(1, 9)))
    if chance.random() < 0.5:
        days = chance.randrange(-10, 30)
        made.overdue = days if days > 0 else None
        put_recare(practice, key, _TODAY - timedelta(days=days))
    if chance.random() < 0.5:
        made.has_vehicle, made.miles = True, chance.randrange(1, 9) * 1000
        vehicle = put_vehicle(practice, key, ("2026-01-05", 90_000), ("2026-02-05", made.miles))
        if chance.random() < 0.6:
            made.declined.append(practice.at("2026-02-10 09:00"))
            put_line(practice, key, vehicle, "2026-02-10 09:00")
    return key, made


def _value(person: Person, fact: str, days: int | None, now: datetime, zone: Any) -> Any:
    since = now - timedelta(days=days) if days else datetime(1990, 1, 1, tzinfo=UTC)
    readings: dict[str, Callable[[], Any]] = {
        "status": lambda: person.status,
        "language": lambda: person.language or "en",
        "birthday_month": lambda: str(person.birth_month) if person.birth_month else None,
        "historic": lambda: person.historic,
        "appointment_ahead": lambda: person.ahead,
        "last_visit": lambda: max((at.astimezone(zone).date() for at, _ in person.visits), default=None),
        "visits": lambda: sum(at > since for at, _ in person.visits),
        "spent_cents": lambda: sum(cents for at, cents in person.visits if at > since),
        "recare_overdue_days": lambda: person.overdue,
        "has_vehicle": lambda: person.has_vehicle,
        "mileage": lambda: person.miles,
        "declined_work": lambda: sum(at > since for at in person.declined),
    }
    return readings[fact]()


def _holds(rule: AudienceRule, person: Person, now: datetime, zone: Any) -> bool:
    """Evaluate a rule in plain Python, as its words say."""
    if rule.fact is None:
        below = [_holds(one, person, now, zone) for one in rule.all or rule.any or rule.none or []]
        return all(below) if rule.all else any(below) if rule.any else not any(below)
    value, wanted = _value(person, rule.fact, rule.days, now, zone), rule.value
    if value is None:
        return False
    words = [str(word) for word in wanted] if isinstance(wanted, list) else []
    tests: dict[str, Callable[[], bool]] = {
        "is": lambda: value == wanted,
        "is_one_of": lambda: value in words,
        "is_none_of": lambda: value not in words,
        "at_least": lambda: value >= wanted,
        "at_most": lambda: value <= wanted,
        "before": lambda: value < date.fromisoformat(str(wanted)),
        "on_or_after": lambda: value >= date.fromisoformat(str(wanted)),
        "within_days": lambda: (_TODAY - value).days < int(str(wanted)),
        "over_days_ago": lambda: (_TODAY - value).days > int(str(wanted)),
    }
    return tests[str(rule.operator)]()


def _condition(fact: str, operators: list[str], values: st.SearchStrategy[Any], *, days: bool = False) -> Any:
    members = {"fact": st.just(fact), "operator": st.sampled_from(operators), "value": values}
    back = {"days": st.one_of(st.none(), st.integers(1, 70))} if days else {}
    return st.fixed_dictionaries(members | back)


def _some_of(*words: Any) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=3)


_SETS, _BOUNDS, _AGES = ["is_one_of", "is_none_of"], ["at_least", "at_most"], ["within_days", "over_days_ago"]
_CONDITIONS = st.one_of(
    _condition("status", _SETS, _some_of("active", "inactive", "held")),
    _condition("language", _SETS, _some_of("en", "es")),
    _condition("birthday_month", _SETS, _some_of(3, 7, "12")),
    *(_condition(fact, ["is"], st.booleans()) for fact in ("historic", "appointment_ahead", "has_vehicle")),
    _condition("last_visit", _AGES, st.integers(1, 70)),
    _condition("last_visit", ["before", "on_or_after"], st.dates(date(2026, 1, 1), _TODAY).map(str)),
    _condition("visits", _BOUNDS, st.integers(0, 4), days=True),
    _condition("spent_cents", _BOUNDS, st.sampled_from([-5000, 0, 1, 10_000, 35_000]), days=True),
    _condition("recare_overdue_days", _BOUNDS, st.integers(0, 30)),
    _condition("mileage", _BOUNDS, st.integers(0, 9).map(lambda thousands: thousands * 1000)),
    _condition("declined_work", _BOUNDS, st.integers(0, 2), days=True),
)


def _group(name: str, below: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(below, min_size=1, max_size=3).map(lambda rules: {name: rules})


_RULES = st.recursive(
    _CONDITIONS, lambda below: st.one_of(*(_group(name, below) for name in ("all", "any", "none"))), max_leaves=6
)


@pytest.fixture
async def crowd(practice: Practice) -> tuple[Practice, dict[UUID, Person]]:
    """Return a practice with thirty generated people of every kind."""
    chance = Random(11)
    people = dict(_put(practice, chance) for _ in range(30))
    await practice.run("follow_ingest", "plan")
    return practice, people


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=_RULES)
async def test_the_database_chooses_whom_the_words_choose(
    crowd: tuple[Practice, dict[UUID, Person]], rule: dict[str, Any]
) -> None:
    """A generated audience evaluated in SQL equals its plain evaluation over generated facts, unknown values included."""
    practice, people = crowd
    made, now = AudienceRule.model_validate(rule), practice.clock.now()
    async with practice.scheduler.deps.worker_db.transaction() as connection:
        counted = await count_audience(
            connection,
            subscriber_id=practice.subscriber.subscriber_id,
            location_id=practice.location.location_id,
            rule=made,
            now=now,
            sample=1000,
        )
    expected = {key for key, person in people.items() if _holds(made, person, now, practice.zone)}
    assert set(counted["sample"]) == {key for key in expected if people[key].status == "active"}
    assert (counted["people"], counted["matched"]) == (len(people), len(expected))


@pytest.mark.parametrize("fact", sorted(FACTS))
async def test_every_fact_can_be_asked_for(practice: Practice, fact: str) -> None:
    """Whatever the table of facts names is a question the database understands, with every operator it takes."""
    declared = FACTS[fact]
    values: dict[str, Any] = {
        "flag": [("is", True)],
        "number": [("at_least", 1), ("at_most", 1)],
        "day": [("before", "2026-01-01"), ("on_or_after", "2026-01-01"), ("within_days", 9), ("over_days_ago", 9)],
    }
    named = {"location": [str(uuid4())], "campaign_type": ["promotion"]}
    words = named.get(declared.choices) if isinstance(declared.choices, str) else list(declared.choices or ())[:1]
    days = {"days": 30} if declared.days != "none" else {}
    for operator, value in values.get(declared.kind) or [("is_one_of", words), ("is_none_of", words)]:
        rule = AudienceRule.model_validate({"fact": fact, "operator": operator, "value": value} | days)
        check_audience(rule, facts=FACTS, vertical=declared.verticals[0], campaign_types=_TYPES)
        async with practice.scheduler.deps.api_db.transaction() as connection:
            counted = await count_audience(
                connection,
                subscriber_id=practice.subscriber.subscriber_id,
                location_id=practice.location.location_id,
                rule=rule,
                now=practice.clock.now(),
                sample=1,
            )
        assert counted["people"] == 0
