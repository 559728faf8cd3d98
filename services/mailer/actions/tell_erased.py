"""Acknowledges erasures to optout, by the outbox of the transaction that finished them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.outbox import put_outbox
from shared.schemas.privacy_cases import ErasureDone, ErasuresDone

_MOST: Final = 1000


async def tell_erased(connection: AsyncConnection, done: Sequence[ErasureDone]) -> None:
    """Write the command; none for nothing."""
    for first in range(0, len(done), _MOST):
        body = ErasuresDone(done=list(done[first : first + _MOST]))
        await put_outbox(
            connection, destination="optout", method="POST", path="/v1/erasures/acknowledgements", body=body
        )
