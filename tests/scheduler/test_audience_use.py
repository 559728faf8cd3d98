"""Audiences at work: counted before anything is sent, and a campaign writes to nobody who is not in its own."""

from typing import Any
from uuid import UUID, uuid4

from tests.scheduler.practice import Practice

_WORDS: dict[str, Any] = {"words": {"headline": "Spring", "text": "We are here."}, "send_on": "2026-03-04"}
_BEEN_TWICE: dict[str, Any] = {"fact": "visits", "operator": "at_least", "value": 2}


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
    await practice.switch_on("newsletter", _WORDS | {"audience": _BEEN_TWICE | {"value": 1}})
    await practice.rows(
        """update campaigns set settings = jsonb_set(settings, '{audience,fact}', '"retired"') where type = 'newsletter'"""
    )
    await practice.run()
    assert (await practice.touches(person))["on_the_day"] == ("skipped", "not_in_audience")
