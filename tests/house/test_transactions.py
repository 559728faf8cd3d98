"""Who commits, who reads the clock, who speaks HTTP: one place each."""

import ast
import re
from pathlib import Path

from tests.house.sources import name, python, tree

_COMMITTERS = {"shared/kit/db.py", "shared/migrations/run.py"}
_CLOCK_READERS = {
    "shared/kit/clock.py",  # the clock itself
    "shared/kit/auth.py",  # assertions between services live on machine time
    "shared/kit/ids.py",  # the time part of an id is index locality, never read back
}
_SQL_TIME = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|\bcurrent_(date|time|timestamp)\b",
    re.IGNORECASE,
)
_LEASE_WORDS = re.compile(r"lease|expires_at|claim|holder|next_at|heartbeat", re.IGNORECASE)


def _calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def test_only_the_database_module_commits() -> None:
    """Architecture 6: a request is one transaction, committed before the answer."""
    guilty = [
        name(path)
        for path in python("shared", "services")
        for call in _calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("commit", "rollback")
        and name(path) not in _COMMITTERS
    ]
    assert guilty == []


def test_requests_obtain_a_transaction_in_one_way_only() -> None:
    """Architecture 6: `Depends(..., scope="function")`, in kit/requests.py alone."""
    guilty = [
        name(path)
        for path in python("services")
        if "open_transaction" in path.read_text() or 'scope="request"' in path.read_text()
    ]
    assert guilty == []


def test_only_the_clock_reads_the_machine_time() -> None:
    """Architecture 6: business time comes from one clock."""
    guilty = []
    for path in python("shared", "services"):
        for call in _calls(path):
            if not isinstance(call.func, ast.Attribute):
                continue
            owner = ast.unparse(call.func.value)
            forbidden = call.func.attr in ("utcnow", "today") or (
                call.func.attr == "now" and owner in ("datetime", "date", "datetime.datetime")
            )
            if (forbidden or (owner == "time" and call.func.attr in ("time", "time_ns"))) and name(
                path
            ) not in _CLOCK_READERS:
                guilty.append(f"{name(path)}:{call.lineno}")
    assert guilty == []


def test_sql_reads_the_time_for_leases_only() -> None:
    """Architecture 6: SQL now() only in leases (and in the defaults of plumbing's own tables)."""
    guilty = []
    for path in python("services"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL_TIME.search(node.value):
                for statement in re.split(r";\s*\n|\n\s*\n", node.value):
                    if _SQL_TIME.search(statement) and not _LEASE_WORDS.search(statement) and len(node.value) > 30:
                        guilty.append(f"{name(path)}:{node.lineno}")
    assert guilty == []


def test_one_module_imports_the_http_client() -> None:
    """Architecture 1: httpx through its maintained line, imported in one module only."""
    importers = {
        name(path)
        for path in python("shared", "services", "deploy", "tests")
        for node in ast.walk(tree(path))
        if (
            isinstance(node, ast.Import)
            and any(alias.name.split(".")[0] in ("httpx", "httpx2") for alias in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("httpx", "httpx2"))
    }
    assert importers == {"shared/kit/http.py"}
