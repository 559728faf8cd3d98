"""What publishing takes in and gives back: source, rules, findings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.mailer.domain.contents import CompiledContent
from shared.schemas.contents import ContentInput, PrimaryPurpose

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the lint found. `code` is stable, `rule` the requirement it keeps, `message` for the author."""

    code: str
    rule: str
    message: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class ContentSource:
    """A content as its author wrote it. `subject`, `mjml` and `text` are templates; `sample` are fields to try it with; `purpose` None: not said."""

    language: str
    vertical: Literal["dental", "auto", "any"]
    message_class: Literal["commercial", "transactional"]
    subject: str
    mjml: str
    text: str
    sample: Mapping[str, object]
    purpose: PrimaryPurpose | None = None


def source_of(given: ContentInput, *, fields: Mapping[str, object] | None = None) -> ContentSource:
    """Return what was given as a source to compile, with these fields to try it with instead of its own sample."""
    return ContentSource(
        given.language,
        given.vertical,
        given.message_class,
        given.subject,
        given.mjml,
        given.text,
        given.sample if fields is None else fields,
        given.class_reason.purpose if given.class_reason else None,
    )


@dataclass(frozen=True, slots=True)
class LintRules:
    """What differs between installations and locations.

    `own_hosts` may be linked to and load images from (S-054, S-094), `procedure_names` are the location's own (L-106); `for_platform` is mail of
    our own, which is sent for nobody.
    """

    operator: str = "Dueback"
    own_hosts: frozenset[str] = field(default_factory=frozenset)
    procedure_names: frozenset[str] = field(default_factory=frozenset)
    for_platform: bool = False


@dataclass(frozen=True, slots=True)
class Compilation:
    """The compiled content, or None if there are errors among the findings; `preview` is the sample's rendering (subject, text, HTML)."""

    content: CompiledContent | None
    findings: tuple[Finding, ...]
    preview: tuple[str, str, str] | None = None
