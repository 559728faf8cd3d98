"""Contents written to break the rules' own reading: whatever an author writes gets findings, never an error of ours."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.mailer.content.compile import compile_content
from services.mailer.content.findings import Compilation, LintRules
from tests.mailer.compliance.changes import HEADING, PREHEADER
from tests.mailer.content.examples import GOOD, MJML, TEXT

RULES = LintRules(
    own_hosts=frozenset({"www.example.com"}), procedure_names=frozenset({"Root canal (", "\\", "[a-", "\u0130", ""})
)
PIECES = (
    "<p>", "</p>", "<b", "<a href='", "<a href=\"http://[\">x</a>", "<a href='//@'>x</a>", "<a href='https://x@y/%zz'>x</a>", "<img src=x>",
    "<p style='font-size:1e999px'>", "<p style='font-size:.px;color:#;background:rgb(999,999,999)'>", "<p style=';;:;a:'>", "<p style=\"color:",
    "<style>@media{a{", "<style>}}}</style>", "<style>" + "{" * 50 + "</style>", "<!--", "-->", "<![CDATA[", "]]>", "<?xml", "&#0;", "&#x110000;",
    "&", "&amp", "{{", "}}", "{% for a in b %}", "{% endfor %}", "{% if %}", "{{ a.b.c.d }}", "{{ '' * 9 }}", "{{ person.greeting | x }}", "{# ",
    "{{ links.confirm }}", "\0", "\x85", "\u2028", "\u202e", "\ud800", "\ufeff", "e\u0301", "\u200b", "\u0130", "\ufb01", "https://", "www.",
    "bit.ly/", "http://[::1", "http://\u2100.example/", "<mj-text>", "</mj-text>", "</mj-section>", "</mjml>", "<mj-raw>",
    "\U0001f9b7>", "<mj-include path='/etc/passwd'/>",
    "<div>" * 300, "x" * 5000, "\n" * 500, "<p hidden lang=\"", "<table border=\"\u0660\">", "<font size='\u00b2' color='q'>",
)  # fmt: skip
CRUEL = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), min_size=1, max_size=8).map("".join)


def _compile(subject: str, preheader: str, body: str, text: str) -> Compilation:
    mjml = MJML.replace(HEADING, HEADING + body).replace(PREHEADER, PREHEADER + preheader)
    return compile_content(replace(GOOD, subject=subject, mjml=mjml, text=TEXT + text), RULES)


@given(subject=CRUEL, preheader=CRUEL, body=CRUEL, text=CRUEL)
@example(subject="", preheader="", body="", text="")
def test_whatever_an_author_writes_is_judged(subject: str, preheader: str, body: str, text: str) -> None:
    """S46, S51 to S53: an answer with a code for every breach, a content only where nothing is wrong."""
    done = _compile(subject, preheader, body, text)
    assert all(finding.code and finding.message for finding in done.findings)
    has_errors = any(finding.severity == "error" for finding in done.findings)
    assert (done.content is None) is has_errors


@pytest.mark.parametrize("piece", PIECES)
def test_no_single_trick_is_an_error_of_ours(piece: str) -> None:
    """S53: each alone, in every part at once and one by one, where the others would hide it."""
    for parts in (
        (piece,) * 4,
        (piece, "", "", ""),
        ("A subject", piece, "", ""),
        ("A subject", "", piece, ""),
        ("A subject", "", "", piece),
    ):
        done = _compile(*parts)
        assert (done.content is None) is any(finding.severity == "error" for finding in done.findings)
