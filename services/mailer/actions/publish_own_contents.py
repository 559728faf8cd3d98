"""Publishes the stock content of mail of our own that this database does not have yet, through the same compiler and rules as any content."""

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import LintRules
from services.mailer.content.own_stock import own_contents
from services.mailer.store.contents import add_content, find_content, findings_json
from shared.schemas.mailer import PLATFORM_SENDER


async def publish_own_contents(connection: AsyncConnection, *, operator: str, now: datetime) -> int:
    """Publish what is missing and return how many there were. Content shipped with the code is trusted: it is compiled here."""
    published = 0
    for own in own_contents().values():
        if await find_content(connection, own.content_id) is not None:
            continue
        source = own.source
        done = compile_content(source, LintRules(operator=operator, for_platform=True))
        if done.content is None:  # a test compiles each: only a damaged installation comes here
            raise RuntimeError(f"own content {own.kind} {source.language} breaks {done.findings[0].code}")
        row = {
            "content_id": own.content_id,
            "subscriber_id": PLATFORM_SENDER,
            "slug": own.kind,
            "language": source.language,
            "vertical": source.vertical,
            "message_class": source.message_class,
            "class_reason": own.class_reason.model_dump(),
            "subject": source.subject,
            "mjml": source.mjml,
            "text": source.text,
            "html": done.content.html,
            "fields": list(done.content.fields),
            "shown_fields": list(done.content.shown_fields),
            "findings": findings_json(done.findings),
            "content_hash": hashlib.sha256(own.content_id.bytes).digest(),
            "published_at": now,
        }
        published += await add_content(connection, row)
    return published
