"""Make every secret of an installation once and keep it, because a person types two commands and no passwords."""

import base64
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.cannot_run import CannotRunError
from deploy.local.names import SERVICES, all_roles
from deploy.local.private_file import write_private

FILE = "secrets.json"
WITH_KEY_ENCRYPTION = ("ingest", "scheduler", "mailer", "portal")


@dataclass(frozen=True)
class Secrets:
    """All secrets of one data folder; binary values are base64.

    `service_keys` are raw Ed25519 private keys, `address_keys` and `token_keys` map key ids to 32 bytes,
    `key_encryption_keys` wrap the data keys of the services that keep personal data; the operator's client id is a UUID.
    """

    database_passwords: dict[str, str]
    service_keys: dict[str, str]
    address_keys: dict[str, str]
    token_keys: dict[str, str]
    key_encryption_keys: dict[str, str]
    operator_client_id: str
    operator_client_secret: str

    def public_keys(self) -> dict[str, str]:
        """The raw Ed25519 public key of every service, base64."""
        return {name: _public_key(private) for name, private in self.service_keys.items()}


def load_or_make_secrets(folder: Path) -> Secrets:
    """Read `folder`/secrets.json (0600), adding what is missing. Raises `CannotRunError`.

    A missing file beside an existing database is refused: with new keys its addresses and links were lost for ever.
    """
    path = folder / FILE
    found = _read(path)
    if found is None and (folder / "postgres" / "cluster").exists():
        raise CannotRunError(
            f"{path} is missing but the database is there, and only those keys can read it: "
            "put the file back from a backup, or choose another folder with --data."
        )
    made = _completed(found or {})
    if asdict(made) != found:
        write_private(path, json.dumps(asdict(made), indent=1))
    return made


def _read(path: Path) -> dict[str, Any] | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise CannotRunError(f"{path} belongs to another user: run as that user, or choose another --data.") from None
    except (OSError, ValueError):
        values = None
    if not isinstance(values, dict):
        raise CannotRunError(f"{path} is damaged: put it back from a backup, or choose another folder with --data.")
    return values


def _completed(found: dict[str, Any]) -> Secrets:
    def filled(name: str, keys: tuple[str, ...] | list[str], make: Callable[[], str]) -> dict[str, str]:
        values: dict[str, str] = dict(found.get(name) or {})
        return values | {key: make() for key in keys if key not in values}

    return Secrets(
        database_passwords=filled("database_passwords", all_roles(), lambda: secrets.token_urlsafe(24)),
        service_keys=filled("service_keys", SERVICES, _private_key),
        address_keys=filled("address_keys", ["1"], _key),
        token_keys=filled("token_keys", ["1"], _key),
        key_encryption_keys=filled("key_encryption_keys", WITH_KEY_ENCRYPTION, _key),
        operator_client_id=found.get("operator_client_id") or str(uuid.uuid4()),
        operator_client_secret=found.get("operator_client_secret") or secrets.token_urlsafe(32),
    )


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def _private_key() -> str:
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode("ascii")


def _public_key(private: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))
    return base64.b64encode(key.public_key().public_bytes_raw()).decode("ascii")
