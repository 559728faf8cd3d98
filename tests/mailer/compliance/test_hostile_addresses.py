"""Three hundred hostile addresses through what accepting, composing and the envelope do: refused, or RCPT is what is stored, byte for byte."""

from itertools import product
from uuid import uuid4

import pytest

from services.mailer.smtp.compose import Letter
from services.mailer.smtp.envelope import Envelope
from shared.schemas.address import AddressRefusedError, canonical_address
from tests.mailer.compliance.test_hostile_fields import AT
from tests.mailer.smtp.test_compose import NAMES, skeleton

LOCALS = (
    "ann", '"ann"', '"a\r\nBcc: x"', '"a\\\r\nb"', '"a@b"', '"a b"', "a(comment)", "(c)a",
    "<a", "a>", "a@b", "@x:a", "a%b", "a!b", "-oQ/tmp", "--", "a..b",
    ".a", "a.", "a" * 64, "a" * 65, "\u00e9", "\u0430nn", "a\u202eb", "a\u200bb", "a\0b", "a\tb", "a,b", "a;b", "a:b", "a\\b",
    "=?utf-8?q?a=0A?=", "", " a",
)  # fmt: skip
DOMAINS = (
    "patients.example.com", "example.com.", "example.com>", "example.com\r\nDATA", "[127.0.0.1]", "[IPv6:::1]", "localhost", "ex ample.com",
    "ex\u0430mple.com", "m\u00fcnchen.example.com", "-a.example.com", "example..com",
)  # fmt: skip
ADDRESSES = [f"{local}@{domain}" for local, domain in product(LOCALS, DOMAINS)]


@pytest.mark.parametrize("domain", DOMAINS)
def test_an_address_is_refused_or_is_on_the_wire_what_it_is_in_store(domain: str) -> None:
    """S47, I22: no repair, no second recipient, no line of its own; what is taken is its own canonical form."""
    for local in LOCALS:
        given = f"{local}@{domain}"
        try:
            stored = canonical_address(given).address
        except AddressRefusedError:
            continue
        if stored != given:
            continue  # refused when a message is accepted: address_not_canonical
        envelope = Envelope("b@bounces.example.com", stored)
        _, rcpt, _ = envelope.commands({"smtputf8"})
        assert rcpt == b"RCPT TO:<" + given.encode() + b">\r\n"
        letter = Letter(uuid4(), stored, "A note", "Hello", "<p>Hello</p>", AT, "https://optout.example.com/u/x")
        headers = skeleton().compose(letter).data.split(b"\r\n\r\n", 1)[0].decode()
        names = [line.split(":")[0] for line in headers.split("\r\n") if not line.startswith((" ", "\t"))]
        assert names == NAMES


def test_most_of_them_are_refused_and_an_ordinary_one_is_not() -> None:
    """The test above would pass for a check that refuses everything, or for a list that is not hostile."""
    taken = []
    for address in ADDRESSES:
        try:
            taken += [address] if canonical_address(address).address == address else []
        except AddressRefusedError:
            continue
    assert len(ADDRESSES) > 300
    assert "ann@patients.example.com" in taken
    assert len(taken) < 20
    assert not [address for address in taken if set(address) & set('"\r\n\0<>(),;:\\ \t')]
