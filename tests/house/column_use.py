"""Which tables and columns a module of a store names: in its SQL texts and as identifiers, docstrings left out."""

import ast
import re
from functools import cache
from pathlib import Path

from tests.house.sources import tree

_WORD = re.compile(r"[a-z_][a-z0-9_]*")


@cache
def words_in(path: Path) -> frozenset[str]:
    """Return every word of a module's strings, names, attributes and keywords; f-strings count, docstrings do not."""
    module = tree(path)
    prose = {
        id(node.value)
        for body in ast.walk(module)
        if isinstance(body, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for node in body.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    prose |= {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found.update(_WORD.findall(node.value))
        elif isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            found.add(node.arg)
    return frozenset(found)
