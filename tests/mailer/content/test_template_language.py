"""The template language is an allow-list on the syntax tree (S51 to S53), and data is never template (S54)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.content.environment import content_environment
from services.mailer.content.template_language import TemplateRefusedError, read_template

REACH = [
    "{{ ''.__class__ }}",
    "{{ person.__class__.__mro__ }}",
    "{{ person['__class__'] }}",
    "{{ person|attr('__class__') }}",
    "{{ config }}{{ config.items() }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum() }}",
    "{{ range(10) }}",
    "{{ namespace(a=1) }}",
    "{{ '%s' % person }}",
    "{{ '{0.__class__}'.format(person) }}",
    "{{ 'a' * 10000000000 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ 1 + 1 }}",
    "{{ -a }}",
    "{{ a if b }}",
    "{{ a[0] }}",
    "{{ a[1:2] }}",
    "{{ [1, 2] }}",
    "{{ {'a': 1} }}",
    "{{ (1, 2) }}",
    "{{ a is divisibleby 3 }}",
    "{{ a is sameas b }}",
    "{{ 'x' in a }}",
    "{{ a|safe }}",
    "{{ a|center(100000000) }}",
    "{{ a|format('x') }}",
    "{{ a|replace('a', 'b') }}",
    "{{ a|default(b) }}",
    "{{ a|default('x' * 9) }}",
    "{{ a|default(**b) }}",
    "{{ a|map(attribute='b') }}",
    "{% set a = 1 %}",
    "{% set a %}x{% endset %}",
    "{% macro m() %}{% endmacro %}",
    "{% call m() %}{% endcall %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block b %}{% endblock %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape false %}{{ a }}{% endautoescape %}",
    "{% do a %}",
    "{% debug %}",
    "{% trans %}x{% endtrans %}",
    "{% for a, b in c %}{% endfor %}",
    "{% for a in b if a %}{% endfor %}",
    "{% for a in b recursive %}{% endfor %}",
    "{% for a in [1, 2] %}{% endfor %}",
    "{% for a in 'abc' %}{% endfor %}",
    "{% for a in b|first %}{% endfor %}",
    "{% for links in b %}{{ links.optout }}{% endfor %}",
    "{% for location in b %}{% endfor %}",
    "{% for loop in b %}{% endfor %}",
    "{% for a in b %}{{ loop.cycle('x') }}{% endfor %}",
    "{% for a in b %}{{ loop.previtem }}{% endfor %}",
    "{% for a in b %}{% for c in a.d %}{% for e in c.f %}{% endfor %}{% endfor %}{% endfor %}",
    "{{ location.secret }}",
    "{{ notice }}",
    "{{ business }}",
    "{{ a.b.c.d.e }}",
    "{{ _private }}",
    "{{ 'x" + "y" * 300 + "' }}",
    "{{ a",
    "{% if %}",
    "{% for a in b %}",
    "{{ a|given_list }}",
    "{{ " + "(" * 3000 + "a" + ")" * 3000 + " }}",
    "{% if a %}" * 400 + "{% endif %}" * 400,
]


@pytest.mark.parametrize("source", REACH)
def test_everything_outside_the_language_is_refused_when_saved(source: str) -> None:
    """S51, S53: every node type outside the list, the gadgets of the advisories, and the costly."""
    with pytest.raises(TemplateRefusedError):
        read_template(source, is_html=True)


@pytest.mark.parametrize(
    "source",
    [
        "plain",
        "{{ person.first_name }}",
        "{{ person.first_name | default('there') }}",
        "{{ person.first_name | upper }} {{ people | length }}",
        "{% if visit.date and not vehicle %}x{% elif a.b == 'c' %}y{% else %}z{% endif %}",
        "{% if person.age >= 18 %}x{% endif %}",
        "{% if person.first_name is defined %}x{% endif %}",
        "{% for p in people %}{{ p.first_name }}{% if not loop.last %}, {% endif %}{% else %}nobody{% endfor %}",
        "{% for p in people %}{% for v in p.vehicles %}{{ v.name }}{{ loop.index }}{% endfor %}{% endfor %}",
        "{{ 'a' if person.first_name else 'b' }}",
        "{# a note #}",
    ],
)
def test_the_language_is_enough_for_mail(source: str) -> None:
    """Output, seven filters, if, for over given lists (architecture 11): each is read and compiles."""
    assert content_environment(is_html=True).compile(read_template(source, is_html=True).tree) is not None


def test_the_fields_a_template_needs_are_known_before_it_runs() -> None:
    """Content.fields: what the scheduler must give."""
    reading = read_template(
        "{{ a.b }}{% for p in a.list %}{{ p.c }}{% for q in p.d %}{{ q }}{{ loop.index }}{% endfor %}{% endfor %}{% if e %}{% endif %}",
        is_html=False,
    )
    assert reading.fields == {"a.b", "a.list", "a.list[].c", "a.list[].d", "a.list[].d[]", "e"}
    assert reading.always == {"a.b"}
    assert reading.has_loops


def test_two_full_loops_with_a_long_body_are_too_costly_to_save() -> None:
    """S52: the worst case is bounded before the first rendering."""
    body = "{{ a.b }}" * 50
    with pytest.raises(TemplateRefusedError) as caught:
        read_template("{% for a in x %}{% for b in a.y %}" + body + "{% endfor %}{% endfor %}", is_html=True)
    assert caught.value.code == "template_too_costly"


@given(st.text(alphabet="{}%# abif.|()'\"+*[]ndforelspi0", max_size=80))
def test_any_text_is_a_template_or_refused_and_nothing_else(source: str) -> None:
    """S53: no other error than the refusal."""
    code, reading = "", None
    try:
        reading = read_template(source, is_html=False)
    except TemplateRefusedError as refused:
        code = refused.code
    if reading is None:
        assert re.fullmatch(r"[a-z_]+", code)
        return
    assert content_environment(is_html=False).compile(reading.tree) is not None
