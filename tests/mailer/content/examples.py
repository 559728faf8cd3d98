"""A good content and ways to change it."""

from dataclasses import replace
from typing import Any

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import Compilation, ContentSource, LintRules
from services.mailer.content.notices import write_sender_fields
from services.mailer.domain.contents import CompiledContent

MJML = """<mjml lang="en"><mj-head><mj-title>{{ location.name }}</mj-title><mj-preview>We look forward to seeing you.</mj-preview>
<mj-attributes><mj-all font-family="Helvetica, Arial, sans-serif"/><mj-text font-size="16px" line-height="24px"/></mj-attributes></mj-head>
<mj-body><mj-section><mj-column>
<mj-text><h1>Hello {{ person.greeting }}</h1>
<p>This is a reminder of your visit:</p>
{% for p in people %}<p><b>{{ p.first_name }}</b>: {{ p.date }} at {{ p.time }}</p>{% endfor %}
{% if location.phone %}<p>Call us: <a href="tel:{{ location.phone }}">{{ location.phone }}</a></p>{% endif %}</mj-text>
<mj-button href="{{ links.confirm }}">Confirm</mj-button>
</mj-column></mj-section>
<mj-section><mj-column><mj-text font-size="12px">
<p>{{ business.name }}<br/>{{ location.postal_address }}</p><p>{{ notice.sent_by }}</p><p>{{ notice.advertisement }}</p>
<p><a href="{{ links.optout }}">Stop these e-mails</a></p></mj-text></mj-column></mj-section></mj-body></mjml>"""

TEXT = """Hello {{ person.greeting }},

this is a reminder of your visit:
{% for p in people %}
- {{ p.first_name }}: {{ p.date }} at {{ p.time }}
{% endfor %}

Confirm: {{ links.confirm }}

{{ business.name }}, {{ location.postal_address }}
{{ notice.sent_by }}
{{ notice.advertisement }}
Stop these e-mails: {{ links.optout }}
"""

FIELDS: dict[str, Any] = {
    "person": {"first_name": "Ann", "greeting": "Ann"},
    "people": [{"first_name": "Ann", "date": "Tuesday, 24 November", "time": "9:30 AM"}],
    "links": {"confirm": "https://portal.example.com/c/abc"},
}

GOOD = ContentSource(
    "en", "dental", "commercial", "{{ person.first_name }}, your visit at {{ location.name }}", MJML, TEXT, FIELDS
)

SENDER = write_sender_fields(
    language="en",
    operator="Dueback",
    business_name="Bright Smile",
    location_name="Bright Smile Downtown",
    phone="+1 503 555 0100",
    website="https://bright.example.com",
    postal_address="12 Main Street, Portland, OR 97201, US",
)
OPTOUT_URL = "https://optout.example.com/o/AbC123"


def compiled(**changes: Any) -> Compilation:
    """The good content, changed and compiled."""
    return compile_content(replace(GOOD, **changes), LintRules())


def good_content(**changes: Any) -> CompiledContent:
    """The same, which must have no errors."""
    compilation = compiled(**changes)
    assert compilation.content, compilation.findings
    return compilation.content


def codes(**changes: Any) -> set[str]:
    """Codes of the errors of a changed content."""
    return {finding.code for finding in compiled(**changes).findings if finding.severity == "error"}
