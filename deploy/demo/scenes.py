"""The people of an ordinary day: patients and customers, families on one address, children and their guardians.

Each scene adds what a practice or shop system would hold and says who may hear from us (N-01, N-05, N-11, L-120 to L-127).
"""

from deploy.demo.cast import Cast, Person


def add_ordinary(cast: Cast, count: int) -> None:
    """Adults with their own address and one occasion each, or only a visit long ago."""
    for _ in range(count):
        chance = cast.rng.random()
        if chance < 0.32:
            cast.book_tomorrow(cast.add("appointment tomorrow"))
        elif chance < 0.47:
            person = cast.add("appointment in some days")
            cast.book(person, cast.at(cast.open_day(cast.rng.randint(2, 8)), cast.rng.randint(9, 16)))
        elif chance < 0.77:
            cast.visit_yesterday(cast.add("visit yesterday"))
        else:
            cast.visit_long_ago(cast.add("nothing due"))


def add_families(cast: Cast, count: int) -> None:
    """Mother, father and children on one address, all with appointments on the same day: one combined mail (N-01)."""
    for _ in range(count):
        _, last = cast.name()
        mailbox = f"{last}.family.{cast.business.slug}.{len(cast.people)}@example.net".lower()
        household = f"H-{last}-{len(cast.people)}"
        parents = [
            cast.add(f"family, {who}", last=last, mailbox=mailbox, age=cast.rng.randint(32, 50), household=household)
            for who in ("mother", "father")
        ]
        for parent in parents:
            cast.book_tomorrow(parent)
        for _ in range(cast.rng.randint(1, 3)):
            cast.book_tomorrow(add_child(cast, "family, child", parents[0], age=cast.rng.randint(3, 15)))


def add_child(cast: Cast, story: str, guardian: Person, *, age: int, email: str = "") -> Person:
    """A minor, whose mail goes to the guardian's mailbox whatever address the child has (L-120)."""
    child = cast.add(story, last=guardian.last, age=age, email=email, mailbox=guardian.mailbox)
    child.record["guardian"] = guardian.foreign_id
    child.record["household"] = guardian.record.get("household", "")
    return child


def add_minors(cast: Cast) -> None:
    """Minors outside the usual family: own address, parents apart, nobody to write to, and one just of age."""
    mother, father = cast.add("mother of a teenager", age=45), cast.add("father living apart", age=47)
    cast.visit_long_ago(mother)
    cast.visit_long_ago(father)
    cast.book_tomorrow(add_child(cast, "teenager with an own address", mother, age=16, email="teen.skater@example.org"))
    cast.book_tomorrow(add_child(cast, "child of the father living apart", father, age=9))
    alone = cast.add("minor without a guardian", age=12, barred="minor_without_guardian", email="kid@example.com")
    alone.mailbox = None
    cast.book_tomorrow(alone)
    cast.book_tomorrow(cast.add("of age since last month", age=18))


def add_duplicates(cast: Cast) -> None:
    """The same person twice, with another spelling of the name and of the address: one mailbox, one mail (N-05, N-11)."""
    for written in ("Jordan.Avery.{n}@EXAMPLE.com ", " jordan.avery.{n}@example.COM", "JORDAN.avery.{n}@example.com"):
        original = cast.add("duplicate, first row", first="Jordan", last="Avery")
        number = original.foreign_id.lower()
        original.mailbox = f"jordan.avery.{number}@example.com"
        original.record["email"] = original.mailbox
        twin = cast.add(
            "duplicate, second row",
            first="Jordon",
            last="Avery",
            email=written.format(n=number),
            mailbox=original.mailbox,
        )
        twin.record["birth_on"] = original.record["birth_on"]
        cast.visit_yesterday(original)
        cast.visit_yesterday(twin)


def add_optout_candidates(cast: Cast) -> None:
    """People with an appointment tomorrow and one the day after: who opts out in between gets the first reminder only."""
    for _ in range(4):
        person = cast.add("appointments on two days")
        cast.book_tomorrow(person)
        cast.book(person, cast.at(cast.open_day(2), 14))
        cast.optout_candidates.append(person.foreign_id)


def add_shared_customer(cast: Cast) -> None:
    """Somebody known to both businesses: opting out of one must not touch the other (N-26)."""
    person = cast.add("known to both businesses", first="Casey", last="Morgan", mailbox="casey.morgan@example.com")
    cast.book_tomorrow(person)
    cast.book(person, cast.at(cast.open_day(2), 11))
