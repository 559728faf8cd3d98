"""Rendering: own fields cannot be forged, data is data, missing fields hold one message, sizes are bounded."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.content.environment import FieldMissingError
from services.mailer.content.fields import UnfitFieldsError, clean_fields
from services.mailer.content.render import Rendered, Renderer, RenderFailedError
from tests.mailer.content.examples import FIELDS, MJML, OPTOUT_URL, SENDER, TEXT, good_content

RENDERER = Renderer(good_content(), SENDER)


def render(fields: dict[str, Any]) -> Rendered:
    """From a caller's fields to words."""
    return RENDERER.render(clean_fields(fields), OPTOUT_URL)


def with_name(name: Any) -> dict[str, Any]:
    """The sample with another first name and greeting."""
    return {**FIELDS, "person": {"first_name": name, "greeting": name}}


def test_both_parts_carry_the_business_the_address_and_the_way_out() -> None:
    """S-009, S-031, L-006, L-007: in the rendering, too."""
    rendered = RENDERER.render(FIELDS, OPTOUT_URL)
    for part in (rendered.text, rendered.html):
        for needed in (
            "Bright Smile",
            "12 Main Street, Portland",
            OPTOUT_URL,
            "sent by Dueback on behalf of Bright Smile",
            "advertisement",
        ):
            assert needed in part
    assert rendered.subject == "Ann, your visit at Bright Smile Downtown"
    assert "- Ann: Tuesday, 24 November at 9:30 AM\n" in rendered.text


def test_a_caller_cannot_give_the_fields_that_are_the_mailers() -> None:
    """S-009, L-004: forged values are thrown away."""
    forged = {
        **FIELDS,
        "business": {"name": "Evil"},
        "location": {"postal_address": "Nowhere", "name": "Evil"},
        "notice": {"sent_by": "Evil", "advertisement": ""},
        "links": {**FIELDS["links"], "optout": "https://evil.example.com/"},
    }
    assert RENDERER.render(forged, OPTOUT_URL) == RENDERER.render(FIELDS, OPTOUT_URL)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "{% raw %}",
        "Ann\r\nBcc: x@y.example.com",
        'O\'Neil & "Sons"',
        "\x00\x1b[31m",
        "Ann\u2028x",
        "\u202egnp.exe",
    ],
)
def test_a_hostile_name_is_text_everywhere(name: str) -> None:
    """S46, S54, S55: escaped in HTML, one line in subject and text, never evaluated."""
    rendered = render(with_name(name))
    assert "<script>" not in rendered.html
    assert "49" not in rendered.subject
    assert len(rendered.subject.splitlines()) == 1
    assert len(rendered.text.splitlines()) == len(RENDERER.render(FIELDS, OPTOUT_URL).text.splitlines())
    assert "\u202e" not in rendered.text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=40),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_json_renders_or_fails_for_this_message_alone(value: Any) -> None:
    """N-98: whatever the caller sends, the worker gets one of three named errors."""
    for fields in (
        {**FIELDS, "person": value},
        with_name(value),
        {**FIELDS, "people": value},
        {**FIELDS, "links": value},
    ):
        try:
            rendered = RENDERER.render(fields, OPTOUT_URL)
        except (FieldMissingError, UnfitFieldsError, RenderFailedError):
            continue
        assert OPTOUT_URL in rendered.html


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_field_is_missing_where_it_is_printed(value: object) -> None:
    """N-98: never "Dear ,"."""
    with pytest.raises(FieldMissingError) as caught:
        RENDERER.render(with_name(value), OPTOUT_URL)
    assert caught.value.name == "person.first_name"
    lacking: list[dict[str, Any]] = [{}, {"person": {}}, {**FIELDS, "person": "Ann"}, {**FIELDS, "people": "Ann"}]
    for fields in lacking:
        with pytest.raises(FieldMissingError):
            RENDERER.render(fields, OPTOUT_URL)


def test_optional_fields_are_false_when_empty_and_missing_when_absent() -> None:
    """A misspelt name must never quietly switch a paragraph off."""
    text = TEXT + "{% if visit.date %}Last visit {{ visit.date }}.{% endif %}{{ visit.note | default('none') }}"
    renderer = Renderer(good_content(text=text, sample={**FIELDS, "visit": {"date": None}}), SENDER)
    assert renderer.render({**FIELDS, "visit": {"date": "May"}}, OPTOUT_URL).text.endswith("Last visit May.none")
    assert renderer.render({**FIELDS, "visit": {"date": None}}, OPTOUT_URL).text.endswith("none")
    with pytest.raises(FieldMissingError):
        renderer.render({**FIELDS, "visit": {}}, OPTOUT_URL)


def test_groups_and_lists_are_never_printed() -> None:
    """A dictionary in a mail would show everything in it."""
    with pytest.raises(FieldMissingError):
        RENDERER.render(with_name({"secret": 1}), OPTOUT_URL)


def test_sizes_are_bounded() -> None:
    """Architecture 11: lists of 100, fields 64 kB, output 100 kB."""
    row = FIELDS["people"][0]
    assert RENDERER.render({**FIELDS, "people": [row] * 100}, OPTOUT_URL)
    for fields, code in (
        ({**FIELDS, "people": [row] * 101}, "list_too_long"),
        ({**FIELDS, "extra": "x" * 10_001}, "fields_too_large"),
        ({**FIELDS, "extra": ["x" * 9_000] * 8}, "fields_too_large"),
        ({**FIELDS, "a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, "fields_too_deep"),
        ({**FIELDS, "a": b"bytes"}, "field_type_unfit"),
        ({**FIELDS, "a": float("nan")}, "field_type_unfit"),
        ({**FIELDS, "links": {"confirm": "javascript:alert(1)"}}, "link_unfit"),
        ({**FIELDS, "links": {"confirm": 'https://x.example.com/"><b>'}}, "link_unfit"),
    ):
        with pytest.raises(UnfitFieldsError) as caught:
            clean_fields(fields)
        assert caught.value.code == code
    text = TEXT + "{% for a in people %}{% for b in people %}{{ person.first_name }}{% endfor %}{% endfor %}"
    looping = Renderer(replace(good_content(), text=text), SENDER)
    with pytest.raises(RenderFailedError, match="output_too_large"):
        looping.render({**with_name("x" * 8000), "people": [row] * 100}, OPTOUT_URL)


def test_compiled_html_is_plain_ascii_in_short_lines_and_looks_the_same() -> None:
    """What is fixed needs no transfer encoding; a line end inside a tag means nothing."""
    content = good_content(mjml=MJML.replace("your visit:", "your visit – we’re glad:"))
    assert content.html.isascii()
    assert "visit &#8211; we&#8217;re glad" in content.html
    assert max(map(len, content.html.splitlines())) < 998
    assert len(content.html) < 15_000
