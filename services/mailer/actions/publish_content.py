"""Publishing a content version: compiled and linted in its own process, then frozen."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.content.findings import source_of
from services.mailer.content.rules.given import rules_for
from services.mailer.content.sandbox import compile_in_sandbox
from services.mailer.domain.contents import IN_DOUBT
from services.mailer.domain.platform_sender import PlatformFacts, is_platform
from services.mailer.domain.refusals import ContentFrozenError, ContentRefusedError
from services.mailer.store.contents import add_content, describe_content, find_content, findings_json
from services.mailer.store.reading import find_places
from shared.schemas.contents import Content, ContentInput


async def publish_content(
    connection: AsyncConnection,
    *,
    content_id: UUID,
    given: ContentInput,
    operator: str,
    own_hosts: frozenset[str],
    platform: PlatformFacts | None,
    now: datetime,
) -> Content:
    """Publish `given` under `content_id` or raise ContentRefusedError with its findings, ContentFrozenError for other bytes under a used id.

    `platform` is the sender of mail of our own, whose content names it as subscriber. Publishing the same bytes again is a harmless repeat,
    answered from what is stored (architecture 3).
    """
    digest = _digest(given)
    if (stored := await find_content(connection, content_id)) is not None:
        return _repeat(stored, digest)
    source = source_of(given)
    is_ours = is_platform(given.subscriber_id)
    places = await find_places(connection, given.subscriber_id) if given.subscriber_id else []
    if is_ours and platform:
        places = [platform[0]]
    rules = rules_for(places, operator=operator, own_hosts=own_hosts, for_platform=is_ours)
    compiled = await compile_in_sandbox(source, rules, owner=given.subscriber_id)
    findings = findings_json(compiled.findings)
    if compiled.content is None:
        raise ContentRefusedError(findings=findings)
    row = {
        "content_id": content_id,
        **given.model_dump(
            include={"subscriber_id", "slug", "language", "vertical", "message_class", "subject", "mjml", "text"}
        ),
        "class_reason": (given.class_reason or IN_DOUBT).model_dump(),
        "html": compiled.content.html,
        "fields": list(compiled.content.fields),
        "shown_fields": list(compiled.content.shown_fields),
        "findings": findings,
        "content_hash": digest,
        "published_at": now,
    }
    if not await add_content(connection, row):
        return _repeat(await find_content(connection, content_id), digest)
    return describe_content(await find_content(connection, content_id))


def _digest(given: ContentInput) -> bytes:
    """Hash what was given; what it did not say before reasons were recorded leaves the hash as it was."""
    said = given.model_dump(mode="json", exclude=None if given.class_reason else {"class_reason"})
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def _repeat(stored: Any, digest: bytes) -> Content:
    if bytes(stored.content_hash) != digest:
        raise ContentFrozenError
    return describe_content(stored)
