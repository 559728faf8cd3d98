"""Ingest's wire: what a person decides about a snapshot in quarantine."""

from typing import Literal

from shared.schemas.wire import Wire


class QuarantineDecision(Wire):
    """`release`: what the snapshot did not name is deleted now; `reject`: it stays. What the snapshot said of its records is kept either way."""

    decision: Literal["release", "reject"]
