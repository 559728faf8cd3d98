"""Optout as ingest needs it: opt-outs of sources must be on file there. Silence and refusal both mean "not yet": the people stay held."""

from collections.abc import Sequence
from uuid import UUID

from shared.kit.http import RefusedError, ServiceClient, SilentError
from shared.kit.logs import log
from shared.schemas.optout import (
    OptoutInput,
    OptoutsInput,
    PermissionAnswers,
    PermissionQueries,
    PermissionQuery,
    Recorded,
)

MOST_A_CALL = 5000
_SECONDS = 20.0


class OptoutClient:
    """Speaks to optout."""

    def __init__(self, http: ServiceClient) -> None:
        self.http = http

    async def report_optouts(self, subscriber_id: UUID, optouts: Sequence[OptoutInput]) -> bool:
        """Return whether these opt-outs are on file now; a repeat is harmless there."""
        body = OptoutsInput(subscriber_id=subscriber_id, optouts=list(optouts))
        try:
            await self.http.ask("POST", "/v1/optouts", Recorded, body=body, seconds=_SECONDS)
        except SilentError:
            log("ingest.optouts").warning("optout_silent", subscriber_id=str(subscriber_id), optouts=len(optouts))
            return False
        except RefusedError as refused:
            log("ingest.optouts").error("optouts_refused", subscriber_id=str(subscriber_id), code=refused.code)
            return False
        return True

    async def answer_queries(self, queries: Sequence[PermissionQuery]) -> PermissionAnswers:
        """Ask up to 1,000 permissions. Raises SilentError or RefusedError: a list whose opt-outs are not known is not handed out."""
        body = PermissionQueries(queries=list(queries))
        return await self.http.ask("POST", "/v1/permissions/check", PermissionAnswers, body=body, seconds=_SECONDS)
