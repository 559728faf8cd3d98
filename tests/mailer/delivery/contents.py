"""Contents for delivery tests: compiled once in a run and stored as they are, because publishing has its own tests and costs a second."""

import json
from dataclasses import fields
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

from services.mailer.api import examples
from services.mailer.content.compile import compile_content
from services.mailer.content.findings import ContentSource, LintRules
from services.mailer.domain.contents import CompiledContent

CONTENT: Final[dict[str, Any]] = examples.CONTENT | {"subscriber_id": None}
COMMERCIAL: Final[dict[str, Any]] = CONTENT | {
    "slug": "commercial_note",
    "message_class": "commercial",
    "mjml": CONTENT["mjml"].replace("{{ notice.sent_by }}", "{{ notice.sent_by }} {{ notice.advertisement }}"),
    "text": CONTENT["text"].replace("{{ notice.sent_by }}", "{{ notice.sent_by }} {{ notice.advertisement }}"),
}


@cache
def _compiled(text: str) -> CompiledContent:
    content = json.loads(text)
    given = {part.name: content[part.name] for part in fields(ContentSource) if part.name != "purpose"}
    source = ContentSource(**given, purpose=content["class_reason"]["purpose"])
    compilation = compile_content(source, LintRules())
    assert compilation.content is not None, compilation.findings
    return compilation.content


async def add_content(database: Any, given: dict[str, Any]) -> UUID:
    """Put a published content into the mailer's database."""
    compiled, content_id = _compiled(json.dumps(given)), uuid4()
    await database.execute(
        "insert into contents (content_id, slug, language, vertical, message_class, subject, mjml, html, text, fields, findings, content_hash, "
        "published_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '[]', '', now())",
        content_id,
        given["slug"],
        given["language"],
        given["vertical"],
        given["message_class"],
        given["subject"],
        given["mjml"],
        compiled.html,
        given["text"],
        list(compiled.fields),
    )
    return content_id
