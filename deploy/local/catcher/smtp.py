"""The catching mail server: accepts everything, keeps it, delivers nothing."""

import asyncio
import time
from datetime import UTC, datetime

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.catcher.reading import read_headers
from deploy.local.catcher.store import Caught, Store

SIZE_LIMIT_BYTES = 33_554_432
SHOWN_LETTERS = 400


class Catcher:
    """aiosmtpd's handler."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds it by this name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer PIPELINING: aiosmtpd reads commands one by one from a buffer, so a client may send several at once."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        """Keep the message; called when the final dot has been read."""
        dot_at = time.monotonic()
        content = envelope.original_content or b""
        headers = {name.lower(): value for name, value in reversed(read_headers(content))}
        caught = Caught(
            id=0,
            envelope_from="" if envelope.mail_from == "<>" else str(envelope.mail_from or ""),
            rcpt=[str(address) for address in envelope.rcpt_tos],
            subject=headers.get("subject", "")[:SHOWN_LETTERS],
            header_from=headers.get("from", "")[:SHOWN_LETTERS],
            message_id=headers.get("message-id", "")[:SHOWN_LETTERS],
            received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            dot_at_monotonic=dot_at,
            size=len(content),
        )
        try:
            kept = self._store.add(content, caught)
        except OSError:
            return "452 4.3.1 The disk is full"
        return f"250 2.0.0 kept as {kept.id}"


async def listen(store: Store, port: int) -> asyncio.Server:
    """Start the SMTP server on loopback. Raises OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    handler = Catcher(store)

    def session() -> SMTP:
        return SMTP(
            handler,
            hostname="catcher.example.com",
            ident="Dueback catcher",
            data_size_limit=SIZE_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            loop=loop,
        )

    return await loop.create_server(session, "127.0.0.1", port, reuse_address=True)
