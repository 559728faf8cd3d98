"""Small files with one purpose, said in one sentence."""

import ast

from tests.house.sources import functions, name, python, tree

_VAGUE = {"utils", "helpers", "common", "manager", "base", "misc", "util", "helper"}
_LONGEST_FILE = 320
_LONGEST_FUNCTION = 60
CODE = ("shared", "services", "deploy")


def test_every_module_says_what_it_is_for() -> None:
    """Module docstring: one sentence what, one why."""
    assert [name(path) for path in python(*CODE, "tests") if not ast.get_docstring(tree(path))] == []


def test_no_module_has_a_name_that_means_nothing() -> None:
    """Architecture 7."""
    assert [name(path) for path in python(*CODE, "tests") if path.stem in _VAGUE] == []


def test_files_and_functions_stay_readable() -> None:
    """A file of at most 300 lines or so, a function that fits on a screen."""
    long_files = [
        name(path)
        for path in python(*CODE, "tests")
        if len(path.read_text(encoding="utf-8").splitlines()) > _LONGEST_FILE
    ]
    long_functions = [
        f"{name(path)}:{node.name}"
        for path in python(*CODE)
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno >= _LONGEST_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])


def test_an_action_file_has_one_public_function_with_its_name_and_a_docstring() -> None:
    """Architecture 6: one file per thing the service can do."""
    odd = []
    for path in python("services"):
        if path.parent.name != "actions" or path.stem == "__init__":
            continue
        public = [
            node
            for node in tree(path).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        ]
        if [node.name for node in public] != [path.stem] or not ast.get_docstring(public[0]):
            odd.append(name(path))
    assert odd == []


def test_public_functions_of_plumbing_and_decisions_have_docstrings() -> None:
    """Docstrings give meaning, units, errors and source."""
    bare = [
        f"{name(path)}:{node.name}"
        for path in python("shared", "services")
        if path.parent.name in ("kit", "schemas", "domain", "store", "clients")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []
