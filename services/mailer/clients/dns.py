"""Looking up DNS records, apart from what they mean; a silent DNS is not an empty one, so that an outage never looks like a lost record."""

from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

_SECONDS: Final = 5.0


class DnsSilentError(Exception):
    """No definite answer: time-out, SERVFAIL, refused, or no resolver at all."""


class DnsClient:
    """Asks one resolver: `server` is `address:port`, empty for the system's."""

    def __init__(self, server: str = "") -> None:
        self._server = server
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def texts(self, name: str) -> list[str]:
        """Return the TXT records at a name, each with its strings joined; none is an empty list. Raises DnsSilentError."""
        return [
            b"".join(record.strings).decode("utf-8", "replace") for record in await self._ask(name, dns.rdatatype.TXT)
        ]

    async def exchanges(self, name: str) -> list[str]:
        """Return the hosts of a name's MX records. Raises DnsSilentError."""
        return [record.exchange.to_text(omit_final_dot=True) for record in await self._ask(name, dns.rdatatype.MX)]

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[Any]:
        try:
            answer = await self._open().resolve(f"{name.rstrip('.')}.", kind, search=False, lifetime=_SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError):
            raise DnsSilentError from None
        return list(answer)

    def _open(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=not self._server)
            if self._server:
                host, _, port = self._server.rpartition(":")
                self._resolver.nameservers, self._resolver.port = [host], int(port)
        return self._resolver
