"""What stands in a compiled HTML: links, resources, template marks and where they are. Facts only; lint.py judges them."""

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Final

from services.mailer.content.html_style import Look, StyleSheet, apply_style, read_colour, read_style

MARK: Final = re.compile(r"\{\{[ \t\r\n]*([A-Za-z][A-Za-z0-9_.]*)[ \t\r\n]*\}\}")
_ANY_MARK: Final = re.compile(r"\{\{|\{%|\{#")
_URL_IN_STYLE: Final = re.compile(r"url\(|@import|expression\(|-moz-binding", re.IGNORECASE)
_VOID: Final = frozenset(("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "base", "embed"))
_FREE_ATTRIBUTES: Final = frozenset(("alt", "title", "aria-label"))


@dataclass(slots=True)
class HtmlFacts:
    """Facts of one HTML.

    `marked` are attributes with template marks other than links, sources and texts. `shown` are the marks a reader can see, with how they look
    at each place; `linked` those that a link with words to see leads to, with how these look. `titles` and `alts` are what is shown in their stead.
    """

    tags: set[str] = field(default_factory=set)
    handlers: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    marked: set[str] = field(default_factory=set)
    shown: dict[str, list[Look]] = field(default_factory=dict)
    linked: dict[str, list[Look]] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    language: str = ""
    images: int = 0
    has_style_urls: bool = False
    has_marks_in_style: bool = False
    images_without_alt: int = 0
    visible_text: str = ""


def read_html(html: str) -> HtmlFacts:
    """Return the facts of `html`, which still holds its template marks."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.facts.visible_text = " ".join(" ".join(reader.texts).split())
    return reader.facts


@dataclass(frozen=True, slots=True)
class _Open:
    """An open element: its tag, how words in it look, and the marks in the addresses of the links around it."""

    tag: str
    look: Look
    links: tuple[str, ...] = ()


class _Reader(HTMLParser):
    """Keeps a stack of open elements to know what is hidden, how large and how clear its words are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.facts = HtmlFacts()
        self.texts: list[str] = []
        self._sheet = StyleSheet()
        self._open: list[_Open] = [_Open("", Look())]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.facts.tags.add(tag)
        values = {name: value or "" for name, value in attrs}
        for name, value in values.items():
            self._take_attribute(name, value)
        if tag == "html":
            self.facts.language = values.get("lang", "")
        if tag == "img":
            self.facts.images += 1
            self.facts.images_without_alt += "alt" not in values
        if tag not in _VOID:
            self._open.append(self._enter(tag, values))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, 0, -1):
            if self._open[index].tag == tag:
                del self._open[index:]
                return

    def handle_data(self, data: str) -> None:
        inside = self._open[-1]
        if inside.tag == "style":
            self.facts.has_style_urls |= bool(_URL_IN_STYLE.search(data))
            self.facts.has_marks_in_style |= bool(_ANY_MARK.search(data))
            self._sheet.read(data)
        if inside.tag == "title":
            self.facts.titles.append(data)
        if not inside.look.is_readable or not data.strip():
            return
        self.texts.append(data)
        for mark in MARK.findall(data):
            self.facts.shown.setdefault(mark, []).append(inside.look)
        for mark in inside.links:
            self.facts.linked.setdefault(mark, []).append(inside.look)

    def _enter(self, tag: str, values: dict[str, str]) -> _Open:
        above = self._open[-1]
        look = above.look
        if paper := read_colour(values.get("bgcolor", "").lower()):
            look = replace(look, paper=paper)
        if tag in ("style", "title", "head", "script") or "hidden" in values:
            look = replace(look, is_hidden=True)
        for style in self._sheet.styles_of(tag, values.get("class", "").split()):
            look = apply_style(look, style)
        look = apply_style(look, read_style(values.get("style", "")))
        mark = MARK.fullmatch(values.get("href", "").strip())
        return _Open(tag, look, (*above.links, mark[1]) if mark else above.links)

    def _take_attribute(self, name: str, value: str) -> None:
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
        elif name in _FREE_ATTRIBUTES:
            facts.alts.append(value)
        elif _ANY_MARK.search(value):
            facts.marked.add(name)
