"""The forecast of a campaign by hand: who would get it on which day, who not and why; then it happens that way."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from tests.scheduler.practice import Practice

_LETTER: dict[str, Any] = {
    "words": {"headline": "Spring", "text": "We are here."},
    "send_on": "2026-03-04",
    "audience": {"fact": "status", "operator": "is_one_of", "value": ["active"]},
}


async def _ask(practice: Practice, path: str = "", kind: str = "newsletter", **claims: Any) -> Any:
    return await practice.scheduler.http.get(
        f"/v1/campaigns/{practice.campaigns[kind]}/forecast{path}", headers=practice.headers(**claims)
    )


async def _town(practice: Practice) -> dict[str, UUID]:
    """Put one person of every kind on record; who has no address, no permission, another mail of the day, a shared mailbox."""
    people = {
        "plain": practice.person("Ana"),
        "refused": practice.person("Bo"),
        "silent": practice.person("Cy", mailbox=None),
        "child": practice.person("Di", minor_until="2030-01-01"),
        "reminded": practice.person("Ed"),
        "unheard": practice.person("Fay"),
        "father": practice.person("Gus", "home@example.com"),
        "mother": practice.person("Hana", "home@example.com"),
        "gone": practice.person("Ida", status="inactive"),
    }
    practice.appointment(people["reminded"], "2026-03-05 15:00")  # reminded on the 4th
    practice.optout.says = {
        people["refused"]: ("refused", "optout_business"),
        people["unheard"]: ("no_permission_yet", "nothing_on_file"),
    }
    await practice.run("follow_ingest", "plan")
    return people


async def test_a_draft_is_forecast_by_day_and_reason_and_nothing_is_changed(practice: Practice) -> None:
    """Figures add up to everybody; who shares a mailbox shares a mail; the day's other mail moves one on; permission is asked in one call."""
    await _town(practice)
    await practice.draft("newsletter", _LETTER)
    kept = await practice.rows("select * from touches order by touch_id")
    forecast = (await _ask(practice)).json()
    assert forecast["days"] == [
        {"day": "2026-03-04", "people": 3, "messages": 2},
        {"day": "2026-03-05", "people": 1, "messages": 1},
    ]
    assert {row["reason"]: row["people"] for row in forecast["reasons"]} == {
        "optout_business": 1,
        "no_address": 1,
        "minor_without_guardian": 1,
        "no_permission_yet": 1,
        "person_inactive": 1,
    }
    assert (forecast["people"], forecast["counted"], forecast["hold"]) == (9, 9, None)
    assert all(row["explanation"].endswith(".") for row in forecast["reasons"])
    assert [len(queries) for queries in practice.optout.asked] == [6]
    assert {(query["message_class"], query["topic"]) for query in practice.optout.asked[0]} == {("commercial", "news")}
    assert await practice.rows("select * from touches order by touch_id") == kept
    assert await practice.rows("select from replans") == []


async def test_the_list_tells_of_each_person_in_pages(practice: Practice) -> None:
    """The same, person by person; pages hold together."""
    people = await _town(practice)
    await practice.draft("newsletter", _LETTER)
    found: dict[str, tuple[Any, Any]] = {}
    after = ""
    while True:
        page = (await _ask(practice, f"/people?limit=4{after}")).json()
        found |= {row["consumer_id"]: (row["day"], row["reason"]) for row in page["items"]}
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert {name: found[str(person)] for name, person in people.items()} == {
        "plain": ("2026-03-04", None),
        "refused": (None, "optout_business"),
        "silent": (None, "no_address"),
        "child": (None, "minor_without_guardian"),
        "reminded": ("2026-03-05", None),
        "unheard": (None, "no_permission_yet"),
        "father": ("2026-03-04", None),
        "mother": ("2026-03-04", None),
        "gone": (None, "person_inactive"),
    }


async def test_what_was_forecast_is_what_planning_and_dispatch_then_do(practice: Practice) -> None:
    """S-003: started, the same people get it on the same days; who has it is told so, and so is who came a day late."""
    people = await _town(practice)
    practice.optout.says = {}
    await practice.draft("newsletter", _LETTER)
    foretold = {
        row["consumer_id"]: row["day"] for row in (await _ask(practice, "/people")).json()["items"] if row["day"]
    }
    assert (await practice.edit("newsletter", state="active")).status_code == 200
    await practice.scheduler.step("publish_contents")
    await practice.run()
    got: dict[str, str] = {}
    for day in ("2026-03-04", "2026-03-05"):
        await practice.move_to(f"{day} 10:00")
        for message in practice.messages:
            if message.topic == "news":
                for touch in message.touches:
                    got.setdefault(str(touch.person_id), day)
    assert got == foretold
    late = practice.person("Late")
    await practice.run()
    again = {row["consumer_id"]: row["reason"] for row in (await _ask(practice, "/people")).json()["items"]}
    assert again[str(people["plain"])] == again[str(people["father"])] == "has_it"
    assert again[str(late)] == again[str(people["mother"])] == "has_it"
    assert (await practice.touches(late))["on_the_day"] == ("dispatched", None)
    assert again[str(people["gone"])] == "person_inactive"


async def test_closed_days_the_audience_and_the_budget_are_minded(practice: Practice) -> None:
    """N-53: a day that is closed moves on to the next open one; a full thirty days' budget and an audience speak for themselves."""
    ana, bo = practice.person("Ana"), practice.person("Bo")
    practice.visit(ana, "2026-02-03 09:00", historic=True)
    await practice.push_location(closures=[date(2026, 3, 4)])
    await practice.run()
    been = {"fact": "visits", "operator": "at_least", "value": 1}
    await practice.draft("newsletter", _LETTER | {"audience": been, "budget": 1})
    items = (await _ask(practice, "/people")).json()["items"]
    assert {row["consumer_id"]: (row["day"], row["reason"]) for row in items} == {
        str(ana): ("2026-03-05", None),
        str(bo): (None, "not_in_audience"),
    }
    await practice.rows(
        "insert into messages (subscriber_id, message_id, campaign_id, location_id, address_key, kind, local_day, counts, state, grouped_at,"
        " commercial) select subscriber_id, gen_random_uuid(), gen_random_uuid(), location_id, address_key, 'survey', '2026-03-01', true, 'ended',"
        " now(), true from consumers where consumer_id = $1",
        ana,
    )
    (row,) = [row for row in (await _ask(practice, "/people")).json()["items"] if row["consumer_id"] == str(ana)]
    assert (row["day"], row["reason"]) == (None, "over_budget")


async def test_a_forecast_is_refused_where_there_is_none(practice: Practice) -> None:
    """S-012: foreign campaigns are unknown; series, unfinished drafts and a silent optout have no forecast; a pause is told."""
    await _town(practice)
    assert (await _ask(practice, kind="visit_thanks")).json()["code"] == "not_by_hand"
    await practice.draft("promotion", {"send_on": "2026-03-04"})
    assert (await _ask(practice, kind="promotion")).json()["code"] == "settings_unusable"
    await practice.switch_on("newsletter", {name: _LETTER[name] for name in ("words", "send_on")})
    assert (await _ask(practice, subscriber_id=uuid4())).status_code == 404
    assert (await _ask(practice, locations=(uuid4(),))).status_code == 404
    assert (await _ask(practice, scopes="records")).status_code == 403
    await practice.set_state("newsletter", "paused")
    assert (await _ask(practice)).json()["hold"] == "campaign_paused"
    practice.optout.is_silent = True
    assert (await _ask(practice)).json()["code"] == "busy"
