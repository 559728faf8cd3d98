"""What inbound tests do: bring messages into a state, post mail to the receiver over a real socket, look at what came of it."""

import asyncio
import smtplib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from services.mailer.smtp.verp import Purpose, ReturnAddresses
from shared.kit.clock import ManualClock
from shared.kit.crypto import derive
from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import World, key_of

ADDRESS = "ann@patients.example.com"


def make_bounce(status: str, *, action: str = "failed", words: str = "") -> str:
    """Return a report of RFC 3464; `words` make it another mail."""
    return (
        "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n--x\n\nSorry. {words}\n\n'
        "--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
        f"Final-Recipient: rfc822; somebody@else.example.net\nAction: {action}\nStatus: {status}\n\n--x--\n"
    )


def make_complaint(token: str) -> str:
    """Return a report of RFC 5965 whose returned headers hold this opt-out address."""
    return (
        "From: fbl@example.net\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n--x\nContent-Type: message/rfc822\n\n"
        f"To: redacted\nList-Unsubscribe: <https://x.example.com/u/1>,\n <mailto:{token}>\n\nHi\n--x--\n"
    )


def make_letter(text: str, *, subject: str = "Re: Your appointment", more: str = "") -> str:
    """Return a person's mail."""
    return f"From: Ann <{ADDRESS}>\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n{more}\n{text}\n"


@dataclass
class Post:
    """A world and the port of its receiver."""

    world: World
    port: int

    @property
    def domain(self) -> str:
        """The bounce domain."""
        return str(self.world.mailer.deps.settings.bounce_domain)

    def address(self, message_id: UUID, purpose: Purpose = "b") -> str:
        """Return the address that a mail about a message comes back to."""
        keys = {"1": derive(self.world.mailer.deps.settings.kek, "return_addresses")}
        return f"{ReturnAddresses(keys).mint(purpose, message_id)}@{self.domain}"

    def wait(self, by: timedelta) -> None:
        """Let business time pass."""
        clock = self.world.neighbours.clock
        assert isinstance(clock, ManualClock)
        clock.move(by)

    async def message(self, state: str = "sent", address: str = ADDRESS, **values: Any) -> UUID:
        """Return a message that has come into this state."""
        (message_id,) = await self.world.queue(address, **values)
        if state != "accepted":
            final = self.world.now if state != "claimed" else None
            await self.world.database.execute(
                "update messages set state = $2, final_at = $3 where message_id = $1", message_id, state, final
            )
        return message_id

    async def deliver(self, recipient: str, mail: str, *, sender: str = "") -> tuple[int, str]:
        """Post a mail and return the receiver's last reply."""

        def talk() -> tuple[int, str]:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
                client.ehlo("mx.example.net")
                client.mail(sender)
                code, said = client.rcpt(recipient)
                if code == 250:
                    code, said = client.data(mail.replace("\n", "\r\n").encode())
                return code, said.decode()

        return await asyncio.to_thread(talk)

    async def reports(self) -> list[tuple[str, str | None, str | None]]:
        """Return kind, blame and reason of all reports, oldest first."""
        rows = await self.world.database.fetch("select kind, blame, reason from reports order by reported_at, kind")
        return [tuple(row) for row in rows]

    async def unreachable(self) -> dict[str, str]:
        """Return the addresses that are shut, with the reason."""
        rows = await self.world.database.fetch("select address_key, reason from unreachable where cleared_at is null")
        return {row["address_key"]: row["reason"] for row in rows}

    async def evidence(self, address: str = ADDRESS) -> list[dict[str, Any]]:
        """Return what optout's suppression log says of an address: class and scope."""
        answer = await self.world.optout.http.post(
            "/v1/suppressions/poll",
            json={
                "holder": str(UUID(int=7)), "epoch": None, "after": 0, "safe": 0, "wait_seconds": 0,
            },
            headers=service_headers("mailer", "optout"),
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return [entry for entry in answer.json()["entries"] if entry["address_key"] == key_of(address)]
