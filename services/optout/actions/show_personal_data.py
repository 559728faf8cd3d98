"""Tells what optout holds about an address: permission and its ends, sign-ups, privacy cases, letters to the operator (S-061, N-114)."""

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from services.optout.deps import ServiceParts
from services.optout.domain.case_content import unpack_content
from services.optout.domain.entries import PLATFORM
from services.optout.store.holdings import HOLDINGS, read_holding
from shared.schemas.personal_data import PersonalData, PersonalDataQuestion, gather

_KINDS: Final = {
    "ledger": "permission",
    "signups": "sign_up",
    "privacy_cases": "privacy_case",
    "privacy_mails": "letter",
    "mail_requests": "mail_of_ours",
}
_ID_OF: Final = {"signups": "signup_id", "privacy_cases": "case_id", "privacy_mails": "mail_id"}


async def show_personal_data(parts: ServiceParts, *, asked: PersonalDataQuestion) -> PersonalData:
    """Return it; for one business its own and the platform's entries, which hold for it as well."""
    openers: dict[str, Callable[[UUID, bytes], dict[str, Any]]] = {
        "signups": lambda row_id, sealed: {"address": parts.signup_seal.open(row_id, sealed).decode()},
        "privacy_cases": lambda row_id, sealed: _case(parts.case_seal.open(row_id, sealed)),
        "privacy_mails": lambda row_id, sealed: _letter(parts.seal.open(row_id, sealed)),
    }
    rows: list[tuple[str, UUID | None, dict[str, Any]]] = []
    async with parts.door.database.transaction() as connection:
        for table in HOLDINGS:
            for row in await read_holding(
                connection,
                table,
                subscriber_id=asked.subscriber_id,
                platform=PLATFORM,
                address_keys=asked.address_keys,
            ):
                owner, sealed = row.pop("subscriber_id", None), row.pop("sealed", None)
                if sealed is not None:
                    row |= openers[table](row[_ID_OF[table]], sealed)
                rows.append((_KINDS[table], None if owner == PLATFORM else owner, row))
    return PersonalData(service="optout", holdings=gather(rows))


def _case(packed: bytes) -> dict[str, Any]:
    content = unpack_content(packed)
    return {"address": content.address, "note": content.note}


def _letter(packed: bytes) -> dict[str, Any]:
    mail = json.loads(packed)
    return {name: mail.get(name) for name in ("header_from", "subject", "text", "attachments")}
