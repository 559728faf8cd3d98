"""Rendering one message: three compiled templates, no parsing, right before sending."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from jinja2 import Template, TemplateError, UndefinedError
from jinja2.runtime import Context

from services.mailer.content.environment import ContentEnvironment, FieldMissingError, content_environment
from services.mailer.content.fields import SenderFields, make_context
from services.mailer.content.template_language import read_template
from services.mailer.domain.contents import CompiledContent

LARGEST_OUTPUT: Final = 100_000
"""Letters of one rendered part (architecture 11)."""
FIRST_PIECES: Final = 300
"""Pieces (a fixed text or a field of at most 10 kB each) taken without counting: more than an ordinary mail has."""


@dataclass(frozen=True, slots=True)
class Rendered:
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
        self._subject = _Part(content.subject, is_html=False)
        self._text = _Part(content.text, is_html=False)
        self._html = _Part(content.html, is_html=True)

    def render(self, fields: Mapping[str, object], optout_url: str) -> Rendered:
        """Return the words of one message; `fields` come from `clean_fields`.

        Raises FieldMissingError (that one is held, N-98) or RenderFailedError.
        """
        context = make_context(fields, self._groups, optout_url)
        try:
            subject = " ".join(self._subject.render(context).split())
            return Rendered(subject, self._text.render(context), self._html.render(context))
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
    """One compiled template, called without Jinja's own wrapper; output beyond its first pieces is counted while it grows."""

    def __init__(self, source: str, *, is_html: bool) -> None:
        reading = read_template(source, is_html=is_html)
        self._environment: ContentEnvironment = content_environment(is_html=is_html)
        code = self._environment.compile(reading.tree)
        self._root = Template.from_code(self._environment, code, {}, None).root_render_func

    def render(self, context: dict[str, object]) -> str:
        pieces = self._root(Context(self._environment, context, None, {}))
        first = list(islice(pieces, FIRST_PIECES))
        if len(first) == FIRST_PIECES:
            first.extend(_count(pieces, sum(map(len, first))))
        text = "".join(first)
        if len(text) > LARGEST_OUTPUT:
            raise RenderFailedError("output_too_large")
        return text


def _count(pieces: Iterable[str], letters: int) -> Iterator[str]:
    for piece in pieces:
        letters += len(piece)
        if letters > LARGEST_OUTPUT:
            raise RenderFailedError("output_too_large")
        yield piece
