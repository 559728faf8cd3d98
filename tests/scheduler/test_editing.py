"""Editing a campaign that runs: a new version, by which everything is written that has not left yet."""

import asyncio
from typing import Any
from uuid import UUID

from tests.scheduler.practice import Practice

_LETTER: dict[str, Any] = {"words": {"headline": "Old", "text": "We are here."}, "send_on": "2026-03-04"}
_NEW: dict[str, Any] = _LETTER | {"words": {"headline": "New", "text": "We are there."}}


def _headlines(practice: Practice, person: UUID) -> list[Any]:
    return [
        message.fields["words"]["headline"]
        for message in practice.messages
        if person in {touch.person_id for touch in message.touches} and message.topic == "news"
    ]


async def test_who_has_got_it_keeps_it_and_everybody_else_gets_the_new_version(practice: Practice) -> None:
    """N-99: sent stays as it was; what is queued at the mailer is asked back at once and written anew; each touch names its version."""
    ana, bo, cy = practice.person("Ana"), practice.person("Bo"), practice.person("Cy")
    practice.appointment(
        cy, "2026-03-05 15:00"
    )  # her reminder of the day goes first, so her newsletter moves on by a day
    await practice.run("follow_ingest", "plan")
    assert (await practice.switch_on("newsletter", _LETTER)).status_code == 201
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    sent, queued = [next(m for m in practice.messages if m.touches[0].person_id == who) for who in (ana, bo)]
    practice.outcome(sent, "sent")
    await practice.run()
    edited = await practice.edit("newsletter", settings=_NEW)
    assert (edited.status_code, edited.json()["version"], edited.json()["state"]) == (200, 2, "active")
    await practice.scheduler.step("deliver_outbox")
    assert practice.mailer.cancelled == [queued.touches[0].touch_id], "one step of the outbox after the answer (I24)"
    practice.outcome(queued, "cancelled", "cancelled")
    await practice.run()
    await practice.run()
    await practice.move_to("2026-03-05 10:00")
    assert (_headlines(practice, ana), _headlines(practice, bo), _headlines(practice, cy)) == (
        ["Old"],
        ["Old", "New"],
        ["New"],
    )
    rows = await practice.rows("select consumer_id, rule_version from touches where campaign_type = 'newsletter'")
    assert {row["consumer_id"]: row["rule_version"] for row in rows} == {ana: 1, bo: 2, cy: 2}
    kept = await practice.rows(
        "select version, settings ->> 'words' like '%Old%' as is_old from campaign_versions where campaign_id = $1 order by 1",
        practice.campaigns["newsletter"],
    )
    assert [tuple(row) for row in kept] == [(1, True), (2, False)]


async def test_two_edits_of_one_version_collide_and_only_one_counts(practice: Practice) -> None:
    """If-Match: the other is told that the campaign has changed since, and nothing of it is kept."""
    await practice.switch_on("newsletter", _LETTER)
    answers = await asyncio.gather(
        *(
            practice.edit("newsletter", settings=_LETTER | {"words": {"headline": name, "text": "x"}})
            for name in ("First", "Second")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (won,) = [answer.json()["settings"]["words"]["headline"] for answer in answers if answer.status_code == 200]
    rows = await practice.rows(
        "select c.settings -> 'words' ->> 'headline' as headline,"
        " (select count(*) from campaign_versions v where v.campaign_id = c.campaign_id) as versions"
        " from campaigns c where campaign_id = $1",
        practice.campaigns["newsletter"],
    )
    assert [tuple(row) for row in rows] == [(won, 2)]


async def test_an_edit_that_makes_no_sense_changes_nothing_and_a_day_stays_once_some_have_left(
    practice: Practice,
) -> None:
    """S-074: the checks of activation; the day may move until the first mail has left; afterwards words may still be mended on that day."""
    practice.person("Ana")
    await practice.run("follow_ingest", "plan")
    await practice.switch_on("newsletter", _LETTER)
    refused = await practice.edit("newsletter", settings=_LETTER | {"words": {"headline": "{{ name }}", "text": "x"}})
    assert [row["code"] for row in refused.json()["errors"]] == ["field_unknown"]
    past = await practice.edit("newsletter", settings=_LETTER | {"send_on": "2026-03-01"})
    assert [row["code"] for row in past.json()["errors"]] == ["send_on_past"]
    assert (await practice.edit("newsletter", settings=_LETTER | {"send_on": "2026-03-05"})).json()["version"] == 2
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    assert practice.messages == []
    await practice.move_to("2026-03-05 10:00")
    assert len(practice.messages) == 1
    moved = await practice.edit("newsletter", 2, settings=_LETTER | {"send_on": "2026-03-09"})
    assert moved.json()["code"] == "day_fixed"
    mended = await practice.edit("newsletter", 2, settings=_NEW | {"send_on": "2026-03-05"})
    assert (mended.status_code, mended.json()["version"]) == (200, 3)


async def test_an_edit_of_a_series_moves_what_is_still_ahead(practice: Practice) -> None:
    """Domain 2.3: steps switched off or placed otherwise by an edit; the new version plans them anew."""
    ana = practice.person("Ana")
    practice.appointment(ana, "2026-03-20 09:00")
    await practice.run()
    before = await practice.due(ana)
    edited = await practice.edit(
        "appointment_reminder", settings={"steps": {"three_days": {"days": -5}, "two_weeks": False}}
    )
    assert edited.status_code == 200, edited.text
    await practice.run()
    after = await practice.due(ana)
    assert (before["three_days"][:10], after["three_days"][:10]) == ("2026-03-17", "2026-03-13")
    assert (await practice.touches(ana))["two_weeks"] == ("cancelled", "step_off")


async def test_a_paused_newsletter_is_asked_back_resumed_and_cancelled(practice: Practice) -> None:
    """I24: pausing and ending ask the mailer at once for all that is queued; resumed it goes once; ended it never goes."""
    ana, bo = practice.person("Ana"), practice.person("Bo")
    await practice.run("follow_ingest", "plan")
    await practice.switch_on("newsletter", _LETTER)
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    queued = {message.touches[0].touch_id for message in practice.messages}
    assert len(queued) == 2
    await practice.set_state("newsletter", "paused")
    await practice.scheduler.step("deliver_outbox")
    assert set(practice.mailer.cancelled) == queued
    for message in practice.messages:
        practice.outcome(message, "cancelled", "cancelled")
    await practice.run()
    assert {tuple((await practice.touches(who)).values()) for who in (ana, bo)} == {(("held", "campaign_paused"),)}
    await practice.set_state("newsletter", "active", version=2)
    await practice.run()
    assert (len(_headlines(practice, ana)), len(_headlines(practice, bo))) == (2, 2)
    await practice.set_state("newsletter", "ended", version=3)
    await practice.scheduler.step("deliver_outbox")
    for message in practice.messages[2:]:
        assert message.touches[0].touch_id in practice.mailer.cancelled[2:]
        practice.outcome(message, "cancelled", "cancelled")
    await practice.run()
    await practice.run()
    assert {tuple((await practice.touches(who)).values()) for who in (ana, bo)} == {(("cancelled", "campaign_ended"),)}
    assert len(practice.messages) == 4
