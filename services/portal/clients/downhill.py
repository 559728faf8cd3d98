"""What portal asks of each service below: keep a fact, enter or leave HOLD, say whether it is ready.

On silence: a fact is tried again (outbox, full push), a HOLD is reported as not done, a status counts as not ready.
"""

from dataclasses import dataclass

from services.portal.clients.facts import Fact
from shared.kit.errors import Problem
from shared.kit.http import RefusedError, ServiceClient, SilentError

_STATUS_SECONDS = 1.0


class ServiceSilentError(Problem):
    """A service did not answer, so what was asked of it may or may not be done."""

    status, code, title = 503, "service_silent", "The service did not answer; ask again."
    headers = {"Retry-After": "2"}  # noqa: RUF012 - ClassVar of the base


@dataclass(frozen=True, slots=True)
class Standing:
    """How a service stands; `on_hold` is None where it does not say."""

    name: str
    ready: bool
    on_hold: bool | None


@dataclass(frozen=True, slots=True)
class Downhill:
    """One service below portal."""

    name: str
    http: ServiceClient

    async def keep(self, fact: Fact) -> str:
        """Push a fact; return "" when it is kept or known, else the code of the refusal; raise SilentError."""
        try:
            await self.http.send("PUT", fact.path, body=fact.entry)
        except RefusedError as refused:
            return refused.code
        return ""

    async def set_hold(self, *, on_hold: bool) -> None:
        """Put the service on HOLD or release it; raise ServiceSilentError when it does not answer or refuses."""
        try:
            await self.http.send("PUT", "/v1/hold", body={"on_hold": on_hold})
        except (SilentError, RefusedError):
            raise ServiceSilentError(self.name) from None

    async def standing(self) -> Standing:
        """Return how the service stands, within a second."""
        try:
            answer = await self.http.send("GET", "/health/ready", seconds=_STATUS_SECONDS)
            hold = answer.get("on_hold")
            return Standing(self.name, bool(answer["ready"]), hold if isinstance(hold, bool) else None)
        except (SilentError, RefusedError, ValueError, KeyError, AttributeError, TypeError):
            return Standing(self.name, ready=False, on_hold=None)
