"""Which language a page speaks, from Accept-Language (RFC 9110 12.5.4)."""

import re
from collections.abc import Collection

_MOST_PARTS = 20


def choose_language(header: str, offered: Collection[str], default: str) -> str:
    """Return the offered language that the reader wants most, `default` if none (or `en` where the default is not offered)."""
    wanted: list[tuple[float, int, str]] = []
    for order, part in enumerate(header.split(",")[:_MOST_PARTS]):
        tag, _, rest = part.strip().partition(";")
        quality = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", rest)
        language = tag.strip().partition("-")[0].lower()
        if language in offered and (not rest or quality):
            wanted.append((-(float(quality[1]) if quality else 1.0), order, language))
    best = min((row for row in wanted if row[0] < 0), default=None)
    if best is not None:
        return best[2]
    return default if default in offered else "en"
