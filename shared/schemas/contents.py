"""Wire of the mailer's contents: publishing, findings, preview."""

from typing import Annotated, Final, Literal, get_args
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from shared.schemas.token import MessageClass
from shared.schemas.wire import Instant, Line, Slug, Wire

Source = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
"""Text over several lines: of the control characters only tab and line ends."""


TransactionalPurpose = Literal["agreed_transaction", "product_safety", "account", "asked_for"]
"""What makes a mail transactional (15 U.S.C. 7702(17)).

It facilitates or confirms what was agreed; tells what keeps a product or service in use safe; is about an account; answers what the person asked for.
"""

CommercialPurpose = Literal["promotion", "relationship", "unclear"]
"""It advertises or proposes what nobody has agreed to; a thank-you, a greeting, a survey, which no settled exemption covers; nobody has said."""

PrimaryPurpose = TransactionalPurpose | CommercialPurpose
TRANSACTIONAL_PURPOSES: Final = frozenset(get_args(TransactionalPurpose))


class ClassReason(Wire):
    """Why a content has its class (L-001): its primary purpose (16 CFR 316.3), and who or what decided that, in words for a person.

    `decider` is the campaign type's slug, the kind of our own mail or the person's id. `default`: nobody said, and in doubt it is commercial.
    """

    purpose: PrimaryPurpose
    decided_by: Literal["campaign_type", "product", "person", "default"]
    decider: Line = Field(max_length=80)
    words: Line = Field(max_length=300)


class ContentInput(Wire):
    """A content version, published once, compiled, linted and frozen. `subscriber_id` null: stock content of
    the platform; PLATFORM_SENDER: mail of our own. Without `class_reason` a content may only be commercial (L-001)."""

    subscriber_id: UUID | None = None
    slug: Slug
    language: str = Field(pattern=r"^[a-z]{2}$")
    vertical: Literal["dental", "auto", "any"] = "any"
    message_class: MessageClass
    class_reason: ClassReason | None = None
    subject: Line = Field(min_length=1, max_length=300)
    mjml: Source = Field(min_length=1, max_length=100_000)
    text: Source = Field(min_length=1, max_length=50_000)
    sample: dict[str, JsonValue] = Field(
        description="sample fields; the content is rendered with them before it is accepted"
    )


class LintFinding(Wire):
    """`code` is stable; `rule` is the requirement it keeps (L- or S- id)."""

    code: Slug
    rule: str
    message: str
    severity: Literal["error", "warning"]


class Content(Wire):
    """A published version. Publishing the same bytes again under the same id is a harmless repeat; other bytes are refused (409)."""

    content_id: UUID
    slug: Slug
    language: str
    message_class: MessageClass
    fields: list[str]
    findings: list[LintFinding]
    published_at: Instant
    vertical: Literal["dental", "auto", "any"] = "any"
    class_reason: ClassReason | None = Field(
        default=None, description="null for a version from before reasons were recorded"
    )


class ContentPreviewInput(Wire):
    """A content to look at before it is published: with these fields (without: its own sample) as this location would send it."""

    content: ContentInput
    fields: dict[str, JsonValue] | None = None
    location_id: UUID | None = None


class ContentPreview(Wire):
    """What a reader would get, null where it cannot be rendered, and what the rules find. Untrusted HTML: show it in a sandboxed frame only (S55)."""

    subject: str | None
    text: str | None
    html: str | None
    findings: list[LintFinding]
