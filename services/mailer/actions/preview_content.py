"""Shows a content as a location would send it, with everything the rules find; nothing is kept."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.content.fields import SenderFields
from services.mailer.content.findings import source_of
from services.mailer.content.notices import write_sender_fields
from services.mailer.content.rules.given import rules_for
from services.mailer.content.sandbox import compile_in_sandbox
from services.mailer.domain.platform_sender import PlatformFacts, is_platform
from services.mailer.domain.refusals import LocationUnknownError
from services.mailer.store.contents import findings_json
from services.mailer.store.reading import find_locations
from shared.schemas.contents import ContentInput, ContentPreview, LintFinding
from shared.schemas.location import LocationFacts


async def preview_content(
    connection: AsyncConnection,
    *,
    given: ContentInput,
    fields: Mapping[str, JsonValue] | None,
    location_id: UUID | None,
    subscriber_id: UUID | None,
    operator: str,
    own_hosts: frozenset[str],
    platform: PlatformFacts | None,
    optout_url: str,
) -> ContentPreview:
    """Return subject, text and HTML of `given` with `fields` (None: its own sample), null where it cannot be rendered, and all findings.

    Compiled, linted and rendered in a process of its own under the limits of publishing (S52). Raises LocationUnknownError for a location that is
    not there, or not of `subscriber_id` where a client asks for its own.
    """
    is_ours = is_platform(given.subscriber_id)
    location = await _find(connection, location_id, subscriber_id) if location_id else None
    if is_ours and platform and subscriber_id is None:
        location = platform[0]
    source = source_of(given, fields=fields)
    rules = rules_for([location] if location else [], operator=operator, own_hosts=own_hosts, for_platform=is_ours)
    sender = _as_sent_by(location, given.language, operator) if location else None
    compiled = await compile_in_sandbox(
        source, rules, owner=subscriber_id or given.subscriber_id, as_sent=(sender, optout_url) if sender else None
    )
    subject, text, html = compiled.preview or (None, None, None)
    findings = [LintFinding.model_validate(finding) for finding in findings_json(compiled.findings)]
    return ContentPreview(subject=subject, text=text, html=html, findings=findings)


async def _find(connection: AsyncConnection, location_id: UUID, subscriber_id: UUID | None) -> LocationFacts:
    found = (await find_locations(connection, [location_id])).get(location_id)
    if found is None or subscriber_id not in (None, found[0].subscriber_id):
        raise LocationUnknownError
    return found[0]


def _as_sent_by(location: LocationFacts, language: str, operator: str) -> SenderFields:
    return write_sender_fields(
        language=language,
        operator=operator,
        business_name=location.name,
        location_name=location.name,
        phone=location.phone,
        website=location.website,
        postal_address=location.postal_address.one_line(),
    )
