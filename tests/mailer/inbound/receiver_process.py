"""A receiver alone in its process, so that a test can see what memory it takes: prints its port, ends with its standard input."""

import asyncio
import sys
from uuid import UUID

from services.mailer.domain.reports import Handled, Report
from services.mailer.smtp.inbound import Receiver, open_receiver
from services.mailer.smtp.verp import ReturnAddresses

RETURNS = ReturnAddresses({"1": b"k" * 32})
DOMAIN = "bounces.example.com"


async def _take(report: Report, *, report_id: UUID, message_id: UUID, purpose: str, sender: str, raw: bytes) -> Handled:
    return Handled.TAKEN


async def main() -> None:
    """Receive until nobody wants any more."""
    async with open_receiver(Receiver(DOMAIN, RETURNS, _take), host="127.0.0.1", port=0) as port:
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
