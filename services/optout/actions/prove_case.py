"""Takes a proof: who pressed the button reads the mailbox that the case is about. What was asked follows, in the same transaction."""

from time import monotonic
from uuid import UUID

from services.optout.actions.execute_case import execute_case
from services.optout.actions.wait_until_safe import wait_until_safe
from services.optout.domain.cases import ERASING
from services.optout.store.cases import CaseEventRow, note_event, take_proof
from services.optout.store.door import LONGEST_ANSWER_SECONDS, Door
from services.optout.store.group_commit import short_transaction
from shared.kit.clock import Clock
from shared.kit.crashpoints import crashpoint


async def prove_case(door: Door, *, subscriber_id: UUID, proof_id: UUID, clock: Clock) -> None:
    """Use a proof up and return when no mail can leave any more, if that was asked.

    A repeat, a link that a newer mail replaced and one that is too old change nothing. Raises OSError when the journal
    cannot be written, and what the database raises: then nothing has happened and the link still works.
    """
    now, deadline, position = clock.now(), monotonic() + LONGEST_ANSWER_SECONDS, None
    async with short_transaction(door.database) as connection:
        case = await take_proof(connection, subscriber_id=subscriber_id, proof_id=proof_id, now=now)
        if case is None:
            return
        actor = "person"
        await note_event(connection, subscriber_id, case.case_id, CaseEventRow(now, actor, "proven"))
        if case.kind in ERASING:
            position = await execute_case(connection, case=case, journal=door.journal, actor=actor, now=now)
    crashpoint("optout.after_proof")
    door.watch.poke()
    if position is not None:
        await wait_until_safe(door, position=position, deadline=deadline)
