"""The Jinja environment contents run in: no globals, no attributes of Python objects, a handful of filters, and missing fields that say so.

It is stricter than the sandbox it stands on: a dot looks into a given dictionary and nowhere else, so the gadgets of the Jinja advisories have
nothing to hold on to (S51). Rendering happens in the sending loop; what a template may cost is bounded in template_language.py.
"""

import html
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from jinja2 import StrictUndefined, Undefined
from jinja2.filters import do_capitalize, do_default, do_first, do_last, do_lower, do_upper
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.mailer.content.fields import LONGEST_LIST

FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "capitalize": do_capitalize,
    "default": do_default,
    "first": do_first,
    "last": do_last,
    "length": len,
    "lower": do_lower,
    "upper": do_upper,
}
GIVEN_LIST: Final = "given_list"
"""A filter no template can name: every `for` is rewritten to run its list through it."""
LOOP_NAMES: Final = frozenset(("first", "last", "index", "length"))
_ABSENT: Final = object()
_SPECIAL: Final = re.compile("[&<>\"']")


class FieldMissingError(Exception):
    """A field the content prints is not there. `name` is the field; this one message is held, the others go (N-98)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class MissingField(StrictUndefined):
    """A name that is not in the fields at all: missing wherever it is used, in an `if` as well."""

    @property
    def _undefined_message(self) -> str:
        return self._undefined_name or "?"


class EmptyField(MissingField):
    """A field that is null or empty: false in an `if`, missing where it is printed (never "Dear ,")."""

    def __bool__(self) -> bool:  # type: ignore[override] # the base class only ever raises
        return False


class ContentEnvironment(ImmutableSandboxedEnvironment):
    """One for HTML and one for text.

    Escaping is done by `finalize`, through which Jinja sends every printed expression: half the cost of its autoescape, and no filter or
    constant can be marked as safe, because nothing here knows what safe markup is.
    """

    def __init__(self, *, is_html: bool) -> None:
        super().__init__(
            autoescape=False,
            undefined=MissingField,
            finalize=_print_html if is_html else _print_text,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=0,
        )
        self.globals.clear()
        self.filters = {**FILTERS, GIVEN_LIST: _given_list}
        self.tests = {"defined": self.tests["defined"]}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look `attribute` up in a given dictionary; Python attributes do not exist here."""
        if type(obj) is dict:
            value = obj.get(attribute, _ABSENT)
            if value is _ABSENT:
                return MissingField(name=attribute)
            if value is None or value == "":
                return EmptyField(name=attribute)
            return value
        if type(obj) is LoopContext and attribute in LOOP_NAMES:
            return getattr(obj, attribute)
        if isinstance(obj, MissingField):
            return MissingField(name=f"{obj._undefined_name}.{attribute}")
        return MissingField(name=attribute)


def _print_text(value: Any) -> Any:
    """Only text and numbers are printed: a whole group or list in a mail is a mistake in the template."""
    if (
        type(value) is str
        or isinstance(value, Undefined)
        or (isinstance(value, int | float) and not isinstance(value, bool))
    ):
        return value
    raise FieldMissingError("value_not_text")


def _print_html(value: Any) -> Any:
    """The same, escaped for text and for quoted attributes."""
    if type(value) is str and not _SPECIAL.search(value):
        return value
    return _print_text(value) if type(value) is not str else html.escape(value, quote=True)


def _given_list(value: Any) -> Any:
    """Only a given list is looped over: a text would be taken letter by letter."""
    if isinstance(value, EmptyField):
        return ()
    if isinstance(value, MissingField):
        raise FieldMissingError(value._undefined_message)
    if type(value) is not list or len(value) > LONGEST_LIST:
        raise FieldMissingError("list_unfit")
    return value


@cache
def content_environment(*, is_html: bool) -> ContentEnvironment:
    """Return the environment for HTML or for text and subjects; both live as long as the process."""
    return ContentEnvironment(is_html=is_html)
