"""Reads the certification authorities that are trusted: those of a file, else those of the system as OpenSSL finds them."""

import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.x509 import Certificate, load_pem_x509_certificate

_ONE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class NoRootsError(ValueError):
    """There is no certification authority to trust; the text names what to set."""


def read_roots(file: Path | None, *, variable: str) -> tuple[Certificate, ...]:
    """Return the authorities of `file`, without one the system's. Raises NoRootsError where there are none; a single unreadable one is left out."""
    found: dict[bytes, Certificate] = {}
    for octets in _files(file):
        for pem in _ONE.findall(octets):
            try:
                found[pem] = load_pem_x509_certificate(pem)
            except ValueError:
                continue
    if not found:
        place = "that file" if file else "this system"
        raise NoRootsError(f"{variable} must name a PEM file of certification authorities: there are none in {place}")
    return tuple(found.values())


def _files(file: Path | None) -> Iterator[bytes]:
    if file is not None:
        yield _read(file)
        return
    paths = ssl.get_default_verify_paths()
    if paths.cafile and (bundle := _read(Path(paths.cafile))):
        yield bundle
    elif paths.capath:
        for each in sorted(Path(paths.capath).glob("*.pem")):
            yield _read(each)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
