"""Hands one mail over to the relay and waits for its word: for a mail that comes in and goes on within one SMTP transaction."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiosmtplib import SMTPException

from services.mailer.smtp.connect import Limits, Relay, RelayNotReadyError, greet_relay
from services.mailer.smtp.forward import Forward

_SECONDS: Final = 20.0
"""Less than the server that brought the mail waits, and less than the receiver gives one mail."""


class NotTakenError(Exception):
    """The relay did not say yes; whether it has the mail all the same is not known where it said nothing."""


@dataclass(frozen=True, slots=True)
class Courier:
    """The way to the relay. One connection a mail: answers are rare."""

    relay: Relay

    async def bring(self, forward: Forward) -> None:
        """Return when the relay has answered 2yz to the whole mail; raise NotTakenError otherwise."""
        try:
            async with asyncio.timeout(_SECONDS):
                await self._bring(forward)
        except (RelayNotReadyError, SMTPException, OSError, ValueError) as error:
            raise NotTakenError(type(error).__name__) from None

    async def _bring(self, forward: Forward) -> None:
        smtp, _ = await greet_relay(self.relay, Limits(connect=5.0))
        try:
            wide = not forward.data.isascii() and smtp.supports_extension("8bitmime")
            options = ["BODY=8BITMIME"] if wide else []
            await smtp.sendmail(forward.sender, [forward.recipient], forward.data, mail_options=options)
        finally:
            smtp.close()
