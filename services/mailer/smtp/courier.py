"""Hands one mail over to a relay and waits for its word: for a mail that comes in and goes on within one SMTP transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from aiosmtplib import SMTP, SMTPException

from services.mailer.smtp.connect import Limits, Relay, RelayNotReadyError, greet_relay
from services.mailer.smtp.forward import Forward

_SECONDS: Final = 20.0
"""Less than the server that brought the mail waits, and less than the receiver gives one mail."""


class NotTakenError(Exception):
    """The relay did not say yes; whether it has the mail all the same is not known where it said nothing."""


@dataclass(frozen=True, slots=True)
class Courier:
    """The way to the relays of the routes: the first that may be reached takes it. One connection a mail: answers are rare."""

    find_relays: Callable[[], Awaitable[Sequence[Relay]]]

    async def bring(self, forward: Forward) -> None:
        """Return when a relay has answered 2yz to the whole mail; raise NotTakenError otherwise."""
        try:
            async with asyncio.timeout(_SECONDS):
                await _hand_over(await self._reach(), forward)
        except (SMTPException, OSError, ValueError) as error:
            raise NotTakenError(type(error).__name__) from None

    async def _reach(self) -> SMTP:
        """Return a connection to the first relay that is ready. Only what was never handed over is tried at the next."""
        for relay in await self.find_relays():
            try:
                smtp, _ = await greet_relay(relay, Limits(connect=5.0))
            except RelayNotReadyError:
                continue
            return smtp
        raise NotTakenError("no_route")


async def _hand_over(smtp: SMTP, forward: Forward) -> None:
    try:
        wide = not forward.data.isascii() and smtp.supports_extension("8bitmime")
        options = ["BODY=8BITMIME"] if wide else []
        await smtp.sendmail(forward.sender, [forward.recipient], forward.data, mail_options=options)
    finally:
        smtp.close()
