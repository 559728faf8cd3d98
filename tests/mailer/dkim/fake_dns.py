"""A tiny DNS server on loopback: what lies beyond the machine, and nothing of ours, is played."""

import asyncio
from dataclasses import dataclass, field
from typing import Self, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class _Door(asyncio.DatagramProtocol):
    def __init__(self, server: "FakeDns") -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._transport.sendto(self._server.answer(data), addr)


@dataclass
class FakeDns:
    """Answers from `texts` and `exchanges` by name; `is_broken` answers SERVFAIL to all. `asked` are the names looked up."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    exchanges: dict[str, list[str]] = field(default_factory=dict)
    is_broken: bool = False
    asked: list[str] = field(default_factory=list)
    address: str = ""

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Door(self), local_addr=("127.0.0.1", 0))
        host, port = self._transport.get_extra_info("sockname")
        self.address = f"{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def answer(self, data: bytes) -> bytes:
        """Return the reply to one query."""
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        found = self._rows(name, question.rdtype.name)
        if self.is_broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype.name, found))
        elif name not in self.texts and name not in self.exchanges:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire(max_size=65535)

    def _rows(self, name: str, kind: str) -> list[str]:
        if kind == "MX":
            return [f"10 {host}." for host in self.exchanges.get(name, [])]
        # a long text travels as several strings, as DNS hosts store it
        return [
            " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)) for text in self.texts.get(name, [])
        ]
