"""A front desk at its screen, as tests work with it."""

from typing import Any

from shared.kit.http import Response
from tests.ingest.practice import Practice


class Desk:
    """A front desk at its screen."""

    def __init__(self, practice: Practice, **credential: Any) -> None:
        owner = practice.subscriber.subscriber_id
        self.http = practice.ingest.http
        self.practice = practice
        self.headers = practice.neighbours.client_headers(subscriber_id=owner, scopes="records", **credential)

    async def find(self, **asked: Any) -> list[str]:
        """Return the foreign ids of what a search finds, all pages."""
        found: list[str] = []
        after = None
        while True:
            body = asked | ({"after": after} if after else {})
            answer = await self.http.post("/v1/consumers/search", json=body, headers=self.headers)
            assert answer.status_code == 200, answer.text
            found += [row["foreign_id"] for row in answer.json()["items"]]
            after = answer.json()["next"]
            if after is None:
                return sorted(found)

    async def read(self, consumer_id: str, what: str = "") -> dict[str, Any]:
        """Read a consumer, or something of theirs."""
        answer = await self.http.get(f"/v1/consumers/{consumer_id}{what}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def send(
        self, method: str, consumer_id: str, what: str = "", *, version: int | None = None, **body: Any
    ) -> Response:
        """Edit, merge or part, on the version as it is unless said otherwise."""
        if version is None:
            version = (await self.read(consumer_id))["version"]
        headers = self.headers | {"if-match": f'"{version}"'}
        path = what + consumer_id if what else f"/v1/consumers/{consumer_id}"
        return await self.http.request(method, path, json=body or None, headers=headers)

    async def id_of(self, foreign_id: str) -> str:
        """Return a consumer's id by the source's key."""
        params = {"connection_id": str(self.practice.connection_id), "foreign_id": foreign_id}
        answer = await self.http.get("/v1/consumers", params=params, headers=self.headers)
        return str(answer.json()["items"][0]["consumer_id"])

    async def index(self) -> None:
        """Let the search terms catch up."""
        while await self.practice.ingest.step("search"):
            pass
