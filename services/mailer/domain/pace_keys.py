"""What a message is paced by: the provider that takes it, as far as the recipient's domain tells, and never a name that tells the recipient."""

import base64
import re
from typing import Final
from uuid import UUID

from services.mailer.domain.pacing import PaceId
from services.mailer.domain.refusals import PaceNameRefusedError
from shared.kit.crypto import keyed_hash
from shared.schemas.routes import PaceKind

_SENDER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[a-z0-9.-]{3,253}")
_DOMAIN: Final = re.compile(r"[a-z0-9.-]{3,253}")

_PROVIDERS: Final[dict[str, tuple[str, ...]]] = {
    "google": ("gmail.com", "googlemail.com"),
    "microsoft": (
        "outlook.com", "hotmail.com", "live.com", "msn.com", "passport.com", "windowslive.com", "hotmail.co.uk", "hotmail.ca", "hotmail.fr",
        "hotmail.de", "hotmail.es", "hotmail.it", "live.ca", "live.co.uk", "live.fr", "outlook.fr", "outlook.de", "outlook.es",
    ),
    "yahoo": (
        "yahoo.com", "ymail.com", "rocketmail.com", "yahoo.ca", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.es", "yahoo.com.mx", "aol.com",
        "aim.com", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "pacbell.net", "ameritech.net", "swbell.net", "frontier.com",
    ),
    "apple": ("icloud.com", "me.com", "mac.com"),
    "comcast": ("comcast.net", "xfinity.com"),
    "charter": ("charter.net", "spectrum.net", "roadrunner.com", "twc.com"),
    "cox": ("cox.net",),
    "proton": ("protonmail.com", "proton.me", "pm.me"),
    "gmx": ("gmx.com", "gmx.net", "gmx.de", "web.de", "mail.com"),
}  # fmt: skip
_BY_DOMAIN: Final = {domain: provider for provider, domains in _PROVIDERS.items() for domain in domains}


def make_pace_key(address: str, key: bytes) -> str:
    """Return the key for a recipient's address or domain: the provider's name, or a keyed hash of any other domain, which may be a family's own."""
    domain = address.rpartition("@")[2].lower()
    known = _BY_DOMAIN.get(domain)
    return known or "h." + base64.urlsafe_b64encode(keyed_hash(key, domain.encode())[:12]).decode()


def read_pace_name(kind: PaceKind, name: str, key: bytes) -> PaceId:
    """Return which pace a person means: of a recipient's domain, or of `subscriber_id:domain` for a sender. Raises PaceNameRefusedError."""
    name = name.lower()
    if not (_SENDER if kind == "sender" else _DOMAIN).fullmatch(name):
        raise PaceNameRefusedError
    return kind, name if kind == "sender" else make_pace_key(name, key)


def make_sender_key(subscriber_id: UUID, domain: str) -> str:
    """Return the key of a sender domain: of one subscriber, since another one may have proven the same domain."""
    return f"{subscriber_id}:{domain}"
