"""Whose network a request counts for: only what trusted load balancers forward is believed (S30)."""

from ipaddress import ip_network

import pytest

from services.optout.domain.networks import Networks

TRUSTED = Networks([ip_network("10.0.0.0/8"), ip_network("fd00::/8")], b"k" * 32)


@pytest.mark.parametrize(
    ("peer", "forwarded", "as_if"),
    [
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "", "2001:db8::ffff"),
        ("", "198.51.100.7", ""),
    ],
)
def test_a_caller_is_who_the_last_trusted_hop_saw(peer: str, forwarded: str, as_if: str) -> None:
    """From the right; an IPv6 caller is its 64-bit network."""
    assert TRUSTED.of(peer, forwarded) == TRUSTED.of(as_if, "")


def test_the_hash_tells_networks_apart_and_hides_them() -> None:
    """S-090: keyed."""
    assert TRUSTED.of("192.0.2.1", "") != TRUSTED.of("192.0.2.2", "")
    assert TRUSTED.of("2001:db8::1", "") != TRUSTED.of("2001:db8:0:1::1", "")
    assert TRUSTED.of("192.0.2.1", "") != Networks([], b"l" * 32).of("192.0.2.1", "")
