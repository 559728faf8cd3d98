"""What follows from a mail to the privacy mailbox: whether it stops mail by itself, and by when a person has to look at it (S-033, N-35)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.schemas.address import Address, AddressRefusedError, canonical_address
from shared.schemas.optout import PrivacyMailInput

_OPTOUT_TIME: Final = timedelta(days=10)
"""An opt-out has ten business days by law (16 CFR 316.5); a person who reads it within ten days is never late."""
_OTHER_TIME: Final = timedelta(days=30)
"""Access and erasure: one month (GDPR art. 12), the shortest of the laws that we answer under."""


@dataclass(frozen=True, slots=True)
class PrivacyVerdict:
    """`stops` is the address that is opted out at once, if any; `due_at` when a person must have answered, None where nothing is left to do."""

    stops: Address | None
    due_at: datetime | None


def judge_privacy_mail(mail: PrivacyMailInput) -> PrivacyVerdict:
    """Decide by what the mailer understood. Only the one address that the mail names as its writer's and that it wants its answer at is stopped.

    A From that differs from Reply-To is read by a person: who may write in one name and be answered in another may be a third party.
    """
    wants_out = mail.asks in ("optout", "optout_and_more")
    stops = writer_of(mail) if wants_out else None
    if stops is not None and mail.asks == "optout":
        return PrivacyVerdict(stops, None)
    return PrivacyVerdict(stops, mail.received_at + (_OTHER_TIME if mail.asks == "other" else _OPTOUT_TIME))


def writer_of(mail: PrivacyMailInput) -> Address | None:
    """Return the one address that a mail names as its writer's and wants its answer at; None where the two differ."""
    try:
        writer, answered = canonical_address(mail.header_from), canonical_address(mail.sender)
    except AddressRefusedError:
        return None
    return writer if writer.folded == answered.folded else None
