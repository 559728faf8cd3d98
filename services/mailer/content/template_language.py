"""The allow-list of the template language, checked on the syntax tree when a content is saved (S51 to S53, architecture 11).

Allowed: text, printing a given name or a field of it, seven filters with constant arguments, `if` with comparisons, `for` over a given list, at most
two deep. No calls, no arithmetic, no assignment, no macros, no includes. The worst case in steps and letters is bounded before the first rendering.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from jinja2 import TemplateSyntaxError, nodes

from services.mailer.content.environment import FILTERS, GIVEN_LIST, LOOP_NAMES, content_environment
from services.mailer.content.fields import LONGEST_LIST, OWN_FIELDS

DEEPEST_LOOP: Final = 2
MOST_STEPS: Final = 300_000
"""Syntax-tree nodes one rendering may visit if every list is full: some tens of milliseconds, in practice microseconds."""
_FILTER_STEPS: Final = 10
_LONGEST_CONSTANT: Final = 200
_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Operand,
    nodes.CondExpr,
)
_COMPARISONS: Final = frozenset(("eq", "ne", "gt", "gteq", "lt", "lteq"))


class TemplateRefusedError(Exception):
    """The template is outside the language. `code` is stable; `line` is where."""

    def __init__(self, code: str, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.code = code
        self.line = line


@dataclass(slots=True)
class Reading:
    """What was found in a checked template: `fields` it needs, `always` those printed in every rendering, whatever the fields are."""

    tree: nodes.Template
    fields: set[str] = field(default_factory=set)
    always: set[str] = field(default_factory=set)
    steps: int = 0
    has_loops: bool = False


def read_template(source: str, *, is_html: bool) -> Reading:
    """Parse and check `source`; raise TemplateRefusedError. The tree in the result is ready to be compiled."""
    try:
        tree = content_environment(is_html=is_html).parse(source)
    except TemplateSyntaxError as error:
        raise TemplateRefusedError("template_broken", error.lineno, "this is not a template") from None
    except RecursionError:
        raise TemplateRefusedError("template_too_costly", 1, "nested too deeply") from None
    reading = Reading(tree)
    try:
        _Checker(reading).check(tree, {}, 0)
    except RecursionError:
        raise TemplateRefusedError("template_too_costly", 1, "nested too deeply") from None
    if reading.steps > MOST_STEPS:
        raise TemplateRefusedError("template_too_costly", 1, "its loops could take too long")
    reading.always = {path for node in tree.body if isinstance(node, nodes.Output) for path in _printed(node)}
    return reading


def _printed(output: nodes.Output) -> Iterator[str]:
    for child in output.nodes:
        path = _path_of(child)
        if path:
            yield path


def _path_of(node: nodes.Node) -> str | None:
    """Return `a.b` for a name or a field of a name, None for anything else."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        path = _path_of(node.node)
        return f"{path}.{node.attr}" if path else None
    return None


class _Checker:
    """Walks the tree once; `loops` maps each loop's variable to the path of its list."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def check(self, node: nodes.Node, loops: dict[str, str], depth: int) -> None:
        """Check `node` and everything below it."""
        self._reading.steps += LONGEST_LIST**depth * (_FILTER_STEPS if isinstance(node, nodes.Filter) else 1)
        if isinstance(node, nodes.Name | nodes.Getattr):
            self._check_path(node, loops)
            return
        if isinstance(node, nodes.For):
            self._check_for(node, loops, depth)
            return
        self._check_kind(node)
        for child in node.iter_child_nodes():
            self.check(child, loops, depth)

    def _check_kind(self, node: nodes.Node) -> None:
        if isinstance(node, _ALLOWED):
            if isinstance(node, nodes.CondExpr) and node.expr2 is None:
                raise TemplateRefusedError("template_refused", node.lineno, "an inline if needs an else")
        elif isinstance(node, nodes.Const):
            if isinstance(node.value, str | bytes) and len(node.value) > _LONGEST_CONSTANT:
                raise TemplateRefusedError("template_refused", node.lineno, "a constant is too long")
        elif isinstance(node, nodes.Filter):
            self._check_filter(node)
        elif isinstance(node, nodes.Test):
            if node.name != "defined" or not isinstance(node.node, nodes.Name | nodes.Getattr):
                raise TemplateRefusedError(
                    "template_refused", node.lineno, f"the test {node.name} is not in the language"
                )
        elif isinstance(node, nodes.Compare):
            if not {operand.op for operand in node.ops} <= _COMPARISONS:
                raise TemplateRefusedError("template_refused", node.lineno, "this comparison is not in the language")
        else:
            raise TemplateRefusedError("template_refused", node.lineno, f"{type(node).__name__} is not in the language")

    def _check_filter(self, node: nodes.Filter) -> None:
        is_plain = node.node is not None and not node.kwargs and node.dyn_args is None and node.dyn_kwargs is None
        if node.name not in FILTERS or not is_plain or not all(isinstance(arg, nodes.Const) for arg in node.args):
            raise TemplateRefusedError(
                "template_refused", node.lineno, f"the filter {node.name} is not in the language, or not so"
            )

    def _check_for(self, node: nodes.For, loops: dict[str, str], depth: int) -> None:
        path = _path_of(node.iter)
        if path is None or not isinstance(node.target, nodes.Name) or node.test or node.recursive:
            raise TemplateRefusedError("template_refused", node.lineno, "a for runs over one given list")
        if depth >= DEEPEST_LOOP:
            raise TemplateRefusedError("loops_too_deep", node.lineno, "loops are nested at most twice")
        name = node.target.name
        if name in OWN_FIELDS or name in ("links", "loop") or name.startswith("_"):
            raise TemplateRefusedError("template_refused", node.lineno, f"{name} is no name for a loop's variable")
        self.check(node.iter, loops, depth)
        self._reading.has_loops = True
        inner = {**loops, name: self._resolve(path, loops) + "[]", "loop": ""}
        for child in node.body:
            self.check(child, inner, depth + 1)
        for child in node.else_:
            self.check(child, loops, depth)
        node.iter = nodes.Filter(node.iter, GIVEN_LIST, [], [], None, None, lineno=node.lineno)

    def _check_path(self, node: nodes.Node, loops: dict[str, str]) -> None:
        path = _path_of(node)
        if path is None or path.count(".") > 3 or any(part.startswith("_") for part in path.split(".")):
            raise TemplateRefusedError(
                "template_refused", node.lineno, "only fields of given names are in the language"
            )
        group, _, rest = path.partition(".")
        if group == "loop" and "loop" in loops:
            if rest not in LOOP_NAMES:
                raise TemplateRefusedError("template_refused", node.lineno, f"loop.{rest} is not in the language")
            return
        if group in OWN_FIELDS and rest not in OWN_FIELDS[group]:
            raise TemplateRefusedError("field_unknown", node.lineno, f"{path} does not exist")
        self._reading.fields.add(self._resolve(path, loops))

    @staticmethod
    def _resolve(path: str, loops: dict[str, str]) -> str:
        group, dot, rest = path.partition(".")
        return loops.get(group, group) + dot + rest
