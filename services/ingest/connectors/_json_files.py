"""Reads JSON files of a folder, one document each, for connectors of files. Whatever cannot be read is None, never an exception (S62)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from services.ingest.domain.connector import Raw

MOST_OCTETS: Final = 16 * 1024**2


def json_files(folder: Path) -> list[Path]:
    """Return the folder's JSON files by name; manifests describe the others and are none."""
    return sorted(file for file in folder.glob("*.json") if file.name not in ("manifest.json", "log.json"))


def objects_in(file: Path) -> Iterator[Raw | None]:
    """Yield the file's object, or those of its list; None for what is neither, over 16 MB or no JSON."""
    try:
        found: Any = json.loads(file.read_bytes()) if file.stat().st_size <= MOST_OCTETS else None
    except (OSError, ValueError, RecursionError):
        found = None
    for value in found if isinstance(found, list) else [found]:
        yield value if isinstance(value, dict) else None
