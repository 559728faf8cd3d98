"""Writes and compares the snapshots of the wire; run `python -m tests.schemas.snapshot` after an additive change."""

import importlib
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shared import schemas

FOLDER = Path(__file__).parent / "snapshots"
MODULES = sorted(
    path.stem
    for path in Path(schemas.__path__[0]).glob("*.py")
    if path.stem not in ("__init__", "address", "token", "topics")
)
"""Everything in shared/schemas but the three modules that hold rules or words and no models."""


def present(module_name: str) -> dict[str, Any]:
    """Return the JSON schemas of a module's own models as they are now."""
    module = importlib.import_module(f"shared.schemas.{module_name}")
    models = inspect.getmembers(module, lambda found: inspect.isclass(found) and issubclass(found, BaseModel))
    return {
        name: model.model_json_schema(mode="validation")
        for name, model in sorted(models)
        if model.__module__ == module.__name__ and not model.__pydantic_generic_metadata__["parameters"]
    }


def kept(module_name: str) -> dict[str, Any]:
    """Return the promised schemas."""
    path = FOLDER / f"{module_name}.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def broken_promises(old: Any, new: Any, place: str) -> Iterator[str]:
    """Yield every non-additive difference: a removed field or value, a changed type, a new required field."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old.keys() - new.keys() - {"description", "title", "default", "examples"}:
            yield f"{place}.{name} removed"
        for name in set(new.get("required", [])) - set(old.get("required", [])) if "properties" in old else ():
            yield f"{place}.{name} became required"
        for name in old.keys() & new.keys():
            if name not in ("description", "title", "required", "examples", "default"):
                yield from broken_promises(old[name], new[name], f"{place}.{name}")
    elif isinstance(old, list) and isinstance(new, list):
        for value in old:
            if value not in new:
                yield f"{place} lost {json.dumps(value)[:80]}"
    elif old != new:
        yield f"{place} changed from {old!r} to {new!r}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in MODULES:
        (FOLDER / f"{name}.json").write_text(json.dumps(present(name), indent=1, sort_keys=True) + "\n")
