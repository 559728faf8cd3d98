"""Plug-in folders: every module of a package brings one named constant, found by looking, so that an addition edits no list."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any


def find_plugins(package: ModuleType, constant: str) -> dict[str, Any]:
    """Return {slug: value} of `constant` over the package's modules; a module without it, or a slug used twice, is an error at start."""
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        value = getattr(importlib.import_module(module.name), constant, None)
        if value is None:
            raise RuntimeError(f"{module.name} has no {constant}")
        if value.slug in found:
            raise RuntimeError(f"{module.name}: the slug {value.slug} is taken")
        found[value.slug] = value
    return found
