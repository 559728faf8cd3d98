"""Publishing a content: MJML to HTML, templates checked, rules linted, the sample tried. Runs in its own process (sandbox.py)."""

from services.mailer.content.environment import FieldMissingError
from services.mailer.content.fields import SenderFields, UnfitFieldsError, clean_fields
from services.mailer.content.findings import Compilation, ContentSource, Finding, LintRules
from services.mailer.content.html_facts import read_html
from services.mailer.content.mjml_html import MjmlRefusedError, convert_mjml, read_preheader
from services.mailer.content.notices import write_sender_fields
from services.mailer.content.render import Renderer, RenderFailedError
from services.mailer.content.rules.draft import Draft
from services.mailer.content.rules.registry import lint_content
from services.mailer.content.template_language import Reading, TemplateRefusedError, read_template
from services.mailer.domain.contents import CompiledContent

_OPTOUT_SAMPLE = "https://optout.example.com/o/sample"


def compile_content(
    source: ContentSource, rules: LintRules, *, sender: SenderFields | None = None, optout_url: str = _OPTOUT_SAMPLE
) -> Compilation:
    """Return the compiled content with its findings; errors among them mean that there is no content.

    The preview is the sample as `sender` would send it, without one as a made-up business would.
    """
    refused: list[Finding] = []
    html = _convert(source, refused)
    subject = _read(source.subject, "subject", refused, is_html=False)
    text = _read(source.text, "text", refused, is_html=False)
    preheader = _read(read_preheader(source.mjml), "preheader", refused, is_html=True)
    reading = _read(html, "html", refused, is_html=True) if html is not None else None
    if html is None or subject is None or text is None or preheader is None or reading is None:
        return Compilation(None, tuple(refused))
    content = CompiledContent(
        source.language,
        source.message_class,
        source.subject,
        source.text,
        html,
        tuple(sorted(subject.fields | text.fields | reading.fields)),
        tuple(sorted(subject.fields | preheader.fields)),
    )
    preview, tried = _try_sample(content, source, sender or _sample_sender(source, rules), optout_url)
    largest = max(len(html), len(preview[2].encode(errors="replace")) if preview else 0)
    draft = Draft(source, subject, text, reading, read_preheader(source.mjml), read_html(html), largest)
    findings = [*lint_content(draft, rules), *tried]
    has_errors = any(finding.severity == "error" for finding in findings)
    return Compilation(None if has_errors else content, tuple(findings), preview)


def _convert(source: ContentSource, refused: list[Finding]) -> str | None:
    try:
        return convert_mjml(source.mjml)
    except MjmlRefusedError as error:
        refused.append(Finding(error.code, "S53", str(error)))
        return None


def _read(template: str, part: str, refused: list[Finding], *, is_html: bool) -> Reading | None:
    try:
        return read_template(template, is_html=is_html)
    except TemplateRefusedError as error:
        refused.append(Finding(error.code, "S53", f"{part}: {error}"))
        return None


def _sample_sender(source: ContentSource, rules: LintRules) -> SenderFields:
    return write_sender_fields(
        language=source.language,
        operator=rules.operator,
        business_name="Sample Business",
        location_name="Sample Location",
        phone="+1 555 0100",
        website="https://www.example.com",
        postal_address="1 Sample Street, Springfield, IL 62701, US",
    )


def _try_sample(
    content: CompiledContent, source: ContentSource, sender: SenderFields, optout_url: str
) -> tuple[tuple[str, str, str] | None, list[Finding]]:
    try:
        rendered = Renderer(content, sender).render(clean_fields(source.sample), optout_url)
    except FieldMissingError as error:
        return None, [Finding("sample_incomplete", "N-98", f"The sample has no {error.name}.")]
    except UnfitFieldsError as error:
        return None, [Finding("sample_unfit", "S52", str(error))]
    except RenderFailedError as error:
        return None, [Finding(error.code, "S52", "The sample cannot be rendered.")]
    return (rendered.subject, rendered.text, rendered.html), []
