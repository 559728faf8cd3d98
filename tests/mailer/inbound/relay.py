"""How a relay names a message and posts a report by HTTP."""

import json
from typing import Any
from uuid import UUID

from tests.fixtures.webhooks import signed_headers
from tests.mailer.inbound.post import Post


def name(post: Post, message_id: UUID) -> dict[str, Any]:
    """Return how a relay names a message."""
    return {"message_id": f"<{message_id}@{post.domain}>"}


async def report(post: Post, shape: str, body: Any, *, signed: dict[str, str] | None = None, **how: Any) -> Any:
    """Post a signed report."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = signed_headers(content, at=how.pop("at", post.world.now.timestamp()), **how) if signed is None else signed
    path = f"/v1/relay-reports/{shape}"
    headers = {"content-type": "application/json"} | headers
    return await post.world.mailer.http.post(path, content=content, headers=headers)
