"""From which network a consumer calls, as a keyed hash that limits can count and nobody can read (S30, S-090)."""

import base64
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from shared.kit.crypto import keyed_hash

_HOST_BITS_OF_IPV6 = 64


class Networks:
    """`trusted` are the load balancers' networks: only what they forward is believed, from the right, up to the first that is none of them."""

    def __init__(self, trusted: Sequence[IPv4Network | IPv6Network], key: bytes) -> None:
        self._trusted = trusted
        self._key = key

    def of(self, peer: str, forwarded: str) -> str:
        """Return 22 letters for the caller: an IPv4 address, or a 64-bit network of IPv6. `forwarded` is X-Forwarded-For."""
        caller = _read(peer)
        for hop in reversed(forwarded.split(",")[-20:]):
            if caller is None or not any(caller in network for network in self._trusted):
                break
            caller = _read(hop) or caller
        return base64.urlsafe_b64encode(keyed_hash(self._key, _block(caller))).rstrip(b"=").decode()


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _block(address: IPv4Address | IPv6Address | None) -> bytes:
    if isinstance(address, IPv6Address):
        return (int(address) >> _HOST_BITS_OF_IPV6).to_bytes(8, "big")
    return address.packed if address else b""
