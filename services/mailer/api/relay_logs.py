"""Relay logs: what a relay wrote down settles what it left unanswered."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request

from services.mailer.actions.read_relay_log import read_relay_log
from services.mailer.api import examples
from services.mailer.domain.refusals import LogShapeUnknownError
from services.mailer.smtp.relay_log import JsonLog, LogReader, PostfixLog
from shared.kit.auth import Caller, needs
from shared.kit.errors import UnreadableBodyError
from shared.schemas.relay import RelayLogAnswer

MOST_OCTETS: Final = 2 * 1024**3
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The log as it is, in UTF-8: Postfix's as text/plain, or one RelayLogLine a line. Lines may have 16 kB.",
        "content": {
            "text/plain": {"schema": {"type": "string"}, "example": examples.POSTFIX_LOG},
            "application/x-ndjson": {"schema": {"type": "string"}, "example": examples.JSON_LOG},
        },
    }
}

router = APIRouter(tags=["relay logs"])


@router.post(
    "/v1/relay-logs",
    responses=examples.answered(examples.RELAY_LOG_ANSWER),
    openapi_extra=_BODY,
    max_body_size=MOST_OCTETS,
)
async def post_relay_log(
    request: Request,
    caller: Annotated[Caller, needs("operator")],
    content_type: Annotated[str, Header(max_length=200)] = "",
    content_encoding: Annotated[str, Header(max_length=40)] = "",
) -> RelayLogAnswer:
    """Settle uncertain messages by a relay's log: `sent` where the relay took them, `bounced` where it gave up, waiting again only where the log
    proves that it refused them. What the log does not name stays uncertain. Repeating it is harmless."""
    deps: Any = request.app.state.deps
    if content_encoding.strip().lower() not in ("", "identity"):
        raise UnreadableBodyError("send the log as it is, without a content encoding")
    reader = _reader(content_type, deps.settings.bounce_domain, deps.returns)
    return await read_relay_log(deps.worker_db, request.stream(), reader, by=caller.name, now=deps.clock.now())


def _reader(content_type: str, domain: str, returns: Any) -> LogReader:
    media_type, _, parameters = content_type.lower().partition(";")
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise UnreadableBodyError("the log must be UTF-8")
    match media_type.strip():
        case "text/plain":
            return PostfixLog(domain, returns)
        case "application/x-ndjson":
            return JsonLog(domain)
        case _:
            raise LogShapeUnknownError
