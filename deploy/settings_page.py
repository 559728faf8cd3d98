"""Writes deploy/settings.md from the settings classes, so that the page an operator reads is never older than the code.

Run `python -m deploy.settings_page`; a house test fails when the page is stale.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from deploy.local.names import SERVICES
from shared.kit.settings import CommonSettings

PAGE = Path(__file__).parent / "settings.md"
_HEAD = """# Settings

Every service reads its settings from environment variables. A missing, wrong or sample value refuses the start and is named, never shown.
`./dueback` sets all of them itself; with `./dueback serve` and `./dueback work` they are yours. This page is made from the code by
`python -m deploy.settings_page`.
"""


def write_page() -> str:
    """Return the page."""
    parts = [_HEAD, _section("Every service", CommonSettings)]
    for service in SERVICES:
        settings: type[BaseSettings] = importlib.import_module(f"services.{service}.main").Settings
        parts.append(_section(service, settings))
    return "\n".join(parts)


def _section(title: str, settings: type[BaseSettings]) -> str:
    return "\n".join([f"## {title}\n", "| Variable | Default | Meaning |", "|---|---|---|", *_rows(settings), ""])


def _rows(settings: type[BaseSettings]) -> Iterator[str]:
    """Yield a row per variable; a group of settings within (other than the common ones, which stand above) is written out in place."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    for name, field in settings.model_fields.items():
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings)):
            yield _row(prefix, name, field)
        elif field.annotation is not CommonSettings:
            yield from _rows(field.annotation)


def _row(prefix: str, name: str, field: FieldInfo) -> str:
    variable = field.validation_alias if isinstance(field.validation_alias, str) else prefix + name.upper()
    default = "required" if field.is_required() else f"`{field.default}`" if field.default not in (None, "") else "none"
    return f"| `{variable}` | {default} | {field.description or ''} |"


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
