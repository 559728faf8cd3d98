"""What the scheduler asks of optout: permission for a forecast, and the key of an address that a test goes to. What leaves the mailer asks for."""

from collections.abc import Sequence

from shared.kit.http import ServiceClient
from shared.schemas.optout import (
    AddressKeysAnswer,
    AddressKeysInput,
    KeyedAddress,
    PermissionAnswer,
    PermissionAnswers,
    PermissionQueries,
    PermissionQuery,
)

_SECONDS = 15.0


class OptoutClient:
    """Calls optout. Raises SilentError and RefusedError: without its answer there is no forecast."""

    def __init__(self, service: ServiceClient) -> None:
        self.service = service

    async def check(self, queries: Sequence[PermissionQuery]) -> list[PermissionAnswer]:
        """Ask permission for at most 1,000 messages, answered in order; nothing is asked for none."""
        if not queries:
            return []
        body = PermissionQueries(queries=list(queries))
        found = await self.service.ask("POST", "/v1/permissions/check", PermissionAnswers, body=body, seconds=_SECONDS)
        return found.answers

    async def key_address(self, address: str) -> KeyedAddress:
        """Return an address in its delivery form with the key its opt-outs stand under; both None where it is none."""
        body = AddressKeysInput(addresses=[address])
        answer = await self.service.ask("POST", "/v1/address-keys", AddressKeysAnswer, body=body, seconds=_SECONDS)
        return answer.keys[0]
