"""Brings batches to ingest: renews its token, tries again while the other side is busy or silent, and goes on where an upload broke off."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr, ValidationError

from services.ingest.sync.pacing import TRIES, back_off_seconds, retry_after_seconds
from services.ingest.sync.spool import is_small, packed, packed_slowly
from services.ingest.sync.web import Pause
from shared.kit.http import AsyncClient, HttpFailure, Response
from shared.schemas.ingest import BatchReport

_ENDED: Final = ("applied", "quarantined", "rejected")


class CarryFailedError(Exception):
    """The batch is not at ingest; the text is one sentence for a person and holds no credential. `final`: it will never be taken."""

    def __init__(self, text: str, *, final: bool = False) -> None:
        super().__init__(text)
        self.final = final


class ConnectionOverError(CarryFailedError):
    """The connection was ended at ingest: no run will ever bring anything again."""

    def __init__(self) -> None:
        super().__init__(
            "This connection was ended: nothing more is taken. Remove the agent, its configuration and credentials from this computer.",
            final=True,
        )


@dataclass
class Carrier:
    """One client of ingest. `wait` is replaced in tests."""

    http: AsyncClient
    url: str
    token_url: str
    client_id: str
    client_secret: SecretStr
    connection_id: UUID
    wait: Pause = asyncio.sleep
    _token: str = ""

    async def send(self, path: Path, batch_id: str, params: Mapping[str, str], *, again: bool = False) -> BatchReport:
        """Send the file as a batch and return its report. `again`: an earlier run may have sent part of it. Raises CarryFailedError."""
        asked = {**params, "connection_id": str(self.connection_id), "batch_id": batch_id}
        last = "no answer"
        for attempt in range(TRIES):
            seconds = None
            try:
                await self._renew_token()
                known = await self._report(batch_id) if attempt or again else None
                if known is not None and known.state in _ENDED:
                    return known
                if known is not None and known.state == "running":
                    last = "409 batch_running"
                else:
                    octet = known.octets if known is not None and "mode" not in params else 0
                    answer = await self._post(path, octet, asked)
                    if answer.status_code == 200:
                        return BatchReport.model_validate_json(answer.content)
                    last = f"{answer.status_code} {_code(answer)}".strip()
                    seconds = self._judge(answer, last)
            except (HttpFailure, OSError) as failure:
                last = type(failure).__name__
            except (ValidationError, ValueError, KeyError, TypeError):
                last = "an answer that is not ingest's"
            await self.wait(back_off_seconds(attempt) if seconds is None else seconds)
        raise CarryFailedError(
            f"Ingest did not take the batch after {TRIES} tries: {last}. The next run sends it again."
        )

    async def _post(self, path: Path, octet: int, asked: dict[str, str]) -> Response:
        return await self.http.post(
            f"{self.url}/v1/batches",
            params=asked | ({"from_octet": str(octet)} if octet else {}),
            content=b"".join(packed(path, octet)) if is_small(path, octet) else packed_slowly(path, octet),
            headers=self._headers | {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
        )

    async def _report(self, batch_id: str) -> BatchReport | None:
        answer = await self.http.get(f"{self.url}/v1/batches/{batch_id}", headers=self._headers)
        return BatchReport.model_validate_json(answer.content) if answer.status_code == 200 else None

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _judge(self, answer: Response, last: str) -> float | None:
        """Return how long ingest asks to wait, if it says so; raise when asking again is useless."""
        if answer.status_code == 401:
            self._token = ""
            return None
        if answer.status_code == HTTPStatus.GONE:
            raise ConnectionOverError
        if answer.status_code < 500 and answer.status_code not in (408, 409, 429):
            raise CarryFailedError(f"Ingest refused the batch: {last}.", final=True)
        return retry_after_seconds(answer.headers.get("retry-after"))

    async def _renew_token(self) -> None:
        if self._token:
            return
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret.get_secret_value(),
        }
        answer = await self.http.post(self.token_url, data=form)
        if answer.status_code >= 500 or answer.status_code == 429:
            raise OSError("the token endpoint is busy")
        if answer.status_code != 200:
            said = f"{answer.status_code} {_code(answer)}".strip()
            raise CarryFailedError(f"The token endpoint refused the client: {said}.")
        self._token = str(answer.json()["access_token"])


def _code(answer: Response) -> str:
    """The answer's stable code, only if it is a machine word: what another server says is not repeated."""
    try:
        said: Any = answer.json()
        code = said.get("code") or said.get("error", "")
    except (ValueError, AttributeError):
        return ""
    return code if isinstance(code, str) and code.isidentifier() and len(code) <= 64 else ""
