"""Tells why a mail was or was not allowed at an instant, worked out again from what was on file by then (L-020, L-092)."""

from uuid import UUID

from services.optout.domain.entries import AddressNeededError, AddressUnfitError
from services.optout.domain.jurisdictions import jurisdictions_of
from services.optout.domain.permission import Question, as_of, decide_permission
from services.optout.domain.views import view_of
from services.optout.store.evidence import find_countries, find_evidence
from services.optout.store.ledger import find_entry
from shared.kit.db import Database
from shared.schemas.address import AddressKeys, AddressRefusedError, canonical_address
from shared.schemas.ledger import DecisionProof, DecisionQuestion


async def explain_decision(
    database: Database, *, subscriber_id: UUID, asked: DecisionQuestion, address_keys: AddressKeys
) -> DecisionProof:
    """Return the answer of `asked.at` with the entry it rests on. `database` is the worker role's: the platform's opt-outs count too.

    Laws and the location's country are those of today. Raises AddressNeededError, AddressUnfitError, OnHoldError.
    """
    async with database.raw() as connection:
        countries = await find_countries(connection, [asked.location_id])
        question = Question(
            subscriber_id=subscriber_id,
            location_id=asked.location_id,
            address_key=_key(asked, address_keys),
            person_ids=tuple(asked.person_ids),
            message_class=asked.message_class,
            at=asked.at,
            topic=asked.topic,
            jurisdictions=jurisdictions_of(countries.get(asked.location_id), asked.jurisdiction),
        )
        [found] = await find_evidence(connection, [question])
    on_file = as_of(found, asked.at)
    decision = decide_permission(question, on_file)
    rests_on = None
    if decision.entry_id is not None:
        async with database.transaction(subscriber_id) as own:
            rests_on = await find_entry(own, subscriber_id, decision.entry_id)
    return DecisionProof(
        answer=decision.answer,
        reason=decision.reason,
        entry_id=decision.entry_id,
        rests_on=view_of(rests_on) if rests_on else None,
        jurisdictions=[law.name for law in question.jurisdictions],
        considered=len({(link.entry.subscriber_id, link.entry.entry_id) for link in on_file}),
        at=asked.at,
    )


def _key(asked: DecisionQuestion, address_keys: AddressKeys) -> str:
    if (asked.address is None) == (asked.address_key is None):
        raise AddressNeededError
    if asked.address_key is not None:
        return asked.address_key
    try:
        return address_keys.key_of(canonical_address(asked.address or "").folded)
    except AddressRefusedError:
        raise AddressUnfitError from None
