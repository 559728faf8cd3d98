"""What tests of portal do again and again, in its own words."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from services.portal.api.examples import AGREEMENT_INPUT, CLIENT_INPUT, LOCATION_INPUT, SUBSCRIBER_INPUT
from shared.kit.http import Response
from tests.fixtures.services import OPERATOR_ID, OPERATOR_SECRET, OpenService

Headers = dict[str, str]


async def ask_token(opened: OpenService, client_id: UUID | str, secret: str, **fields: str) -> Response:
    """Ask the token endpoint with form credentials."""
    form = {"grant_type": "client_credentials", "client_id": str(client_id), "client_secret": secret} | fields
    return await opened.http.post("/v1/token", data=form)


async def token_of_operator(opened: OpenService) -> Headers:
    """Sign the operator in."""
    answer = await ask_token(opened, OPERATOR_ID, OPERATOR_SECRET)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@dataclass(frozen=True)
class Portal:
    """Portal with a signed-in operator."""

    opened: OpenService
    operator: Headers

    async def call(self, method: str, path: str, headers: Headers | None = None, **request: Any) -> Response:
        """Call as the operator, or with other headers."""
        return await self.opened.http.request(method, path, headers=headers or self.operator, **request)

    async def make(self, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        """POST something that must be created; return it."""
        answer = await self.call("POST", path, self.operator | headers, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def subscriber(self, **values: Any) -> str:
        """Take in a subscriber; return its id."""
        return str((await self.make("/v1/subscribers", SUBSCRIBER_INPUT | values))["subscriber_id"])

    async def location(self, subscriber_id: str, **values: Any) -> str:
        """Add a location; return its id."""
        made = await self.make(f"/v1/subscribers/{subscriber_id}/locations", LOCATION_INPUT | values)
        return str(made["location_id"])

    async def agreement(self, subscriber_id: str) -> None:
        """Accept the agreement."""
        await self.make(f"/v1/subscribers/{subscriber_id}/agreements", AGREEMENT_INPUT)

    async def client(self, subscriber_id: str, **values: Any) -> dict[str, Any]:
        """Make an API client; return it with its secret."""
        return await self.make(f"/v1/subscribers/{subscriber_id}/clients", CLIENT_INPUT | values)

    async def headers_of(self, client: dict[str, Any]) -> Headers:
        """Sign an API client in."""
        answer = await ask_token(self.opened, client["client_id"], client["client_secret"])
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def deliver(self) -> None:
        """Empty the outbox once."""
        while await self.opened.step("outbox"):
            pass

    async def whole_database(self) -> str:
        """Return everything that is stored, octets as hexadecimal."""
        connection = await asyncpg.connect(self.opened.database.superuser)
        try:
            tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
            rows = [
                row
                for table in tables
                for row in await connection.fetch(f"select t::text as line from {table['tablename']} t")
            ]
        finally:
            await connection.close()
        return "\n".join(row["line"] for row in rows)
