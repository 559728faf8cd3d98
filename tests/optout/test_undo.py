"""The undo on the answer page: one hour, the person's own act, never more than what they have just done, and the same answer for everybody."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.optout.domain.entries import LedgerEntry
from services.optout.domain.lifting import lift_by_undo
from services.optout.store.ledger import read_links
from tests.optout.conftest import Clinic, undo_link, without_undo


async def _choose(clinic: Clinic, choice: str = "offers", **values: Any) -> str:
    answer = await clinic.service.http.post(f"/u/{clinic.token(**values)}/choice", data={"choice": choice})
    assert answer.status_code == 200
    return undo_link(answer)


async def _answers(clinic: Clinic) -> tuple[str, str]:
    return (await clinic.may_send()).answer, (await clinic.may_send("transactional")).answer


@pytest.mark.parametrize("choice", ["offers", "location", "business", "platform"])
async def test_an_undo_within_the_hour_restores_what_was_before(clinic: Clinic, choice: str) -> None:
    """L-015: every choice can be taken back; the mailer's follower hears of it as a lift of the same scope and class."""
    await clinic.consent()
    link = await _choose(clinic, choice)
    assert (await clinic.may_send()).answer == "refused"
    clinic.clock.move(timedelta(minutes=59))
    answer = await clinic.service.http.post(link)
    assert answer.status_code == 200
    assert not {"location", "set-cookie"} & set(answer.headers)
    assert await _answers(clinic) == ("allowed", "allowed")
    suppress, lift = (await clinic.poll()).entries
    assert (suppress.kind, lift.kind) == ("suppress", "lift")
    same = ("subscriber_id", "location_id", "address_key", "suppression_class")
    assert [getattr(suppress, name) for name in same] == [getattr(lift, name) for name in same]


async def test_an_undo_is_told_in_the_evidence_and_happens_once(clinic: Clinic) -> None:
    """S-022, L-092: who lifted it stands in the chain; a hundred repeats are one entry; an opt-out after it counts again."""
    await clinic.consent()
    link = await _choose(clinic)
    for _ in range(3):
        await clinic.service.http.post(link)
    headers = clinic.neighbours.client_headers(subscriber_id=clinic.subscriber_id, scopes="optouts")
    filed = (await clinic.service.http.get(f"/v1/evidence/{clinic.address_key}", headers=headers)).json()["entries"]
    assert [entry["kind"] for entry in filed] == ["consent", "optout", "lift"]
    assert (filed[2]["channel"], filed[2]["evidence"]) == ("undo", f"undo_of:{filed[1]['entry_id']}")
    again = await _choose(clinic)
    assert (await clinic.may_send()).answer == "refused"
    await clinic.service.http.post(link)  # the undo of the first time takes nothing back now
    assert (await clinic.may_send()).answer == "refused"
    await clinic.service.http.post(again)
    assert (await clinic.may_send()).answer == "allowed"


async def test_after_an_hour_nothing_is_taken_back_and_the_answer_is_the_same(clinic: Clinic) -> None:
    """S36, S37: the page tells what holds in every case."""
    await clinic.consent()
    link = await _choose(clinic)
    clinic.clock.move(timedelta(hours=1, seconds=1))
    late = await clinic.service.http.post(link)
    assert (await clinic.may_send()).answer == "refused"
    never = await clinic.service.http.post(f"/undo/{'A' * 66}")
    assert (late.status_code, late.content) == (never.status_code, never.content)


async def test_an_undo_does_not_lift_what_had_been_stopped_before(clinic: Clinic) -> None:
    """S36, S-038: who opted out last year, by another mail or at the front desk, stays out whatever is pressed today."""
    await clinic.consent()
    await clinic.click(clinic.token(message_id=uuid4()))
    clinic.clock.move(timedelta(days=365))
    link = await _choose(clinic)
    await clinic.service.http.post(link)
    assert (await clinic.may_send()).answer == "refused"
    repeated = await _choose(clinic, message_id=UUID(int=9))
    await clinic.service.http.post(repeated)
    assert (await clinic.may_send()).answer == "refused"


async def test_an_undo_does_not_lift_what_somebody_else_said_since(clinic: Clinic) -> None:
    """S36, I8: ten minutes after the press the front desk records the same wish, or another mail is answered: the undo takes nothing back."""
    for other in ("front_desk", "page"):
        place = clinic.another()
        await place.consent()
        link = await _choose(place, "business")
        clinic.clock.move(timedelta(minutes=10))
        if other == "page":
            await _choose(place, "business", message_id=uuid4())
        else:
            optout = {
                "optout_id": str(uuid4()),
                "address_key": place.address_key,
                "channel": other,
                "evidence": "call:1",
                "occurred_at": clinic.clock.now().isoformat(),
            }
            headers = place.neighbours.client_headers(subscriber_id=place.subscriber_id, scopes="optouts")
            body = {"subscriber_id": str(place.subscriber_id), "optouts": [optout]}
            answer = await place.service.http.post(
                "/v1/optouts", json=body, headers=headers | {"idempotency-key": str(uuid4())}
            )
            assert answer.status_code == 200, answer.text
        await place.service.http.post(link)
        assert (await place.may_send()).answer == "refused"


async def test_looking_at_an_undo_link_changes_nothing(clinic: Clinic) -> None:
    """S31, N-31: a scanner that follows it by GET, HEAD or OPTIONS gets no page and lifts nothing."""
    await clinic.consent()
    link = await _choose(clinic)
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        assert (await clinic.service.http.request(method, link)).status_code == 405
    assert (await clinic.may_send()).answer == "refused"


async def test_an_undo_link_fits_no_other_door_and_nothing_else_fits_it(clinic: Clinic) -> None:
    """S33, S35: swapped, foreign, flipped and truncated tokens; fields of a form mean nothing; all get one answer and lift nothing."""
    await clinic.consent()
    other = clinic.another()
    await other.consent()
    link, others = await _choose(clinic), await _choose(other)
    token = link.removeprefix("/undo/")
    sealed = clinic.service.deps.links
    swapped = [clinic.token(), sealed.seal("join", clinic.subscriber_id, uuid4()), token[:-1], token + "A", "x"]
    flipped = [token[:n] + ("B" if token[n] == "A" else "A") + token[n + 1 :] for n in range(0, 65, 4)]
    answers = [await clinic.service.http.post(f"/undo/{each}") for each in (*swapped, *flipped)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    await clinic.service.http.post(
        others, data={"token": token, "entry_id": token, "subscriber_id": str(clinic.subscriber_id)}
    )
    assert (await clinic.may_send()).answer == "refused"
    assert (await other.may_send()).answer == "allowed"
    for path in (f"/u/{token}", f"/u/{token}/choice", f"/confirm/{token}", f"/join/{token}"):
        assert (
            await clinic.service.http.post(path, data={"address": "ann@example.com", "agree": "yes"})
        ).status_code == 200
    assert (await clinic.may_send()).answer == "refused"


async def test_a_spoiled_link_is_offered_an_undo_that_takes_nothing_back(clinic: Clinic) -> None:
    """S37: the answer of a link that is none of ours differs in nothing that anybody could read."""
    good = await clinic.service.http.post(f"/u/{clinic.token()}/choice")
    spoiled = [await clinic.service.http.post(f"/u/{'x' * 130}/choice") for _ in range(2)]
    assert {without_undo(answer) for answer in (good, *spoiled)} == {without_undo(good)}
    assert spoiled[0].content == spoiled[1].content
    assert (await clinic.service.http.post(undo_link(spoiled[0]))).status_code == 200
    assert [entry.kind for entry in (await clinic.poll()).entries] == ["suppress"]


async def test_the_answer_speaks_the_language_of_the_page(clinic: Clinic) -> None:
    """Issue: without a wish of the browser the language of the page before goes on."""
    asked = await clinic.service.http.get(f"/u/{clinic.token()}", headers={"accept-language": "es"})
    assert '<input type="hidden" name="language" value="es">' in asked.text
    done = await clinic.service.http.post(f"/u/{clinic.token()}/choice", data={"choice": "offers", "language": "es"})
    undone = await clinic.service.http.post(undo_link(done), data={"language": "es"})
    assert '<html lang="es">' in done.text
    assert '<html lang="es">' in undone.text
    odd = await clinic.service.http.post(undo_link(done), data={"language": "<b>"})
    assert '<html lang="en">' in odd.text


async def test_an_undo_takes_back_nothing_that_somebody_else_has_said_since(clinic: Clinic) -> None:
    """L-015: the practice's own opt-out of the address, or an erasure, of the same scope and class stays in force."""
    await clinic.consent()
    link = await _choose(clinic, "business")
    await clinic.service.deps.door.ledger.append(clinic.entry(channel="source_flag"), recorded_at=clinic.clock.now())
    await clinic.service.http.post(link)
    assert await _answers(clinic) == ("refused", "refused")


async def test_an_undo_is_no_longer_than_an_hour_also_after_a_restore(clinic: Clinic) -> None:
    """I20: an opt-out that the journal brings back is on file anew; its hour is that of the press."""
    pressed = clinic.entry(channel="page")
    clinic.clock.move(timedelta(hours=5))
    await clinic.service.deps.door.ledger.append(pressed, recorded_at=clinic.clock.now())
    links = await _around(clinic)
    assert lift_by_undo(links, entry_id=pressed.entry_id, at=clinic.clock.now()) is None
    assert lift_by_undo(links, entry_id=pressed.entry_id, at=pressed.occurred_at + timedelta(minutes=59)) is not None


async def _around(clinic: Clinic) -> list[LedgerEntry]:
    async with clinic.service.deps.worker_db.transaction() as connection:
        return await read_links(connection, clinic.subscriber_id)


async def test_nothing_is_taken_back_where_more_was_said_than_is_looked_at(clinic: Clinic) -> None:
    """L-015, S38: the repeat that forbids the undo stands behind 2,000 older entries of the address; nothing is decided on a part of them."""
    await clinic.consent()
    ledger = clinic.service.deps.door.ledger
    now = clinic.clock.now()
    said = [clinic.entry(channel="source_flag", suppression_class="commercial") for _ in range(2000)]
    await asyncio.gather(*(ledger.append(each, recorded_at=now) for each in said))
    link = await _choose(clinic, "business")
    await ledger.append(clinic.entry(channel="source_flag"), recorded_at=now)
    assert (await clinic.service.http.post(link)).status_code == 200
    assert await _answers(clinic) == ("refused", "refused")
