"""A signed message and the independent verifier (dkimpy) that judges it."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

import dkim

from services.mailer.domain.sender_domain import Algorithm
from services.mailer.smtp.calendar import CalendarFile
from services.mailer.smtp.compose import Letter, SenderLines, Skeleton
from services.mailer.smtp.dkim import DkimSigner, NewKey, load_key, make_key
from services.mailer.smtp.verp import ReturnAddresses

DOMAIN: Final = "bright.example.com"
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("rsa", "ed25519")
MESSAGE_ID: Final = UUID("0192f0c1-7a00-7000-8000-000000000004")
SENDER: Final = SenderLines(
    "Bright Smile Dental, Ärzte",
    f"hello@{DOMAIN}",
    f"desk@{DOMAIN}",
    "commercial.l1.dueback.example.com",
    "m.example.com",
    "c1:l1:dueback",
)
_SILENT: Final = logging.getLogger("tests.dkimpy")
_SILENT.setLevel(logging.CRITICAL)


@cache
def key_of(algorithm: Algorithm) -> NewKey:
    """One key a run: an RSA key takes a tenth of a second."""
    return make_key(algorithm)


def signer(*algorithms: Algorithm) -> DkimSigner:
    """Return a signer with these keys, each published under its algorithm's name."""
    return DkimSigner(DOMAIN, [load_key(name, name, key_of(name).private) for name in algorithms or ALGORITHMS])


def published() -> dict[str, str]:
    """Return the key records."""
    return {f"{name}._domainkey.{DOMAIN}.": f"v=DKIM1; k={name}; p={key_of(name).public}" for name in ALGORITHMS}


def verdicts(data: bytes, records: Mapping[str, str] | None = None) -> Sequence[bool]:
    """Return what dkimpy thinks of each signature, first to last."""
    texts = published() if records is None else records

    def find(name: bytes, timeout: int = 5) -> bytes:
        return texts.get(name.decode(), "").encode()

    count = data.split(b"\r\n\r\n", 1)[0].count(b"DKIM-Signature:")
    found = []
    for index in range(count):
        verifier = dkim.DKIM(data, logger=_SILENT, minkey=2048)
        try:
            found.append(bool(verifier.verify(index, dnsfunc=find)))
        except dkim.DKIMException:
            found.append(False)
    return found


def compose_signed(
    *algorithms: Algorithm,
    subject: str = "Your visit",
    text: str = "Hi\n",
    html: str = "<p>Hi</p>",
    at: datetime,
    calendar: tuple[CalendarFile, ...] = (),
) -> bytes:
    """Return a signed message with a link so long that List-Unsubscribe is folded."""
    url = "https://optout.example.com/u/" + "A1b-" * 60
    letter = Letter(MESSAGE_ID, "ann@y.example.com", subject, text, html, at, url, calendar)
    returns = ReturnAddresses({"1": b"k" * 32})
    signs = signer(*algorithms)
    return Skeleton(SENDER, returns).compose(letter, lambda headers, body: signs.sign(headers, body, at)).data
