"""Where a mail may lead: the location's own site and the hosts it configured, our own pages, and nowhere else (S-054).

A shortened address is refused on any list: nobody can see where it leads, and it can lead elsewhere tomorrow.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from shared.schemas.location import LocationFacts

SHORTENERS: Final = frozenset(
    (
        "bit.ly", "bitly.com", "buff.ly", "clck.ru", "cutt.ly", "dub.sh", "goo.gl", "is.gd", "j.mp", "lnkd.in", "ow.ly", "qr.ae", "rb.gy",
        "rebrand.ly", "s.id", "shorte.st", "shorturl.at", "short.io", "soo.gd", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "trib.al", "urlz.fr",
        "v.gd", "x.gd",
    )
)  # fmt: skip
"""Public shorteners; a location cannot allow one."""

WRITTEN_ADDRESS: Final = re.compile(
    rf"(?:https?://|(?<![\w.-])www\.|(?<![\w.@/-])(?:{'|'.join(map(re.escape, sorted(SHORTENERS)))})/)[^\s<>\"']*",
    re.IGNORECASE,
)
"""What readers' programs make a link of: with its scheme, with www, or a shortened address without either."""


def host_of(address: str) -> str | None:
    """Return the host of a web address in lower case; None where it has none, hides behind user data or cannot be read."""
    try:
        parts = urlsplit(address if "//" in address else f"//{address}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    return host if host and "@" not in parts.netloc else None


def is_shortened(host: str) -> bool:
    """Tell whether a host belongs to a public shortener."""
    return host.removeprefix("www.") in SHORTENERS


def hosts_of(location: LocationFacts) -> frozenset[str]:
    """Return the hosts a location's mail may lead to: its website, with and without www, and those it configured."""
    website = host_of(location.website) if location.website else None
    bare = website.removeprefix("www.") if website else None
    return frozenset((*(host.lower() for host in location.link_hosts), *((bare, f"www.{bare}") if bare else ())))


def judge_links(fields: Mapping[str, object], allowed: Collection[str]) -> str | None:
    """Return None, or the code of the refusal for a web address in any field: `link_shortened`, `link_not_allowed`."""
    for text in _texts(fields):
        for address in WRITTEN_ADDRESS.findall(text):
            host = host_of(address)
            if host is None or not (is_shortened(host) or host in allowed):
                return "link_not_allowed"
            if is_shortened(host):
                return "link_shortened"
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if "." in value or "//" in value:
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
