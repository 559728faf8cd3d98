"""Keeps a sign-up and asks the mailer for its confirmation mail: nothing else follows before the mailbox's owner has confirmed it (S-004, S42)."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.optout.actions.request_mail import request_mail
from services.optout.domain.sealing import MailSeal
from services.optout.store.signups import SignupRow, add_signup
from shared.kit.db import Database
from shared.schemas.address import Address
from shared.schemas.optout import MailRequestInput
from shared.schemas.token import TokenKeys

CONFIRM_TIME: Final = timedelta(days=7)


async def request_signup(
    database: Database,
    *,
    subscriber_id: UUID,
    signup_id: UUID,
    location_id: UUID,
    address: Address,
    address_key: str,
    language: str,
    wording: str,
    policy_version: str,
    network: str,
    business: str,
    confirm_url: str,
    seal: MailSeal,
    tokens: TokenKeys,
    now: datetime,
) -> None:
    """Keep both in one transaction. The mail is of use, and its link valid, for seven days."""
    row = SignupRow(
        subscriber_id=subscriber_id,
        signup_id=signup_id,
        location_id=location_id,
        address_key=address_key,
        sealed=seal.close(signup_id, address.address.encode()),
        language=language,
        wording=wording,
        policy_version=policy_version,
        network=network,
        requested_at=now,
        expires_at=now + CONFIRM_TIME,
    )
    mail = MailRequestInput(
        request_id=signup_id,
        origin="opt_in",
        language=language,
        address=address.address,
        address_key=address_key,
        fields={"about": {"business": business}, "links": {"confirm": confirm_url}},
        useful_until=row.expires_at,
    )
    async with database.transaction(subscriber_id) as connection:
        await add_signup(connection, row)
        await request_mail(connection, given=mail, tokens=tokens, now=now)
