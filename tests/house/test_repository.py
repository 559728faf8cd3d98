"""The repository speaks of Dueback alone and names no machine."""

import re
import subprocess
import sys

from tests.house.sources import ROOT, name, tracked

_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/", re.ASCII)
_UNFINISHED = re.compile(r"\b(TO" + "DO|FIX" + r"ME|X{3}|NotImplemented" + r"Error)\b")


def _texts() -> list[tuple[str, str]]:
    found = []
    for path in tracked():
        try:
            found.append((name(path), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_the_lock_is_hash_pinned_and_names_no_host() -> None:
    """Dependencies 2: host-free."""
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    packages = re.findall(r"^[a-z0-9._-]+==", lock, re.MULTILINE)
    assert len(packages) > 30
    assert lock.count("--hash=sha256:") >= len(packages)


def test_no_path_of_one_machine_is_written_down() -> None:
    """Rules of the repository."""
    assert [where for where, text in _texts() if _MACHINE.search(text) and not where.startswith("tests/house/")] == []


def test_nothing_says_that_it_is_unfinished() -> None:
    """No stub called done; and the search finds a planted word."""
    for planted in ("# TO" + "DO: later", "FIX" + "ME", "    raise NotImplemented" + "Error"):
        assert _UNFINISHED.search(planted), planted
    assert [where for where, text in _texts() if _UNFINISHED.search(text) and where.endswith(".py")] == []


def test_the_launcher_needs_nothing_but_the_standard_library() -> None:
    """Architecture 6: made of the standard library only; pip may be asked whether it is there."""
    script = "import ast,sys; t=ast.parse(open('dueback').read());" + (
        "n={a.name.split('.')[0] for x in ast.walk(t) if isinstance(x,ast.Import) for a in x.names}|"
        "{(x.module or '').split('.')[0] for x in ast.walk(t) if isinstance(x,ast.ImportFrom)};"
        "print(sorted(n-set(sys.stdlib_module_names)-{'pip'}))"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
