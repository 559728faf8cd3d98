"""DKIM signatures (RFC 6376, RFC 8463): one per key of the sender domain, over the headers and body exactly as they will leave.

Our own on top of `cryptography`: the usual library computes RSA in Python and takes thirty times as long.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from services.mailer.domain.sender_domain import SIGNATURE_LIFE, Algorithm

_RSA_BITS: Final = 2048
_COVERED: Final = (
    b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"Reply-To", b"List-Unsubscribe", b"List-Unsubscribe-Post", b"List-Id",
    b"Feedback-ID", b"Auto-Submitted", b"MIME-Version", b"Content-Type",
)  # fmt: skip
"""Signed where present, and each named once more than it occurs: a second From, a Cc or another opt-out link added later breaks the signature."""
_OPTIONAL: Final = frozenset((b"Feedback-ID",))
_BASE64_LINE: Final = 72

_RUNS: Final = re.compile(rb"[ \t]{2,}|\t")


class UnfitKeyError(ValueError):
    """The stored octets are no private key of the algorithm they stand for, or one too short to sign with (S56)."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One private key of a sender domain and the selector its public half is published under."""

    selector: str
    algorithm: Algorithm
    private: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, digest_input: bytes) -> bytes:
        """Return the raw signature. Ed25519 signs the SHA-256 hash, not the text itself (RFC 8463 3)."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest_input, PKCS1v15(), SHA256())
        return self.private.sign(hashlib.sha256(digest_input).digest())


@dataclass(frozen=True, slots=True)
class NewKey:
    """A fresh key: the private half in PKCS #8 DER, the public one as the `p=` tag wants it."""

    private: bytes
    public: str


def make_key(algorithm: Algorithm) -> NewKey:
    """Return a fresh key. RSA takes about 100 ms of CPU: call it in a thread."""
    private: RSAPrivateKey | Ed25519PrivateKey
    if algorithm == "rsa":
        private = generate_private_key(65537, _RSA_BITS)
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()  # RFC 8463 4.2: the bare 32 octets
    octets = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return NewKey(octets, base64.b64encode(public).decode())


def load_key(selector: str, algorithm: Algorithm, private: bytes) -> SigningKey:
    """Return the signing key or raise UnfitKeyError."""
    try:
        loaded = load_der_private_key(private, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnfitKeyError from None
    if isinstance(loaded, RSAPrivateKey) and algorithm == "rsa" and loaded.key_size >= _RSA_BITS:
        return SigningKey(selector, algorithm, loaded)
    if isinstance(loaded, Ed25519PrivateKey) and algorithm == "ed25519":
        return SigningKey(selector, algorithm, loaded)
    raise UnfitKeyError


class DkimSigner:
    """Signs for one domain with all its keys. Safe to use from several threads at once."""

    def __init__(self, domain: str, keys: Sequence[SigningKey]) -> None:
        self._keys = [
            (
                key,
                f"DKIM-Signature: v=1; a={key.algorithm}-sha256; c=relaxed/relaxed; d={domain};\r\n s={key.selector};",
            )
            for key in keys
        ]

    def sign(self, headers: Sequence[bytes], body: bytes, at: datetime) -> bytes:
        """Return one DKIM-Signature header a key, each with its CRLF, for these header lines and this body; both hashes are computed once."""
        names, covered = _select(relax_headers(b"".join(headers)))
        body_hash = base64.b64encode(hashlib.sha256(relax_body(body)).digest()).decode()
        signed_at = int(at.timestamp())
        tags = f" t={signed_at}; x={signed_at + int(SIGNATURE_LIFE.total_seconds())};\r\n h={names};\r\n bh={body_hash};\r\n b="
        lines = []
        for key, start in self._keys:
            line = f"{start}{tags}".encode()
            signature = base64.b64encode(key.sign(covered + relax_headers(line)))
            lines += [line, _fold(signature), b"\r\n"]
        return b"".join(lines)


def relax_headers(block: bytes) -> bytes:
    """Return header lines in relaxed form (RFC 6376 3.4.2): unfolded, names in lower case, runs of white space as one space."""
    block = _one_space(block.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    return b"\r\n".join([_relax_line(line) if line else line for line in block.split(b"\r\n")])


def _relax_line(line: bytes) -> bytes:
    name, _, value = line.partition(b":")
    return name.rstrip(b" ").lower() + b":" + value.strip(b" ")


def relax_body(body: bytes) -> bytes:
    """Return a body in relaxed form (RFC 6376 3.4.4): no white space at line ends, no runs of it, no empty lines at the end."""
    body = _one_space(body).replace(b" \r\n", b"\r\n").removesuffix(b" ")
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def _one_space(text: bytes) -> bytes:
    """Looking first is ten times as fast as substituting, and most texts have no runs."""
    return _RUNS.sub(b" ", text) if b"  " in text or b"\t" in text else text


def _select(relaxed: bytes) -> tuple[str, bytes]:
    """Return the `h=` tag, folded, and the relaxed lines it names in that order. A name that no line is left for stands for nothing (5.4.2)."""
    found: dict[bytes, list[bytes]] = {}
    for line in relaxed.split(b"\r\n"):
        found.setdefault(line.partition(b":")[0], []).append(line)
    names, lines = [], []
    for name in _COVERED:
        present = found.get(name.lower(), [])
        if present or name not in _OPTIONAL:
            names.append(b":".join([name] * (len(present) + 1)).decode())
        lines += [line + b"\r\n" for line in reversed(present)]  # the last instance is the first that `h=` means
    rows = [":".join(names[first : first + 3]) for first in range(0, len(names), 3)]
    return ":\r\n ".join(rows), b"".join(lines)


def _fold(signature: bytes) -> bytes:
    return b"\r\n ".join(signature[at : at + _BASE64_LINE] for at in range(0, len(signature), _BASE64_LINE))
