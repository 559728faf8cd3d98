"""Fetches what the mail catcher caught, through its API, as raw bytes."""

from deploy.demo.doors import gather_slowly
from deploy.demo.mail import Mail
from shared.kit.http import AsyncClient


class Inbox:
    """The catcher of one installation; every mail is fetched once."""

    def __init__(self, http: AsyncClient, url: str) -> None:
        self._http, self._url = http, url
        self._mails: list[Mail] = []

    async def mails(self) -> list[Mail]:
        """Everything caught so far, oldest first."""
        while True:
            after = self._mails[-1].number if self._mails else 0
            rows = (
                (await self._http.get(f"{self._url}/api/messages", params={"after": after})).raise_for_status().json()
            )
            if not rows:
                return list(self._mails)
            bodies = await gather_slowly([self._raw(row["id"]) for row in rows])
            self._mails += [
                Mail(row["id"], tuple(row["rcpt"]), row["dot_at_monotonic"], body)
                for row, body in zip(rows, bodies, strict=True)
            ]

    async def _raw(self, number: int) -> bytes:
        answer = await self._http.get(f"{self._url}/api/messages/{number}/raw")
        return answer.raise_for_status().content
