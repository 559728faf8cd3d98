"""Every named crash point there is, found in the sources: coverage is a list and not luck (I12)."""

import re
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_CALL = re.compile(r"""crashpoint\(\s*(f?["'][^"']*["'])""")


def find_crash_points() -> dict[str, str]:
    """Return each crash point with the file it stands in. Raises ValueError for a name used twice or computed."""
    found: dict[str, str] = {}
    for folder in ("services", "shared"):
        for path in sorted((_ROOT / folder).rglob("*.py")):
            for name in _CALL.findall(path.read_text("utf-8")):
                slug = name.strip("\"'")
                if not re.fullmatch(r"[a-z]+\.[a-z_]+", slug) or slug in found:
                    raise ValueError(f"crash point {slug} in {path} is computed or used twice")
                found[slug] = str(path.relative_to(_ROOT))
    return found
