"""An erasure means the human and not a row: every source's row of theirs goes, and no source brings them back (N-89)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.ingest.domain.person import Person
from services.ingest.domain.same_person import is_same_person
from shared.schemas.optout import SuppressionEntry
from tests.ingest.orders import ANN, obey, order_for
from tests.ingest.practice import Practice, at, consumer, lines, visit
from tests.ingest.test_erasures import person_of

BORN = "1980-02-03"
FAMILY = "family@example.com"


def _person(name: str, born: str = "", address: str = "") -> Person:
    first, _, last = name.partition(" ")
    return Person("P", first, last, "", address, "", born)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Zoë O'Brien", BORN), ("ZOE O BRIEN", BORN), True),
        (("Lee Ann", BORN), ("Ann Lee", BORN), True),
        (("Ann Lee", BORN), ("Ann Lee", "1980-03-02"), False),
        (("Ann Lee", BORN), ("Anna Lee", BORN), False),
        (("Ann", BORN), ("Ann", BORN), False),
        (("Ann Lee", BORN, FAMILY), ("Ann Lee", "", "Family@example.com"), True),
        (("Ann Lee", "", FAMILY), ("Ann Lee", BORN, FAMILY), True),
        (("Bo Lee", BORN, FAMILY), ("Bo Lee", "2005-06-07", FAMILY), False),
        (("Ann Lee", "1900-01-01"), ("Ann Lee", "1900-01-01"), False),
        (("Ann Lee", ""), ("Ann Lee", ""), False),
    ],
)
def test_a_name_needs_a_birth_date_or_an_address_beside_it(
    one: tuple[str, ...], other: tuple[str, ...], *, same: bool
) -> None:
    """N-83: and no birth date may contradict; whichever of the two is asked about."""
    assert is_same_person(_person(*one), _person(*other)) is same
    assert is_same_person(_person(*other), _person(*one)) is same


async def _second(practice: Practice) -> UUID:
    """Connect another system of the same location, and upload from there."""
    body = {"location_id": str(practice.location.location_id), "connector": "fhir", "name": "New system"}
    made = await practice.ingest.http.post("/v1/connections", json=body, headers=practice.headers)
    assert made.status_code == 201, made.text
    practice.connection_id, first = UUID(made.json()["connection_id"]), practice.connection_id
    return first


def _ann(foreign_id: str, **values: Any) -> dict[str, Any]:
    return consumer(foreign_id, first_name="Ann", last_name="Lee", **({"birth_on": BORN} | values))


async def _names(practice: Practice) -> int:
    [row] = await practice.rows("select count(*) as n from consumers where personal is not null")
    return int(row["n"])


@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "written a moment ago"])
async def test_rows_of_every_source_and_of_the_front_desk_go_with_the_person(
    practice: Practice, *, indexed: bool
) -> None:
    """N-89: the old system's row, the new system's under another key and address, the front desk's without any; not her namesake's."""
    await practice.upload(_ann("P1", email=ANN), _ann("P7", email="namesake@example.com", birth_on="1991-01-01"))
    await _second(practice)
    await practice.upload(_ann("N-77", email="ann.new@example.com"), visit("V1", "N-77"))
    desk = practice.neighbours.client_headers(subscriber_id=practice.subscriber.subscriber_id, scopes="records")
    walk_in = {"location_id": str(practice.location.location_id), "first_name": "ANN", "last_name": "Lee"}
    made = await practice.ingest.http.post("/v1/consumers", json=walk_in | {"birth_on": BORN}, headers=desk)
    assert made.status_code == 201
    while indexed and await practice.ingest.step("search"):
        pass
    assert await _names(practice) == 4
    await obey(practice, order_for(practice))
    assert await _names(practice) == 1
    assert await practice.rows("select 1 from visits where personal is not null") == []
    gone = [fact for fact in await practice.facts("consumer") if fact["deleted"]]
    assert len(gone) == 3


async def test_no_source_brings_them_back_under_another_key_and_address(practice: Practice) -> None:
    """N-89, S-036: a system that is connected after the erasure; its other people come in, and the account of the batch is true."""
    await practice.upload(_ann("P1", email=ANN), consumer("P2", first_name="Bob", last_name="Lee", birth_on=BORN))
    await obey(practice, order_for(practice))
    await _second(practice)
    report = await practice.upload(
        _ann("N1", email="ann.new@example.com"),
        _ann("N2", email=""),
        _ann("N3", email="", birth_on="1991-01-01"),
        visit("V1", "N1"),
        {
            "type": "vehicle",
            "foreign_id": "C1",
            "source_updated_at": at(),
            "consumer": "N2",
            "vin": "1HGCM82633A004352",
        },
    )
    assert (report.received, report.applied, report.rejected) == (5, 5, 0)
    assert await _names(practice) == 2
    assert await practice.rows("select 1 from visits where personal is not null or not deleted") == []
    assert await practice.rows("select 1 from vehicles where personal is not null or not deleted") == []
    assert await practice.rows("select 1 from consents c join erased_rows e on e.row_id = c.person_id") == []


async def test_somebody_erased_from_a_family_mailbox_does_not_come_back_by_it(practice: Practice) -> None:
    """N-35, N-89: the address goes on serving the others, so it cannot keep her out; her name does, with birth date or that address."""
    await practice.upload(_ann("P1", email=FAMILY), consumer("P2", first_name="Cy", last_name="Lee", email=FAMILY))
    first = await _second(practice)
    await practice.upload(_ann("N1", email=FAMILY))
    second, practice.connection_id = practice.connection_id, first
    ann = (await person_of(practice, "P1"))["consumer_id"]
    await obey(practice, order_for(practice, FAMILY, ann))
    assert await _names(practice) == 1
    practice.connection_id = second
    await practice.upload(
        _ann("N2", email=FAMILY, birth_on=None), consumer("N3", first_name="Cy", last_name="Lee", email=FAMILY)
    )
    assert await _names(practice) == 2
    assert await person_of(practice, "N2") == {}
    assert await person_of(practice, "N3")


async def test_their_own_sign_up_lets_every_source_tell_of_them_again(practice: Practice) -> None:
    """N-38: what kept her out is forgotten with the order."""
    await practice.upload(_ann("P1", email=ANN))
    order = order_for(practice)
    await obey(practice, order)
    assert len(await practice.rows("select 1 from erased_people")) == 2
    lift = {"subscriber_id": order.subscriber_id, "location_id": None, "address_key": order.address_key}
    scope = {"person_id": None, "suppression_class": "all"}
    lifted = SuppressionEntry.model_validate({"position": 2, "entry_id": UUID(int=7), "kind": "lift", **lift, **scope})
    await obey(practice, lifted)
    assert await practice.rows("select 1 from erased_people") == []
    await _second(practice)
    await practice.upload(_ann("N1", email="ann.new@example.com"))
    assert await _names(practice) == 1


async def test_who_is_erased_while_a_batch_arrives_is_kept_out_of_it(practice: Practice) -> None:
    """I19, I2: the caller is told to come again, and the batch goes on with what is known then."""
    await practice.upload(_ann("P1", email=ANN))
    body, batch_id = lines(_ann("N1", email="ann.new@example.com"), consumer("N2")), str(uuid4())

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:20]
        while not await practice.rows("select 1 from batches where batch_id = $1", UUID(batch_id)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await obey(practice, order_for(practice))
        yield body[20:]

    query = {"connection_id": str(practice.connection_id), "batch_id": batch_id}
    headers = practice.headers | {"content-type": "application/x-ndjson"}
    first = await practice.ingest.http.post("/v1/batches", params=query, content=slowly(), headers=headers)
    assert (first.status_code, first.json()["code"]) == (503, "busy")
    again = await practice.post(body, batch_id=batch_id)
    assert (again.status_code, again.json()["applied"]) == (200, 2)
    assert await person_of(practice, "N1") == {}
    assert await person_of(practice, "N2")
