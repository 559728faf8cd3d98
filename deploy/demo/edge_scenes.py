"""The people and records that good systems get wrong: the dead, the opted-out, bad addresses, hostile names, bad rows.

Ids of the cases stand beside the scenes; each says what must not happen.
"""

from datetime import timedelta

from deploy.demo.businesses import Json
from deploy.demo.cast import Cast, Person, change_cause
from deploy.demo.truth import Barrier

BAD_ADDRESSES: tuple[tuple[str, Barrier], ...] = (
    ("none@none.com", "address_placeholder"),
    ("noemail@noemail.com", "address_placeholder"),
    ("test@test.com", "address_placeholder"),
    ("x@x.x", "address_placeholder"),
    ("415-555-0100", "address_invalid"),
    ("(312) 555 0182", "address_invalid"),
    ("lee.anna@@example.com", "address_invalid"),
    ("anna lee@example.com", "address_invalid"),
    ("anna@example,com", "address_invalid"),
    ("@example.com", "address_invalid"),
    ("ann@example.com\r\nBcc: victim@example.org", "address_invalid"),
    ("patient declined", "address_invalid"),
    ("", "address_missing"),
    ("   ", "address_missing"),
)
HOSTILE_NAMES = (
    ("Sean", "O'Brien"),
    ("<script>alert(1)</script>", "Smith"),
    ("🦷 Zoë", "Müller-Łukasz"),
    ("{{7*7}}", "{% for x in y %}"),
    ("Ann\r\nBcc: victim@example.org", "Lee\r\nX-Evil: 1"),
    ("=?utf-8?q?=0aBcc:victim=40example.org?=", "Word"),
    ("\u202egnirts", "דוד"),
    ("MARGARET", "VON DER HEIDE III"),
    ("", "Onlylast"),
    ("", ""),
    ("W" * 200, "Long"),
    ("..", "."),
)
FORBIDDEN = {"ssn": "078-05-1120", "insurance_id": "XJ-4471-CANARY", "clinical_notes": "canary: periodontitis stage II"}


def add_gone(cast: Cast) -> None:
    """The dead and the inactive get nothing, even with a booking; the living on the same address keep theirs (L-126)."""
    for _ in range(2):
        person = cast.add("deceased", status="deceased", barred="deceased", age=84)
        cast.visit_yesterday(person)
        cast.book_tomorrow(person)
    widow = cast.add("widow on a shared address", age=80)
    cast.book_tomorrow(widow)
    cast.book_tomorrow(
        cast.add("deceased on a shared address", mailbox=widow.mailbox, status="deceased", barred="deceased", age=83)
    )
    cast.book_tomorrow(cast.add("moved away", status="inactive", barred="inactive"))
    cast.visit_yesterday(cast.add("moved away after a visit", status="inactive", barred="inactive"))


def add_opted_out(cast: Cast) -> None:
    """The source says no: nothing, not even under a second row with the same address (S-037, N-22, N-23); null says nothing (N-24)."""
    for _ in range(3):
        cast.book_tomorrow(cast.add("opted out at the source", email_ok=False, barred="opted_out"))
    cast.visit_yesterday(cast.add("opted out after a visit", email_ok=False, barred="opted_out"))
    first = cast.add("opted out, first row", email_ok=False, barred="opted_out")
    cast.visit_long_ago(first)
    cast.book_tomorrow(cast.add("opted out, re-created without the flag", mailbox=first.mailbox, barred="opted_out"))
    cast.book_tomorrow(cast.add("flag is null", email_ok=None))
    cast.book_tomorrow(cast.add("flag says yes", email_ok=True))


def add_bad_addresses(cast: Cast) -> None:
    """Nothing to write to: the person stays, the field does not (N-15, N-18)."""
    for text, barrier in BAD_ADDRESSES:
        person = cast.add(f"address: {barrier.removeprefix('address_')}", email=text, barred=barrier)
        cast.book_tomorrow(person)


def add_strangers(cast: Cast) -> None:
    """Addresses without a single visit or appointment: no relationship, no permission (S-020, S-022)."""
    for _ in range(8):
        cast.add("never came, never booked", status=cast.rng.choice(("prospect", "active")))


def add_hostile_names(cast: Cast) -> None:
    """Names that would break a header, a page or a template; the mail is sent and stays whole (N-20)."""
    for number, (first, last) in enumerate(HOSTILE_NAMES):
        person = cast.add("hostile name", first=first, last=last)
        if number % 2:
            cast.visit_yesterday(person)
        else:
            cast.book_tomorrow(person)


def add_appointment_states(cast: Cast) -> None:
    """Every status but a booking means no reminder (N-41, N-42, N-44, N-45, N-46, N-78)."""
    states: tuple[tuple[str, Barrier], ...] = (
        ("cancelled", "cancelled"),
        ("no_show", "cancelled"),
        ("held", "status_held"),
        ("unscheduled", "not_an_appointment"),
        ("planned", "not_an_appointment"),
        ("block", "not_an_appointment"),
        ("deleted", "cancelled"),
        ("completed", "completed"),
    )
    for status, barrier in states:
        person = cast.add(f"appointment is {status}")
        cast.visit_long_ago(person)
        cast.book_tomorrow(person, status=status, barred=barrier, certain=False)
    cast.book_tomorrow(cast.add("appointment is confirmed"), status="confirmed", certain=False)
    late = cast.add("booked after the last reminder")
    cast.book(late, cast.at(cast.today, 15), barred="booked_too_late", booked_days_ago=0.005)
    for newer_first in (False, True):
        move_in_file(cast, cast.add("moved before we heard of it"), newer_first=newer_first)


def move_in_file(cast: Cast, person: Person, *, newer_first: bool) -> None:
    """Two versions of one appointment in one batch, in either order: only the newer one counts."""
    old = cast.book_tomorrow(person, certain=False)
    moved_to = cast.at(cast.open_day(5), 10)
    newer = {**old, "starts_at": moved_to.isoformat(), "source_updated_at": cast.stamp(2)}
    place = len(cast.records) - 1 if newer_first else len(cast.records)
    cast.records.insert(place, newer)
    change_cause(person, str(old["foreign_id"]), at=moved_to)


def add_broken_records(cast: Cast) -> None:
    """Rows that cannot be taken, a child without a person, and fields that must not be kept (S-059, N-81, N-87)."""
    cast.records.append({"type": "consumer", "first_name": "Nobody", "source_updated_at": cast.stamp(5)})
    naive = cast.now.replace(tzinfo=None).isoformat()
    cast.records.append({"type": "visit", "foreign_id": "V1", "consumer": "P1001", "source_updated_at": naive})
    cast.rejected = 2
    orphan = {"type": "appointment", "foreign_id": "A1", "consumer": "P-never-sent", "status": "booked"}
    starts_at = cast.at(cast.open_day(1), 10).isoformat()
    cast.records.append({**orphan, "starts_at": starts_at, "source_updated_at": cast.stamp(5)})
    careless = cast.add("forbidden fields in the record")
    careless.record.update(FORBIDDEN)
    cast.book_tomorrow(careless)
    cast.canaries.extend(FORBIDDEN.values())


def add_later_changes(cast: Cast) -> list[tuple[Person, Json]]:
    """People whose appointments change in a second batch: cancelled, moved, deleted, opted out (N-41, N-42, N-44, S-037)."""
    changed = []
    for story in ("cancelled later", "moved later", "deleted later", "opted out at the source later"):
        person = cast.add(story)
        changed.append((person, cast.book(person, cast.at(cast.open_day(2), 15))))
    return changed


def apply_later_changes(cast: Cast, changed: list[tuple[Person, Json]]) -> None:
    """Writes the second batch and the truth after it."""
    stamp = (cast.now + timedelta(hours=6)).isoformat()
    for person, booking in changed:
        foreign_id = str(booking["foreign_id"])
        if person.story == "cancelled later":
            cast.later.append({**booking, "status": "cancelled", "source_updated_at": stamp})
            change_cause(person, foreign_id, barred="cancelled")
        elif person.story == "moved later":
            moved_to = cast.at(cast.open_day(6), 11)
            cast.later.append({**booking, "starts_at": moved_to.isoformat(), "source_updated_at": stamp})
            change_cause(person, foreign_id, at=moved_to)
        elif person.story == "deleted later":
            cast.later.append(
                {"type": "appointment", "foreign_id": foreign_id, "op": "delete", "source_updated_at": stamp}
            )
            change_cause(person, foreign_id, barred="cancelled")
        else:
            cast.later.append({**person.record, "email_ok": False, "source_updated_at": stamp})
            person.barred = "opted_out"
