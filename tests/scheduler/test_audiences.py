"""Audiences: what a rule may say, that the database chooses whom the words choose, and that a campaign writes to nobody else."""

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
_WORDS: dict[str, Any] = {"words": {"headline": "Spring", "text": "We are here."}, "send_on": "2026-03-04"}
_BEEN_TWICE: dict[str, Any] = {"fact": "visits", "operator": "at_least", "value": 2}


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
    rule = {
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
    birthday = {"birth_month": month, "birth_day": 15} if month else {}
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


async def _count(practice: Practice, audience: Any, **where: Any) -> Any:
    body = {"location_id": str(where.pop("location_id", practice.location.location_id)), "audience": audience}
    return await practice.scheduler.http.post("/v1/audiences/count", json=body, headers=practice.headers(**where))


async def test_an_audience_is_counted_before_anything_is_sent(practice: Practice) -> None:
    """Sentence, counts and a sample; a warning when it chooses nobody or everybody; nothing of another business."""
    twice, once = practice.person(), practice.person()
    silent = practice.person(mailbox=None)
    for person, days in ((twice, (1, 2)), (once, (3,)), (silent, (4, 5))):
        for day in days:
            practice.visit(person, f"2026-02-0{day} 09:00")
    await practice.run("follow_ingest", "plan")
    answer = await _count(practice, _BEEN_TWICE)
    assert answer.json() == {
        "sentence": "Everybody for whom the number of visits is at least 2.",
        "people": 3,
        "matched": 2,
        "reachable": 1,
        "sample": [str(twice)],
        "warnings": [],
    }
    assert (await _count(practice, _BEEN_TWICE | {"value": 1})).json()["warnings"] == ["matches_everybody"]
    assert (await _count(practice, _BEEN_TWICE | {"value": 3})).json()["warnings"] == ["matches_nobody"]
    refused = await _count(practice, _BEEN_TWICE | {"fact": "shoe_size"})
    assert (refused.status_code, refused.json()["code"]) == (422, "audience_refused")
    assert refused.json()["errors"] == [{"field": "audience.fact", "code": "fact_unknown"}]
    assert (await _count(practice, _BEEN_TWICE, subscriber_id=uuid4())).status_code == 404
    assert (await _count(practice, _BEEN_TWICE, location_id=uuid4())).status_code == 404


async def test_a_campaign_writes_only_to_who_is_in_its_audience_when_it_falls_due(practice: Practice) -> None:
    """Who qualifies now: looked at when planned and again at the last moment; `not_in_audience` is on file for everybody else."""
    loyal, joining, leaving = (practice.person(name) for name in ("Ana", "Ben", "Cleo"))
    for person in (loyal, leaving):
        practice.visit(person, "2026-02-02 09:00")
    gone = practice.visit(leaving, "2026-02-03 09:00")
    practice.visit(loyal, "2026-02-03 09:00")
    practice.visit(joining, "2026-02-03 09:00")
    await practice.run()
    made = await practice.switch_on("newsletter", _WORDS | {"audience": _BEEN_TWICE})
    assert made.status_code == 201, made.text
    await practice.run()

    async def newsletter(person: UUID) -> Any:
        return (await practice.touches(person))["on_the_day"]

    assert [await newsletter(person) for person in (loyal, joining, leaving)] == [
        ("planned", None),
        ("skipped", "not_in_audience"),
        ("planned", None),
    ]
    practice.visit(joining, "2026-02-04 09:00")
    await practice.run()
    practice.visit(leaving, "2026-02-03 09:00", id=gone, deleted=True)
    await practice.move_to("2026-03-04 10:00")
    assert sorted(names for _, names, slug in practice.mails() if slug.startswith("newsletter")) == [["Ana"], ["Ben"]]
    assert await newsletter(leaving) == ("skipped", "not_in_audience")
    (verdict,) = [row for row in (await practice.reasons(leaving))["verdicts"] if row["campaign_type"] == "newsletter"]
    assert (verdict["reason"], "audience as its facts stand now" in verdict["explanation"]) == ("not_in_audience", True)


async def test_a_campaign_with_an_audience_that_makes_no_sense_is_not_switched_on(practice: Practice) -> None:
    """Refused before anything is planned; series that follow a record take no audience."""
    refused = await practice.switch_on("newsletter", _WORDS | {"audience": _BEEN_TWICE | {"operator": "is"}})
    assert (refused.status_code, refused.json()["errors"]) == (
        422,
        [{"field": "audience.operator", "code": "operator_wrong"}],
    )
    series = await practice.switch_on("recare_due", {"audience": _BEEN_TWICE})
    assert series.json()["errors"] == [{"field": "settings.audience", "code": "unusable"}]


async def test_an_audience_that_a_later_release_cannot_read_chooses_nobody(practice: Practice) -> None:
    """Default deny: a stored rule that names a fact there no longer is writes to nobody, not to everybody, and stops no other plan."""
    person = practice.person()
    practice.visit(person, "2026-02-02 09:00")
    await practice.switch_on("newsletter", _WORDS | {"audience": _rule()})
    await practice.rows(
        """update campaigns set settings = jsonb_set(settings, '{audience,fact}', '"retired"') where type = 'newsletter'"""
    )
    await practice.run()
    assert (await practice.touches(person))["on_the_day"] == ("skipped", "not_in_audience")
