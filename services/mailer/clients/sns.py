"""What is fetched from Amazon SNS: signing certificates with their issuers', kept once read, and the confirmation of a subscription (S67).

No other host is asked, and no redirect followed. Amazon's file often holds the signing certificate alone; the one that issued it says where its own
is to be had.

Anybody may name a certificate to us, so what could not be read is not asked for again for a minute, and one fetch runs at a time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from time import monotonic
from typing import Final

from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificates

from services.mailer.domain.sns import is_certificate_url, is_subscribe_url
from services.mailer.domain.sns_chain import Trust, find_issuer_url
from shared.kit.http import AsyncClient, HttpFailure, Timeout, Transport

_MOST_KEPT: Final = 16
_MOST_OCTETS: Final = 65_536
_LONGEST_CHAIN: Final = 5
_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 60.0


class SnsSilentError(Exception):
    """Nothing usable came from an address that may be asked."""


class SnsAddressRefusedError(ValueError):
    """The address is none of Amazon SNS."""


class SnsClient:
    """Asks Amazon SNS; `transports` may hold another way there under `sns` (tests)."""

    def __init__(self, transports: Mapping[str, Transport], trust: Trust) -> None:
        self.trust = trust
        self._transports = transports
        self._kept: OrderedDict[str, tuple[Certificate, ...]] = OrderedDict()
        self._failed: OrderedDict[str, float] = OrderedDict()
        self._lock = asyncio.Lock()

    async def chain(self, url: str) -> tuple[Certificate, ...]:
        """Return the certificate at an address and what stands between it and a root, as far as it can be had; nothing of it is verified yet.

        Raises SnsAddressRefusedError and SnsSilentError.
        """
        if not is_certificate_url(url):
            raise SnsAddressRefusedError
        async with self._lock:
            if url not in self._kept:
                await self._keep(url)
            return self._kept[url]

    async def confirm(self, url: str) -> None:
        """Confirm a subscription by visiting its address. Raises SnsAddressRefusedError and SnsSilentError."""
        if not is_subscribe_url(url):
            raise SnsAddressRefusedError
        await self._fetch(url)

    async def _keep(self, url: str) -> None:
        if monotonic() - self._failed.get(url, float("-inf")) < _AGAIN_SECONDS:
            raise SnsSilentError
        try:
            self._kept[url] = await self._read_chain(url)
        except (SnsSilentError, ValueError):
            self._failed[url] = monotonic()
            raise SnsSilentError from None
        finally:
            for kept in (self._kept, self._failed):
                while len(kept) > _MOST_KEPT:
                    kept.popitem(last=False)

    async def _read_chain(self, url: str) -> tuple[Certificate, ...]:
        chain = load_pem_x509_certificates(await self._fetch(url))[:_LONGEST_CHAIN]
        while len(chain) < _LONGEST_CHAIN and not self.trust.knows_issuer_of(chain[-1]):
            issuer = find_issuer_url(chain[-1])
            if issuer is None:
                break
            chain.append(load_der_x509_certificate(await self._fetch(issuer)))
        return tuple(chain)

    async def _fetch(self, url: str) -> bytes:
        try:
            async with (
                asyncio.timeout(_SECONDS),
                AsyncClient(
                    transport=self._transports.get("sns"),
                    timeout=Timeout(_SECONDS),
                    follow_redirects=False,
                    trust_env=False,
                ) as http,
                http.stream("GET", url) as answer,
            ):
                octets = b""
                async for piece in answer.aiter_bytes():
                    octets += piece
                    if len(octets) > _MOST_OCTETS:
                        raise SnsSilentError
                if answer.status_code != 200:
                    raise SnsSilentError
                return octets
        except (TimeoutError, HttpFailure, OSError):
            raise SnsSilentError from None
