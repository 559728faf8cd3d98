"""What stands in a compiled HTML: links, resources, template marks and where they are. Facts only; lint.py judges them."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

MARK: Final = re.compile(r"\{\{[ \t\r\n]*([A-Za-z][A-Za-z0-9_.]*)[ \t\r\n]*\}\}")
_ANY_MARK: Final = re.compile(r"\{\{|\{%|\{#")
_URL_IN_STYLE: Final = re.compile(r"url\(|@import|expression\(|-moz-binding", re.IGNORECASE)
_VOID: Final = frozenset(("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "base", "embed"))
_FREE_ATTRIBUTES: Final = frozenset(("alt", "title", "aria-label"))
_SIZED: Final = re.compile(r"font-size:\s*(\d+(?:\.\d+)?)px", re.IGNORECASE)


@dataclass(slots=True)
class HtmlFacts:
    """Facts of one HTML. `marked` are attributes with template marks other than links, sources and texts; `shown` the marks in visible text."""

    tags: set[str] = field(default_factory=set)
    handlers: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    marked: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    has_style_urls: bool = False
    has_marks_in_style: bool = False
    images_without_alt: int = 0
    visible_text: str = ""
    smallest_optout_px: float | None = None


def read_html(html: str) -> HtmlFacts:
    """Return the facts of `html`, which still holds its template marks."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.facts.visible_text = " ".join(" ".join(reader.texts).split())
    return reader.facts


class _Reader(HTMLParser):
    """Keeps a stack of open elements to know what is hidden and how large a link's text is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.facts = HtmlFacts()
        self.texts: list[str] = []
        self._open: list[tuple[str, bool, float | None, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.facts.tags.add(tag)
        style, link = "", ""
        for name, value in attrs:
            self._take_attribute(tag, name, value or "")
            style = value or "" if name == "style" else style
            link = value or "" if name == "href" else link
        if tag == "img" and not any(name == "alt" for name, _ in attrs):
            self.facts.images_without_alt += 1
        if tag in _VOID:
            return
        _, hidden, size, in_optout = self._open[-1] if self._open else ("", False, None, False)
        sized = _SIZED.search(style)
        hides = "display:none" in style.replace(" ", "").lower() or tag in ("style", "title", "head", "script")
        size = float(sized[1]) if sized else size
        mark = MARK.fullmatch(link.strip())
        self._open.append((tag, hidden or hides, size, in_optout or bool(mark and mark[1] == "links.optout")))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                return

    def handle_data(self, data: str) -> None:
        tag, hidden, size, in_optout = self._open[-1] if self._open else ("", False, None, False)
        if tag == "style":
            self.facts.has_style_urls |= bool(_URL_IN_STYLE.search(data))
            self.facts.has_marks_in_style |= bool(_ANY_MARK.search(data))
        if hidden or not data.strip():
            return
        self.texts.append(data)
        self.facts.shown.update(MARK.findall(data))
        if in_optout and size is not None:
            self.facts.smallest_optout_px = min(size, self.facts.smallest_optout_px or size)

    def _take_attribute(self, tag: str, name: str, value: str) -> None:
        facts = self.facts
        if name.startswith("on"):
            facts.handlers.add(name)
        elif name in ("href", "action", "formaction", "xlink:href"):
            facts.links.append(value.strip())
        elif name in ("src", "srcset", "background", "poster", "data"):
            facts.sources.append(value.strip())
        elif name == "style":
            facts.has_style_urls |= bool(_URL_IN_STYLE.search(value))
            facts.has_marks_in_style |= bool(_ANY_MARK.search(value))
        elif name not in _FREE_ATTRIBUTES and _ANY_MARK.search(value):
            facts.marked.add(name)
