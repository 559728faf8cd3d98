"""Whether a message of Amazon SNS is genuine: its own signature scheme, with what comes from Amazon's hosts alone (I21, S67, S73)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate

_HOST: Final = re.compile(r"sns\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d\.amazonaws\.com(?:\.cn)?", re.ASCII)
_PEM: Final = re.compile(r"/SimpleNotificationService-[0-9a-f]{20,64}\.pem", re.ASCII)
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - version 1 of their scheme
_NOTIFICATION: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION: Final = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message's fields by their own names (those that were absent are not among them), and its signature."""

    fields: dict[str, str]
    version: str
    signature: str

    @property
    def text(self) -> bytes:
        """What is signed: names and values, one a line, in the order of the scheme."""
        names = _NOTIFICATION if self.fields.get("Type") == "Notification" else _CONFIRMATION
        return "".join(f"{name}\n{self.fields[name]}\n" for name in names if name in self.fields).encode()


def is_certificate_url(url: str) -> bool:
    """Tell whether a certificate may be fetched there: https, an SNS host of Amazon, its kind of file, nothing else in the address."""
    return _is_amazons(url) and _PEM.fullmatch(urlsplit(url).path) is not None and not urlsplit(url).query


def is_subscribe_url(url: str) -> bool:
    """Tell whether a subscription may be confirmed there."""
    return _is_amazons(url) and parse_qs(urlsplit(url).query).get("Action") == ["ConfirmSubscription"]


def is_genuine(message: SignedMessage, certificate: Certificate) -> bool:
    """Tell whether a message was signed with the key of this certificate; whose that is, domain/sns_chain.py tells."""
    kind, key = _HASHES.get(message.version), certificate.public_key()
    if kind is None or not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(base64.b64decode(message.signature, validate=True), message.text, PKCS1v15(), kind)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _is_amazons(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = parts.netloc  # with user and port, so that neither can stand in it
    return (
        parts.scheme == "https"
        and port is None
        and _HOST.fullmatch(host) is not None
        and not parts.fragment
        and "\\" not in url
    )
