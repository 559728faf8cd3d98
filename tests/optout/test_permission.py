"""Permission as a pure function of ledger entries: default deny, scopes, classes, persons, the one-way ratchet."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.optout.domain.entries import PLATFORM, LedgerEntry, NewEntry
from services.optout.domain.jurisdictions import CANADA, EXPRESS_ONLY, UNITED_STATES, jurisdictions_of, months_after
from services.optout.domain.permission import Decision, Question, as_of, decide_permission

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SUBSCRIBER, OTHER = UUID(int=1), UUID(int=2)
HERE, THERE = UUID(int=11), UUID(int=12)
ANN, BEN = UUID(int=21), UUID(int=22)
KEY = "1.aaaaaaaaaaaaaaaaaaaaaa"


def entry(number: int, kind: Any, **values: Any) -> NewEntry:
    """Return entry `number` about the address, a day old."""
    given: dict[str, Any] = {
        "subscriber_id": SUBSCRIBER,
        "entry_id": UUID(int=number),
        "kind": kind,
        "channel": "practice_system",
        "evidence": "visit:1",
        "occurred_at": NOW - timedelta(days=1),
        "address_key": KEY,
    }
    defaults = (
        {"basis": "existing_relationship"} if kind == "consent" else {"scope": "business", "suppression_class": "all"}
    )
    if kind == "lift":
        defaults |= {"channel": "signup"}
    return NewEntry(**(given | defaults | values))


def decide(entries: Sequence[NewEntry], **values: Any) -> Decision:
    """Decide about a commercial message to Ann, entries in this order."""
    given: dict[str, Any] = {
        "subscriber_id": SUBSCRIBER,
        "location_id": HERE,
        "address_key": KEY,
        "person_ids": (ANN,),
        "message_class": "commercial",
        "at": NOW,
    }
    links = [LedgerEntry(each, n, NOW, b"", b"") for n, each in enumerate(entries, start=1)]
    return decide_permission(Question(**(given | values)), reversed(links))


CONSENT = entry(100, "consent")
REFUSED_CASES: list[tuple[str, NewEntry, dict[str, Any]]] = [
    ("business, all", entry(1, "optout"), {}),
    ("business, commercial", entry(1, "optout", suppression_class="commercial"), {}),
    ("all stops transactional", entry(1, "optout"), {"message_class": "transactional"}),
    ("this location", entry(1, "optout", scope="location", location_id=HERE), {}),
    ("platform", entry(1, "optout", scope="platform", subscriber_id=PLATFORM), {}),
    ("the person at another address", entry(1, "optout", address_key=None, person_id=ANN), {}),
    ("one person of a family", entry(1, "optout", address_key=None, person_id=BEN), {"person_ids": (ANN, BEN)}),
    ("a location opened later", entry(1, "optout"), {"location_id": UUID(int=99)}),
]
IGNORED_CASES: list[tuple[str, NewEntry, dict[str, Any]]] = [
    ("another business", entry(1, "optout", subscriber_id=OTHER), {}),
    ("another location", entry(1, "optout", scope="location", location_id=THERE), {}),
    (
        "commercial on transactional",
        entry(1, "optout", suppression_class="commercial"),
        {"message_class": "transactional"},
    ),
    ("another address", entry(1, "optout", address_key="1.bbbbbbbbbbbbbbbbbbbbbb"), {}),
    ("another person", entry(1, "optout", address_key=None, person_id=BEN), {}),
    ("another topic", entry(1, "optout", topic="news"), {"topic": "care"}),
    ("a topic on a message of none", entry(1, "optout", topic="news"), {}),
    ("platform scope in a subscriber's chain", entry(1, "optout", scope="platform", subscriber_id=OTHER), {}),
]


@pytest.mark.parametrize(
    ("optout", "values"), [row[1:] for row in REFUSED_CASES], ids=[row[0] for row in REFUSED_CASES]
)
def test_an_opt_out_that_covers_the_message_refuses_it(optout: NewEntry, values: dict[str, Any]) -> None:
    """S-035, N-27, L-125: the refusal names the opt-out it rests on, whatever was consented before or after."""
    for entries in ([CONSENT, optout], [optout, CONSENT]):
        assert decide(entries, **values) == Decision("refused", f"optout_{optout.scope}", optout.entry_id)


@pytest.mark.parametrize("message_class", ["commercial", "transactional"])
@pytest.mark.parametrize(
    ("scope", "place"), [("business", None), ("location", HERE)], ids=["everywhere", "at this location"]
)
def test_an_opt_out_of_a_topic_refuses_mail_about_it(message_class: str, scope: str, place: UUID | None) -> None:
    """L-012: of either class; an opt-out of everything refuses every topic."""
    out = entry(1, "optout", topic="care", scope=scope, location_id=place)
    kind = {"message_class": message_class, "topic": "care"}
    assert decide([CONSENT, out], **kind) == Decision("refused", "optout_topic", out.entry_id)
    assert decide([CONSENT, entry(2, "optout")], **kind).reason == "optout_business"


@pytest.mark.parametrize(
    ("optout", "values"), [row[1:] for row in IGNORED_CASES], ids=[row[0] for row in IGNORED_CASES]
)
def test_an_opt_out_of_something_else_does_not_touch_it(optout: NewEntry, values: dict[str, Any]) -> None:
    """N-26: an opt-out covers what it says and no more."""
    assert decide([CONSENT, optout], **values) == Decision("allowed", "existing_relationship", CONSENT.entry_id)


@pytest.mark.parametrize(
    ("entries", "values", "reason"),
    [
        ([], {}, "no_consent"),
        ([entry(1, "consent", subscriber_id=OTHER)], {}, "no_consent"),
        ([entry(1, "consent", address_key="1.bbbbbbbbbbbbbbbbbbbbbb")], {}, "no_consent"),
        ([entry(1, "consent", person_id=BEN)], {}, "no_consent"),
        ([entry(1, "consent", person_id=ANN)], {"person_ids": (ANN, BEN)}, "no_consent"),
        ([entry(1, "consent", person_id=ANN)], {"person_ids": ()}, "no_consent"),
        ([entry(1, "consent", valid_until=NOW)], {}, "consent_expired"),
        ([entry(1, "consent", occurred_at=NOW + timedelta(seconds=1))], {}, "consent_not_yet_valid"),
    ],
)
def test_without_a_valid_consent_for_every_person_there_is_no_permission_yet(
    entries: list[NewEntry], values: dict[str, Any], reason: str
) -> None:
    """I8, N-37: default deny; nobody else's consent, no expired one."""
    decision = decide(entries, **values)
    assert (decision.answer, decision.reason) == ("no_permission_yet", reason)


def test_every_person_of_a_family_needs_a_consent_of_their_own_or_of_the_address() -> None:
    """I8: one consent per person, or one for the address."""
    own = [entry(1, "consent", person_id=ANN), entry(2, "consent", person_id=BEN)]
    assert decide(own, person_ids=(ANN, BEN)).answer == "allowed"
    assert decide([entry(1, "consent")], person_ids=(ANN, BEN)).answer == "allowed"


@pytest.mark.parametrize("basis", ["existing_relationship", "express", "double_opt_in"])
def test_a_source_that_says_ok_never_lifts(basis: str) -> None:
    """I9, S-038, N-21: a consent after the opt-out, of any basis and however often, changes nothing; only a lift does."""
    later = [entry(n, "consent", basis=basis, occurred_at=NOW - timedelta(minutes=n)) for n in range(2, 6)]
    assert decide([CONSENT, entry(1, "optout"), *later]).answer == "refused"


def test_a_lift_undoes_earlier_entries_of_the_same_key_scope_class_and_topic_only() -> None:
    """N-38, I9: and an opt-out after the lift holds again."""
    out, lift, again = entry(1, "optout"), entry(2, "lift"), entry(3, "optout")
    assert decide([CONSENT, out, lift]).answer == "allowed"
    assert decide([CONSENT, lift, out]).answer == "refused"
    assert decide([CONSENT, out, lift, again]) == Decision("refused", "optout_business", again.entry_id)
    for other in (
        entry(2, "lift", suppression_class="commercial"),
        entry(2, "lift", scope="location", location_id=HERE),
        entry(2, "lift", subscriber_id=PLATFORM, scope="platform"),
        entry(2, "lift", person_id=ANN),
        entry(2, "lift", topic="care", channel="preferences"),
    ):
        assert decide([CONSENT, out, other], topic="care").answer == "refused"
    care = entry(1, "optout", topic="care")
    for other in (lift, entry(2, "lift", topic="news")):
        assert decide([CONSENT, care, other], topic="care").answer == "refused"
    assert decide([CONSENT, care, entry(2, "lift", topic="care")], topic="care").answer == "allowed"


@pytest.mark.parametrize("channel", ["source_flag", "front_desk", "ingest", "practice_system"])
def test_a_lift_that_is_no_act_of_the_persons_own_lifts_nothing(channel: str) -> None:
    """I9, L-015: whoever wrote it."""
    assert decide([CONSENT, entry(1, "optout"), entry(2, "lift", channel=channel)]).answer == "refused"


def test_a_consent_to_one_location_is_none_for_another() -> None:
    """S-020: a consent covers what was agreed to."""
    here = entry(1, "consent", scope="location", location_id=HERE)
    assert decide([here]).answer == "allowed"
    assert decide([here], location_id=THERE).answer == "no_permission_yet"
    assert decide([entry(1, "consent", scope="business", location_id=HERE)], location_id=THERE).answer == "allowed"


@pytest.mark.parametrize(
    ("basis", "age_days", "laws", "answer", "reason"),
    [
        ("existing_relationship", 729, (CANADA,), "allowed", "existing_relationship"),
        ("existing_relationship", 731, (CANADA,), "no_permission_yet", "consent_expired"),
        ("inquiry", 180, (CANADA,), "allowed", "inquiry"),
        ("inquiry", 185, (CANADA,), "no_permission_yet", "consent_expired"),
        ("express", 4000, (CANADA,), "allowed", "express"),
        ("existing_relationship", 4000, (UNITED_STATES,), "allowed", "existing_relationship"),
        ("existing_relationship", 731, (UNITED_STATES, CANADA), "no_permission_yet", "consent_expired"),
        ("existing_relationship", 1, (EXPRESS_ONLY,), "no_permission_yet", "consent_too_weak"),
        ("existing_relationship", 1, (CANADA, EXPRESS_ONLY), "no_permission_yet", "consent_too_weak"),
        ("double_opt_in", 4000, (CANADA, EXPRESS_ONLY), "allowed", "double_opt_in"),
    ],
)
def test_the_strictest_law_decides_what_a_consent_is_worth(
    basis: str, age_days: int, laws: tuple[Any, ...], answer: str, reason: str
) -> None:
    """L-090, L-093, L-095, N-37: for advertising; mail about something agreed rests on any consent."""
    consent = entry(1, "consent", basis=basis, occurred_at=NOW - timedelta(days=age_days))
    decision = decide([consent], jurisdictions=laws)
    assert (decision.answer, decision.reason) == (answer, reason)
    assert decide([consent], jurisdictions=laws, message_class="transactional").answer == "allowed"


def test_a_country_that_nobody_looked_at_is_taken_for_the_strictest() -> None:
    """L-095: consumer and location each bring their law."""
    assert jurisdictions_of(None, None) == jurisdictions_of("US", "US") == (UNITED_STATES,)
    assert jurisdictions_of("US", "CA") == (UNITED_STATES, CANADA)
    assert jurisdictions_of("CA", "DE") == (CANADA, EXPRESS_ONLY)
    assert jurisdictions_of("AQ", None) == (EXPRESS_ONLY,)


def test_months_end_on_the_last_day_of_a_shorter_month() -> None:
    """L-090: two years after a leap day, half a year after the end of August."""
    assert months_after(datetime(2024, 2, 29, tzinfo=UTC), 24) == datetime(2026, 2, 28, tzinfo=UTC)
    assert months_after(datetime(2025, 8, 31, tzinfo=UTC), 6) == datetime(2026, 2, 28, tzinfo=UTC)
    assert months_after(datetime(2025, 12, 1, tzinfo=UTC), 1) == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_decision_of_the_past_rests_on_what_was_on_file_then() -> None:
    """L-020, L-092: what came later changes no old answer."""
    out = LedgerEntry(entry(1, "optout"), 2, NOW, b"", b"")
    consent = LedgerEntry(CONSENT, 1, NOW - timedelta(hours=2), b"", b"")
    question = Question(SUBSCRIBER, HERE, KEY, (ANN,), "commercial", NOW - timedelta(hours=1))
    assert decide_permission(question, as_of([consent, out], question.at)).answer == "allowed"
    assert decide_permission(question, [consent, out]).answer == "refused"
    assert as_of([consent, out], NOW - timedelta(hours=3)) == []
