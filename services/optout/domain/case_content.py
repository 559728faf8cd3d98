"""What is personal in a privacy case, as one text to be sealed: whom it is about and what they said."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class CaseContent:
    """`address` is the delivery form, empty where a mail's writer is not certain."""

    address: str
    note: str

    def pack(self) -> bytes:
        """Return it as octets."""
        return json.dumps(asdict(self)).encode()


def unpack_content(packed: bytes) -> CaseContent:
    """Return what was packed."""
    return CaseContent(**json.loads(packed))
