"""The demonstration's accounting notices everything that could be wrong: each test spoils one thing of a stage that adds up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.demo.account import account, as_json
from deploy.demo.evidence import Batch, Evidence
from deploy.demo.mail import Mail
from deploy.demo.paint import Paint
from deploy.demo.show import show_account
from tests.demo import stage as made
from tests.demo.stage import ANN, BOB, CAL, DEE, MAILS, TOUCHES, letter, stage, touch, with_side


def codes(evidence: Evidence) -> set[str]:
    """The codes of everything found wrong."""
    return {fault.code for fault in account(evidence).faults}


def test_what_is_right_adds_up_and_everyone_without_mail_has_a_reason() -> None:
    """The reason for every consumer who got nothing."""
    evidence = stage()
    found = account(evidence)
    assert found.faults == ()
    [business] = found.businesses
    assert (business.consumers, business.written_to) == (4, 2)
    assert business.mails == {"appointment_reminder": 1, "visit_thanks": 1}
    assert business.nothing == {"not_due_yet": [DEE], "person_deceased": [CAL]}
    shown = show_account(found, Paint(False), width=100, took_s=1.0)
    assert "Everything adds up" in shown
    assert "\x1b" not in shown
    assert as_json(found, seed=1, evidence=evidence, took_s=1.0)["adds_up"] is True


def test_a_removed_mail_is_missed_by_truth_and_by_both_ledgers() -> None:
    """I2: what a ledger calls sent was caught, and who must get mail has it."""
    assert codes(stage(mails=MAILS[:1])) == {"mail_missing", "mail_lost", "person_left_out", "reason_untrue"}


def test_a_mail_twice_is_noticed_with_and_without_its_message_id() -> None:
    """I1: never twice."""
    again = replace(MAILS[1], number=3)
    assert codes(stage(mails=[*MAILS, again])) == {"mail_twice", "address_twice_a_day"}
    other = letter(3, "b2", BOB, "commercial")
    assert codes(stage(mails=[*MAILS, other])) == {"address_twice_a_day", "mail_unaccounted"}


@pytest.mark.parametrize(
    ("person", "kind", "code"),
    [
        (CAL, "commercial", "mail_forbidden"),
        (BOB, "transactional", "mail_forbidden"),
        ("P9", "commercial", "address_unknown"),
    ],
)
def test_a_mail_that_the_truth_forbids_is_noticed(person: str, kind: str, code: str) -> None:
    """A mail to the dead, for the wrong reason, to nobody we know."""
    assert code in codes(stage(mails=[*MAILS, letter(3, "x", person, kind)]))


def test_a_mail_after_the_opt_out_is_noticed() -> None:
    """An opt-out overtakes everything."""
    date = made.NEXT_DAY.strftime("%a, %d %b %Y %H:%M:%S +0000")
    late = letter(3, "a2", ANN, "transactional", Date=date)
    assert "mail_after_optout" in codes(stage(mails=[*MAILS, late]))


def test_a_touch_sent_about_somebody_who_may_not_be_spoken_of_is_noticed() -> None:
    """A family mail may go out, but not about its dead."""
    dead = touch("c1", CAL, "visit_thanks", "sent", message_id=made.key("b1"))
    assert codes(stage(touches=[*TOUCHES[:3], dead, TOUCHES[4]])) >= {"person_forbidden"}


HEADERS = ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Message-ID", "Date", "Auto-Submitted", "Subject")


@pytest.mark.parametrize("name", HEADERS)
def test_a_missing_header_is_noticed(name: str) -> None:
    """RFC 8058, RFC 2919, RFC 3834: each required header, one at a time."""
    bare = letter(1, "a1", ANN, "transactional", **{name.replace("-", "_"): ""})
    assert "header_missing" in codes(stage(mails=[bare, MAILS[1]]))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b", <mailto:unsub+1@bounces.example.com>", b"", "list_unsubscribe_incomplete"),
        (b"2100 Harbor View Road", b"", "postal_address_missing"),
        (b"<a href='http://127.0.0.1:1/u/token'>", b"<a>", "optout_link_missing"),
        (b"--b\r\nContent-Type: text/html", b"--b\r\nContent-Type: text/other", "part_missing"),
        (b"Subject: Hello\r\n", b"Subject: Hello\r\nBcc: victim@example.org\r\n", "header_smuggled"),
        (b"<p>Hello</p>", b"<p>canary: 078-05-1120</p>", "canary_leaked"),
        (b"Subject: Hello\r\n", b"Subject: =?utf-8?q?canary:_078-05-1120?=\r\n", "canary_leaked"),
        (b"auto-generated", b"no", "auto_submitted_wrong"),
        (b"hello@brightsmile", b"hello@elsewhere", "sender_unknown"),
        (b"To: <p1@", b"To: <p2@", "recipient_wrong"),
        (b"18:05:00 +0000", b"07:05:00 +0000", "at_night"),
    ],
)
def test_a_mail_in_the_wrong_shape_is_noticed(old: bytes, new: bytes, code: str) -> None:
    """L-007, L-030, L-032: postal address and a way out in both parts, nothing smuggled, nothing leaked."""
    assert old in MAILS[0].raw
    spoiled = Mail(1, MAILS[0].recipients, 1.0, MAILS[0].raw.replace(old, new))
    assert code in codes(stage(mails=[spoiled, MAILS[1]]))


def test_a_touch_without_an_end_is_noticed() -> None:
    """Every touch is exactly accounted for."""
    for state in ("dispatched", "planned", "held"):
        stuck = touch("d1", DEE, "appointment_reminder", state, due_at=made.SENT)
        assert "touch_without_end" in codes(stage(touches=[*TOUCHES[:4], stuck]))
    lost = touch("d1", DEE, "appointment_reminder", "uncertain", reason="connection_lost")
    assert "touch_ended_badly" in codes(stage(touches=[*TOUCHES[:4], lost]))
    mute = touch("c1", CAL, "visit_thanks", "skipped")
    assert "reason_missing" in codes(stage(touches=[*TOUCHES[:3], mute, TOUCHES[4]]))


def test_ledgers_that_disagree_are_noticed() -> None:
    """The mailer's account and the scheduler's are each held against the catcher."""
    evidence = stage()
    unsent = dict((made.message("a1", "uncertain"), made.message("a2", "suppressed"), made.message("b1", "sent")))
    assert codes(with_side(evidence, messages=unsent)) == {"mail_unaccounted"}
    phantom = {**evidence.sides[0].messages, **dict((made.message("z", "sent"),))}
    assert codes(with_side(evidence, messages=phantom)) == {"mail_lost"}


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        (Batch(11, 1, made.report()), "records_lost"),
        (Batch(10, 1, made.report(applied=7)), "records_unaccounted"),
        (Batch(10, 2, made.report()), "rejections_wrong"),
        (Batch(10, 1, made.report(state="running")), "batch_open"),
    ],
)
def test_a_batch_report_that_does_not_add_up_is_noticed(batch: Batch, code: str) -> None:
    """I2: received = applied + unchanged + superseded + parked + rejected = sent."""
    assert codes(with_side(stage(), batches=(batch,))) == {code}


def test_a_silence_without_a_true_reason_is_noticed() -> None:
    """S-003: no reason, and a reason that is not the true one."""
    no_touch = [*TOUCHES[:3], TOUCHES[4]]
    assert codes(with_side(stage(touches=no_touch), reasons={})) == {"unexplained"}
    wrong = touch("c1", CAL, "visit_thanks", "skipped", reason="person_inactive")
    assert codes(stage(touches=[*TOUCHES[:3], wrong, TOUCHES[4]])) == {"reason_untrue"}


def test_an_opt_out_that_stopped_nothing_proves_nothing() -> None:
    """The person who opts out must have had more mail coming."""
    later = touch("a2", ANN, "appointment_reminder", "planned", due_at=made.END + timedelta(days=1))
    assert codes(stage(touches=[TOUCHES[0], later, *TOUCHES[2:]])) == {"optout_untested"}


def test_a_leak_into_a_log_is_noticed() -> None:
    """S-059: forbidden fields are in no log and no answer."""
    assert codes(replace(stage(), leaks=("log ingest.log",))) == {"canary_leaked"}
