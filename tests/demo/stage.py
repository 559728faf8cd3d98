"""A small demonstration that adds up, made of values: what the tests of the accounting then spoil."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from deploy.demo.businesses import BRIGHT_SMILE
from deploy.demo.evidence import Batch, Evidence, OneClick, Side, Truth
from deploy.demo.mail import Mail
from deploy.demo.truth import Barrier, Campaign, Cause, Expectation
from shared.schemas.ingest import BatchReport
from shared.schemas.mailer import MessageStatus
from shared.schemas.scheduler import Reasons, Touch, TouchState, Verdict

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENT = datetime(2026, 11, 24, 18, 5, tzinfo=UTC)  # 10:05 in Los Angeles
NEXT_DAY = SENT + timedelta(days=1)
END = datetime(2026, 11, 26, 3, 55, tzinfo=UTC)
SPACE = UUID(int=7)
CANARY = "canary: 078-05-1120"
ANN, BOB, CAL, DEE = "P1", "P2", "P3", "P4"
"""Ann has an appointment tomorrow and one the day after, Bob was there yesterday, Cal is dead, Dee comes next week."""


def key(name: str) -> UUID:
    """A fixed id for a name."""
    return uuid5(SPACE, name)


def expect(foreign_id: str, *causes: Cause, barred: Barrier = "") -> Expectation:
    """The truth about one person, whose mailbox carries the foreign id."""
    mailbox = f"{foreign_id.lower()}@example.com"
    return Expectation(BRIGHT_SMILE.slug, foreign_id, "test", mailbox, barred, causes)


def cause(campaign: Campaign, days: float, *, certain: bool = False) -> Cause:
    """An appointment or visit some days from the start."""
    return Cause(campaign, f"C{days}", START + timedelta(days=days), "", certain)


EXPECTED = (
    expect(ANN, cause("appointment_reminder", 1.2, certain=True), cause("appointment_reminder", 2.2)),
    expect(BOB, cause("visit_thanks", -1, certain=True)),
    expect(CAL, cause("visit_thanks", -1), barred="deceased"),
    expect(DEE, cause("appointment_reminder", 7)),
)


def touch(name: str, person: str, campaign: Campaign, state: TouchState, **values: object) -> Touch:
    """A touch; `sent` ones carry the message of the same name."""
    given: dict[str, object] = {
        "touch_id": key(f"touch {name}"),
        "campaign_id": key(campaign),
        "campaign_type": campaign,
        "step": "step",
        "cycle": name,
        "consumer_id": key(person),
        "trigger_id": key(f"trigger {name}"),
        "due_at": SENT,
        "useful_until": SENT + timedelta(days=1),
        "state": state,
        "reason": None,
        "explanation": "",
        "message_id": key(name) if state in ("sent", "suppressed") else None,
        "rule_version": 1,
        "final_at": None,
    }
    return Touch.model_validate(given | values)


TOUCHES = (
    touch("a1", ANN, "appointment_reminder", "sent"),
    touch("a2", ANN, "appointment_reminder", "suppressed", due_at=NEXT_DAY, reason="optout_business"),
    touch("b1", BOB, "visit_thanks", "sent"),
    touch("c1", CAL, "visit_thanks", "skipped", reason="person_deceased"),
    touch("d1", DEE, "appointment_reminder", "planned", due_at=START + timedelta(days=6)),
)


def letter(number: int, name: str, person: str, kind: str, **headers: str) -> Mail:
    """A mail with everything a mail needs; `headers` replace lines, an empty value leaves one out."""
    address = BRIGHT_SMILE.location["postal_address"]
    footer = f"{address['line1']}, {address['city']} {address['postal_code']}"
    lines = {
        "From": "Bright Smile Dental <hello@brightsmile.example.com>",
        "To": f"<{person.lower()}@example.com>",
        "Subject": "Hello",
        "Date": SENT.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "Message-ID": f"<{key(name)}@bounces.example.com>",
        "List-Unsubscribe": "<http://127.0.0.1:1/u/token>, <mailto:unsub+1@bounces.example.com>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"<{kind}.{'0' * 32}.bounces.example.com>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="b"',
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    text = f"Hello\r\n{footer}\r\nhttp://127.0.0.1:1/u/token\r\n"
    html = f"<p>Hello</p><p>{footer}</p><a href='http://127.0.0.1:1/u/token'>stop</a>\r\n"
    body = f"--b\r\nContent-Type: text/plain\r\n\r\n{text}--b\r\nContent-Type: text/html\r\n\r\n{html}--b--\r\n"
    return Mail(number, (f"{person.lower()}@example.com",), float(number), f"{head}\r\n{body}".encode())


MAILS = (letter(1, "a1", ANN, "transactional"), letter(2, "b1", BOB, "commercial"))


def message(name: str, state: str) -> tuple[UUID, MessageStatus]:
    """The mailer's account of one message."""
    body = {"message_id": key(name), "subscriber_id": SPACE, "state": state, "reason": None, "attempts": []}
    return key(name), MessageStatus.model_validate(body | {"accepted_at": SENT, "final_at": SENT})


def report(**counts: object) -> BatchReport:
    """A batch report of ten records, one refused."""
    given = {"received": 10, "applied": 8, "unchanged": 0, "superseded": 0, "parked": 1, "rejected": 1}
    fixed = {"batch_id": SPACE, "connection_id": SPACE, "state": "applied", "dropped_fields": {}, "rejections": []}
    rest = {"flagged_addresses": {}, "optouts": 0, "started_at": START, "finished_at": START}
    return BatchReport.model_validate({**given, **fixed, **rest, **counts})


def stage(
    *, mails: Sequence[Mail] = MAILS, touches: Sequence[Touch] = TOUCHES, expected: Sequence[Expectation] = EXPECTED
) -> Evidence:
    """Evidence that adds up, unless something else is given."""
    people = [person.foreign_id for person in expected]
    nothing = Verdict(
        campaign_id=key("visit_thanks"),
        campaign_type="visit_thanks",
        verdict="nothing",
        reason="visit_none",
        explanation="",
    )
    side = Side(
        truth=Truth(BRIGHT_SMILE, tuple(expected), tuple(expected), (CANARY,)),
        subscriber_id=SPACE,
        location_id=SPACE,
        batches=(Batch(10, 1, report()),),
        consumers={person: key(person) for person in people},
        touches=tuple(touches),
        reasons={person: Reasons(consumer_id=key(person), touches=[], verdicts=[nothing]) for person in people},
        messages=dict((message("a1", "sent"), message("a2", "suppressed"), message("b1", "sent"))),
    )
    return Evidence(
        started_at=START,
        ended_at=END,
        first_day=START.date(),
        sides=(side,),
        mails=tuple(mails),
        later_from=2,
        opt_out=OneClick(BRIGHT_SMILE.slug, (ANN,), "p1@example.com", 1, 2, 200, 0.1, more_due=True),
    )


def with_side(evidence: Evidence, **values: object) -> Evidence:
    """The evidence with something of its one business replaced."""
    return replace(evidence, sides=(replace(evidence.sides[0], **values),))  # type: ignore[arg-type]  # names from tests
