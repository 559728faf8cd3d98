"""Who is written to at all: active people, minors through a guardian, and those who become fit in time; the reason is on file for everybody else."""

from datetime import timedelta

from tests.scheduler.practice import Practice
from tests.scheduler.test_planning import REST


async def test_who_is_not_active_gets_nothing_and_the_reason_is_on_file(practice: Practice) -> None:
    """Rule 7 of domain 2.3, L-120: deceased, inactive, prospect, held, minors without a guardian, no address."""
    today = practice.clock.now().date()
    expected = {
        practice.person(status="deceased"): "person_deceased",
        practice.person(status="inactive"): "person_inactive",
        practice.person(status="prospect"): "person_prospect",
        practice.person(status="held"): "person_held",
        practice.person(deleted=True): "person_gone",
        practice.person(mailbox=None): "no_address",
        practice.person(mailbox=None, address_problem="placeholder"): "placeholder",
        practice.person(minor_until=today + timedelta(days=900)): "minor_without_guardian",
    }
    for person in expected:
        practice.appointment(person, "2026-03-20 09:00")
    await practice.run()
    for person, reason in expected.items():
        assert set((await practice.touches(person)).values()) == {("skipped", reason)}
    await practice.move_to("2026-03-19 10:00")
    assert practice.messages == []


async def test_a_minor_is_written_to_through_the_guardian_who_must_be_alive(practice: Practice) -> None:
    """L-120: the mail goes to the guardian, greets nobody by the child's name, and stops when the guardian dies."""
    adult = practice.person("Eve", "eve@example.com")
    child = practice.person(
        "Max", "eve@example.com", recipient_id=adult, minor_until=practice.clock.now().date() + timedelta(days=900)
    )
    practice.appointment(child, "2026-03-05 09:00")
    await practice.run()
    await practice.move_to("2026-03-04 10:00")
    (message,) = practice.messages
    assert message.fields["person"] == {"first_name": ""}
    assert message.fields["about"] == {"several": False, "name": "Max", "another": True, "changed": False} | REST
    practice.appointment(child, "2026-03-20 09:00")
    await practice.run()
    practice.person("Eve", "eve@example.com", id=adult, status="deceased")
    await practice.run()
    assert (await practice.touches(child))["day_before 2026-03-20T09:00"] == ("skipped", "recipient_unfit")


async def test_somebody_who_becomes_fit_in_time_is_planned_again(practice: Practice) -> None:
    """A skipped touch is revived while its time is ahead, and keeps its own reason afterwards."""
    ana = practice.person(mailbox=None)
    practice.appointment(ana, "2026-03-20 09:00")
    await practice.run()
    practice.clock.set(practice.at("2026-03-07 12:00"))
    practice.person(id=ana)
    await practice.run()
    assert await practice.touches(ana) == {
        "two_weeks": ("skipped", "no_address"),
        "three_days": ("planned", None),
        "day_before": ("planned", None),
    }
