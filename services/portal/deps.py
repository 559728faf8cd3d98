"""What portal's parts are given; opened by main.py, read by routes."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.portal.clients.downhill import Downhill
from services.portal.domain.client import KnownClient
from services.portal.settings import Settings
from services.portal.store.failures import FailureMemory
from shared.kit.auth import Signer, Verifier
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys, FieldCipher
from shared.kit.db import Database


@dataclass(frozen=True)
class Deps:
    """Everything portal depends on."""

    settings: Settings
    clock: Clock
    api_db: Database
    worker_db: Database
    verifier: Verifier
    signer: Signer
    services: Mapping[str, Downhill]
    data_keys: DataKeys
    key_cipher: FieldCipher
    operator: KnownClient
    failures: FailureMemory
