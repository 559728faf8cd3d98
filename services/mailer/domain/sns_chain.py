"""Whether a signing certificate is Amazon SNS's own: a chain to a root that is trusted here, made out to an SNS name (S73).

That it came from an SNS host is not enough: whoever can put a file there, or answer in its place, could sign what he likes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from cryptography.x509 import (
    AuthorityInformationAccess,
    Certificate,
    DNSName,
    ExtensionNotFound,
    SubjectAlternativeName,
    UniformResourceIdentifier,
)
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

_ISSUED_TO: Final = re.compile(r"sns(?:\.[a-z0-9-]{4,30})?\.amazonaws\.com(?:\.cn)?", re.ASCII)
_ISSUER: Final = re.compile(r"http://crt\.[a-z0-9]{3,20}\.amazontrust\.com/[a-z0-9]{3,20}\.cer", re.ASCII)


@dataclass(frozen=True)
class Trust:
    """The certification authorities that are trusted to know who is Amazon SNS."""

    roots: tuple[Certificate, ...]

    @cached_property
    def store(self) -> Store:
        """What a verifier builds its chains to."""
        return Store(list(self.roots))

    def knows_issuer_of(self, certificate: Certificate) -> bool:
        """Tell whether a root bears the name of this certificate's issuer: then nothing is missing between them."""
        return any(root.subject == certificate.issuer for root in self.roots)


def is_trusted(chain: Sequence[Certificate], trust: Trust, *, now: datetime) -> bool:
    """Tell whether the first certificate is made out to Amazon SNS and leads, over the others if need be, to a root; all of them of this time."""
    try:
        names = [name for name in _names_of(chain[0]) if _ISSUED_TO.fullmatch(name)]
        if not names or not trust.roots:
            return False
        verifier = PolicyBuilder().store(trust.store).time(now).build_server_verifier(DNSName(names[0]))
        verifier.verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError):
        return False
    return True


def find_issuer_url(certificate: Certificate) -> str | None:
    """Return where the certificate of the issuer may be had (RFC 5280 4.2.2.1), of Amazon's own hosts alone (S67)."""
    try:
        access = certificate.extensions.get_extension_for_class(AuthorityInformationAccess).value
    except (ExtensionNotFound, ValueError):
        return None
    places = [
        each.access_location.value
        for each in access
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, UniformResourceIdentifier)
    ]
    return next((place for place in places if _ISSUER.fullmatch(place)), None)


def _names_of(certificate: Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return []
    return names.get_values_for_type(DNSName)
