"""The scheduler's face: campaigns with their refusals, touches in pages, reasons, status, and other people's ids."""

from typing import Any
from uuid import uuid4

from shared.kit.clock import ManualClock
from tests.fixtures.builders import build_subscriber
from tests.fixtures.services import Neighbours
from tests.scheduler.practice import Practice, open_practice


async def test_a_campaign_is_refused_with_the_reason_before_anything_is_planned(
    clock: ManualClock, neighbours: Neighbours
) -> None:
    """S-074, S-052, N-49, N-60: every earlier state of onboarding, contradictory or unknown settings."""
    practice = await open_practice(clock, neighbours, state="onboarding")
    practice.appointment(practice.person(), "2026-03-20 09:00")

    async def refusal(kind: str = "appointment_reminder", settings: dict[str, Any] | None = None, **where: Any) -> Any:
        answer = await practice.switch_on(kind, settings, **where)
        return answer.status_code, answer.json()["code"]

    assert await refusal() == (409, "location_not_live")
    await practice.push_location(state="live", hours=[])
    assert await refusal() == (409, "hours_missing")
    await practice.push_location(hours=[])
    assert await refusal("horoscope") == (404, "campaign_type_unknown")
    assert await refusal(location_id=uuid4()) == (404, "not_found")
    unusable: list[dict[str, Any]] = [
        {"colour": 1},
        {"steps": {"x": True}},
        {"steps": []},
        {"steps": {"two_weeks": 1}},
        {"send_from": "25:00"},
        {"send_until": "08:30"},
    ]
    for settings in unusable:
        assert await refusal(settings=settings) == (422, "settings_unusable")
    inactive = build_subscriber(subscriber_id=practice.subscriber.subscriber_id, active=False)
    unsigned = build_subscriber(subscriber_id=practice.subscriber.subscriber_id, agreement_accepted_at=None)
    for version, (facts, expected) in enumerate(
        ((inactive, (409, "subscriber_inactive")), (unsigned, (403, "agreement_required"))), start=2
    ):
        await neighbours.push("scheduler", "subscriber", str(facts.subscriber_id), facts, version=version)
        assert await refusal() == expected
    await practice.run()
    assert await practice.touches() == {}


async def test_campaigns_are_made_once_changed_by_version_and_stay_ended(practice: Practice) -> None:
    """Idempotency-Key, ETag and If-Match; one running campaign of a type a location."""
    http, headers = practice.scheduler.http, practice.headers()
    assert (await practice.switch_on("visit_thanks")).json()["code"] == "campaign_exists"
    path = f"/v1/campaigns/{practice.campaigns['visit_thanks']}"
    shown = await http.get(path, headers=headers)
    assert (shown.status_code, shown.headers["etag"]) == (200, '"1"')
    assert (await http.patch(path, json={"state": "paused"}, headers=headers)).status_code == 428
    assert (await practice.set_state("visit_thanks", "paused", version=7)).status_code == 412
    assert (await practice.set_state("visit_thanks", "ended")).json()["version"] == 2
    assert (await practice.set_state("visit_thanks", "active", version=2)).json()["code"] == "campaign_ended"
    body = {"location_id": str(practice.location.location_id), "type": "visit_thanks"}
    caller = practice.headers(client_id=uuid4()) | {"Idempotency-Key": "again"}
    first = await http.post("/v1/campaigns", json=body, headers=caller)
    second = await http.post("/v1/campaigns", json=body, headers=caller)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["location"] == f"/v1/campaigns/{first.json()['campaign_id']}"
    listed = await http.get("/v1/campaigns", params={"limit": 2}, headers=headers)
    rest = await http.get("/v1/campaigns", params={"after": listed.json()["next"]}, headers=headers)
    assert [len(listed.json()["items"]), len(rest.json()["items"])] == [2, 1]
    assert rest.json()["next"] is None
    versions = await practice.rows(
        "select version, state from campaign_versions where campaign_id = $1 order by 1",
        practice.campaigns["visit_thanks"],
    )
    assert [tuple(row) for row in versions] == [(1, "active"), (2, "ended")]
    types = await http.get("/v1/campaign-types", headers=headers)
    assert {"appointment_reminder", "visit_thanks"} < {row["slug"] for row in types.json()["items"]}


async def test_another_subscribers_ids_are_unknown_here(practice: Practice) -> None:
    """S-012, S2: foreign ids answer as unknown ones, locations outside the credential too; wrong scope and broken cursors are refused."""
    ana = practice.person()
    practice.appointment(ana, "2026-03-20 09:00")
    await practice.run()
    http, campaign = practice.scheduler.http, practice.campaigns["visit_thanks"]
    stranger = practice.headers(subscriber_id=uuid4())
    bound = practice.headers(locations=(uuid4(),))
    for headers in (stranger, bound):
        assert (await http.get(f"/v1/campaigns/{campaign}", headers=headers)).status_code == 404
        changed = await http.patch(
            f"/v1/campaigns/{campaign}", json={"state": "ended"}, headers=headers | {"If-Match": "1"}
        )
        assert changed.status_code == 404
        assert (await http.get(f"/v1/consumers/{ana}/reasons", headers=headers)).status_code == 404
        assert (await http.get("/v1/touches", headers=headers)).json()["items"] == []
        assert (await http.get("/v1/campaigns", headers=headers)).json()["items"] == []
        made = await http.post(
            "/v1/campaigns",
            json={"location_id": str(practice.location.location_id), "type": "visit_thanks"},
            headers=headers,
        )
        assert made.status_code == 404
    assert (await http.get("/v1/status", headers=stranger)).json()["planned"] == 0
    assert (await http.get("/v1/touches", headers=practice.headers("ingest"))).status_code == 403
    for path in ("/v1/touches", "/v1/campaigns"):
        for cursor in ("x", "WzFd", "WyJhIl0", "WyJhIiwiYiJd"):
            assert (await http.get(path, params={"after": cursor}, headers=practice.headers())).status_code == 400


async def test_touches_come_in_pages_and_say_why(practice: Practice) -> None:
    """S-003: each touch names its rule, its trigger record and its reason; pages hold together."""
    people = [practice.person() for _ in range(3)]
    for person in people:
        practice.appointment(person, "2026-03-10 09:30")
    await practice.run()
    http, seen, after = practice.scheduler.http, [], None
    while True:
        params = {"limit": 4} | ({"after": after} if after else {})
        page = (await http.get("/v1/touches", params=params, headers=practice.headers())).json()
        seen += [row["touch_id"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 9
    params = {"consumer_id": str(people[0]), "state": "skipped"}
    (touch,) = (await http.get("/v1/touches", params=params, headers=practice.headers())).json()["items"]
    assert touch["reason"] == "step_past"
    assert touch["rule_version"] == 1
    assert touch["explanation"] == (
        "Appointment reminder: due 14 days before the appointment at 10:00, rolled back over closed days. It was skipped. "
        "The step's time was already past when it came up, and steps are never sent late all at once (N-46)."
    )


async def test_reasons_tell_of_every_campaign_what_it_found(practice: Practice) -> None:
    """S-003: why this went out, why this did not, for any consumer."""
    ana, bo, cy, di = practice.person(), practice.person(status="deceased"), practice.person(), practice.person()
    for person, status in ((ana, "booked"), (cy, "cancelled")):
        practice.appointment(person, "2026-03-20 09:00", status=status)
    practice.appointment(di, "2026-02-20 09:00", status="completed")
    practice.visit(di, "2026-02-01 09:00")
    await practice.run()
    found = {}
    for name, person in (("ana", ana), ("bo", bo), ("cy", cy), ("di", di)):
        reasons = await practice.reasons(person)
        found[name] = {row["campaign_type"]: (row["verdict"], row["reason"]) for row in reasons["verdicts"]}
        assert all(row["explanation"].endswith(".") for row in reasons["verdicts"])
    assert found == {
        "ana": {"appointment_reminder": ("touch", "planned"), "visit_thanks": ("nothing", "visit_none")},
        "bo": {"appointment_reminder": ("nothing", "person_deceased"), "visit_thanks": ("nothing", "person_deceased")},
        "cy": {"appointment_reminder": ("nothing", "appointment_cancelled"), "visit_thanks": ("nothing", "visit_none")},
        "di": {"appointment_reminder": ("nothing", "appointment_past"), "visit_thanks": ("nothing", "visit_past")},
    }


async def test_reasons_come_in_pages_and_verdicts_do_not_depend_on_the_page(practice: Practice) -> None:
    """S-003: a person with a long history is told everything; the verdict is of the campaign's last touch on every page."""
    ana = practice.person()
    for day in (10, 20):
        practice.appointment(ana, f"2026-03-{day} 09:30")
    await practice.run()
    whole = await practice.reasons(ana)
    path = f"/v1/consumers/{ana}/reasons"
    seen: list[Any] = []
    after: dict[str, str] = {}
    while True:
        params = {"limit": "2"} | after
        page = (await practice.scheduler.http.get(path, params=params, headers=practice.headers())).json()
        assert len(page["touches"]) <= 2
        assert page["verdicts"] == whole["verdicts"]
        seen += page["touches"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == whole["touches"]
    assert len(seen) > 4
    refused = await practice.scheduler.http.get(path, params={"after": "x"}, headers=practice.headers())
    assert (refused.status_code, refused.json()["code"]) == (400, "cursor_unreadable")


async def test_status_counts_what_is_behind_due_and_open(practice: Practice) -> None:
    """Portal and the demo wait on these figures: nothing due is ever uncounted."""

    async def figures() -> dict[str, int]:
        answer = (await practice.scheduler.http.get("/v1/status", headers=practice.headers())).json()
        return {name: answer[name] for name in ("behind", "planned", "held", "due", "open")}

    ana = practice.person()
    practice.appointment(ana, "2026-03-04 15:00")
    await practice.run("follow_ingest")
    assert await figures() == {"behind": 1, "planned": 0, "held": 0, "due": 0, "open": 0}
    await practice.run("plan")
    assert await figures() == {"behind": 0, "planned": 1, "held": 0, "due": 0, "open": 0}
    practice.clock.set(practice.at("2026-03-03 10:00"))
    assert (await figures())["due"] == 1
    practice.mailer.is_silent = True
    await practice.run("group", "submit")
    assert await figures() == {"behind": 0, "planned": 0, "held": 0, "due": 1, "open": 0}
    practice.mailer.is_silent = False
    await practice.rows("update messages set lease_until = null")
    await practice.run("group", "submit")
    assert await figures() == {"behind": 0, "planned": 0, "held": 0, "due": 0, "open": 1}
    practice.outcome(practice.messages[0], "recheck", "no_permission_yet")
    await practice.run("follow_mailer")
    assert await figures() == {"behind": 0, "planned": 0, "held": 1, "due": 0, "open": 0}


async def test_a_change_is_planned_before_a_whole_locations_backlog(practice: Practice) -> None:
    """P5: switching a campaign on for everybody does not starve the change of one person."""
    people = [practice.person() for _ in range(5)]
    await practice.run()
    await practice.push_location(phone="+1 415 555 0199")
    practice.appointment(people[3], "2026-03-20 09:00")
    await practice.run("follow_ingest")
    await practice.rows(
        "insert into replans select subscriber_id, consumer_id, true from consumers on conflict do nothing"
    )
    order = await practice.rows("select consumer_id from replans order by bulk")
    assert order[0]["consumer_id"] == people[3]
    await practice.run()
