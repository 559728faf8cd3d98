"""Rendering one message: three compiled templates, no parsing, right before sending."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from jinja2 import Template, TemplateError, UndefinedError, nodes
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from services.mailer.content.environment import FieldMissingError, content_environment
from services.mailer.content.fields import SenderFields, make_context
from services.mailer.content.template_language import read_template
from services.mailer.domain.contents import CompiledContent

LARGEST_OUTPUT: Final = 100_000
"""Letters of one rendered part (architecture 11)."""
FIRST_PIECES: Final = 300
"""Pieces (a fixed text or a field of at most 10 kB each) taken without counting: more than an ordinary mail has."""


class Rendered(NamedTuple):
    """A message's words."""

    subject: str
    text: str
    html: str


class RenderFailedError(Exception):
    """This message cannot be rendered (its output explodes, an operation does not fit its value); `code` is stable. The others go."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Renderer:
    """A content version made ready: about 5 ms to make, keep one per version and sender."""

    def __init__(self, content: CompiledContent, sender: SenderFields) -> None:
        self._groups = sender.groups()
        self._fields = content.fields
        self._subject = _Part(content.subject, self._groups, is_html=False)
        self._text = _Part(content.text, self._groups, is_html=False)
        self._html = _Part(content.html, self._groups, is_html=True)

    def render(self, fields: Mapping[str, object], optout_url: str) -> Rendered:
        """Return the words of one message; `fields` come from `clean_fields`.

        Raises FieldMissingError (that one is held, N-98) or RenderFailedError.
        """
        context = make_context(fields, self._groups, optout_url)
        given = Context(content_environment(is_html=False), context, None, {})
        try:
            subject = " ".join(self._subject.render(given).split())
            return Rendered(subject, self._text.render(given), self._html.render(given))
        except FieldMissingError as error:
            raise FieldMissingError(self._full_name(error.name, context)) from None
        except UndefinedError as error:
            raise FieldMissingError(self._full_name(str(error), context)) from None
        except (TemplateError, TypeError, ValueError):
            raise RenderFailedError("value_unfit") from None

    def _full_name(self, name: str, context: Mapping[str, object]) -> str:
        """Return `person.first_name` for `first_name`: of the content's fields called so the one that is empty, else the one in a list."""
        full = [field for field in self._fields if field == name or field.endswith("." + name)]
        empty = [field for field in full if "[]" not in field and not _look_up(context, field)]
        return next(iter(empty or [field for field in full if "[]" in field]), name)


def _look_up(context: Mapping[str, object], path: str) -> object:
    value: object = context
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


class _Part:
    """One compiled template, called without Jinja's own wrapper; output beyond its first pieces is counted while it grows.

    The sender's own fields are the same for every message: they are written into the template before it is compiled.
    """

    def __init__(self, source: str, own_groups: Mapping[str, Mapping[str, str]], *, is_html: bool) -> None:
        environment = content_environment(is_html=is_html)
        tree = _WriteIn(own_groups).visit(read_template(source, is_html=is_html).tree)
        self._root = Template.from_code(environment, environment.compile(tree), {}, None).root_render_func

    def render(self, given: Context) -> str:
        pieces = self._root(given)
        first = list(islice(pieces, FIRST_PIECES))
        if len(first) == FIRST_PIECES:
            first.extend(_count(pieces, sum(map(len, first))))
        text = "".join(first)
        if len(text) > LARGEST_OUTPUT:
            raise RenderFailedError("output_too_large")
        return text


class _WriteIn(NodeTransformer):
    """Replaces `group.name` by its text where it has one; an empty one stays a field, so that printing it is still an error."""

    def __init__(self, groups: Mapping[str, Mapping[str, str]]) -> None:
        self._groups = groups

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - the base class finds it by this name
        group = self._groups.get(node.node.name, {}) if isinstance(node.node, nodes.Name) else {}
        text = group.get(node.attr)
        return nodes.Const(text, lineno=node.lineno) if text else node


def _count(pieces: Iterable[str], letters: int) -> Iterator[str]:
    for piece in pieces:
        letters += len(piece)
        if letters > LARGEST_OUTPUT:
            raise RenderFailedError("output_too_large")
        yield piece
