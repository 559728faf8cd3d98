"""What a style does to the eye: size, colours, contrast (WCAG 2.2, 1.4.3), and the many ways to hide words.

Reads inline styles and the simple rules of a style sheet (tag, class, or the last part of a longer selector). Not a browser: where it does not know,
a notice counts as visible, and an author who wants to hide one has to work harder than to keep it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

Colour = tuple[int, int, int]
_NAMED: Final[Mapping[str, Colour]] = {
    "black": (0, 0, 0), "white": (255, 255, 255), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "lightgray": (211, 211, 211), "lightgrey": (211, 211, 211), "whitesmoke": (245, 245, 245), "gainsboro": (220, 220, 220),
    "darkgray": (169, 169, 169), "dimgray": (105, 105, 105), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255),
    "yellow": (255, 255, 0), "navy": (0, 0, 128), "ivory": (255, 255, 240), "snow": (255, 250, 250),
}  # fmt: skip
_HEX: Final = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b")
_RGB: Final = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+%?))?\s*\)")
_SIZE: Final = re.compile(r"(\d*\.?\d+)(px|pt|em|rem|%)?")
_UNITS: Final = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}
_WORD_SIZES: Final = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0}
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE: Final = re.compile(r"([a-z][a-z0-9]*)?(?:\.([\w-]+))?$", re.IGNORECASE)
_ZERO: Final = re.compile(r"0*\.?0*(?:px|em|rem|pt|%)?")
_FAR_AWAY: Final = re.compile(r"-\d{3,}")

UNREADABLE_PX: Final = 4.0
"""At and below this size words are hidden, not small."""
SAME_COLOUR: Final = 1.25
"""Below this contrast words are colour on the same colour: hidden, not faint."""


@dataclass(frozen=True, slots=True)
class Look:
    """How words look: `px` size, `ink` on `paper`; `is_hidden` if nobody can read them."""

    px: float = 16.0
    ink: Colour = (0, 0, 0)
    paper: Colour = (255, 255, 255)
    is_hidden: bool = False

    @property
    def contrast(self) -> float:
        """Contrast ratio of ink on paper, 1 to 21 (WCAG 2.2)."""
        light, dark = sorted((_luminance(self.ink), _luminance(self.paper)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    @property
    def is_readable(self) -> bool:
        """Whether a person can see the words at all."""
        return not self.is_hidden and self.px > UNREADABLE_PX and self.contrast >= SAME_COLOUR


@dataclass(slots=True)
class StyleSheet:
    """Rules of a page: by tag and class; `hiding` are those of media queries, of which only what hides counts."""

    rules: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def read(self, css: str) -> None:
        """Add the rules of a style element."""
        outside, inside = _split_media(_COMMENT.sub("", css))
        self.rules += _rules_of(outside)
        for tag, name, style in _rules_of(inside):
            if _hides(style):
                self.rules.append((tag, name, {key: value for key, value in style.items() if _hides({key: value})}))

    def styles_of(self, tag: str, classes: Iterable[str]) -> Iterator[dict[str, str]]:
        """Yield what the sheet says about an element, in order."""
        own = set(classes)
        for rule_tag, rule_class, style in self.rules:
            if rule_tag in ("", tag) and (not rule_class or rule_class in own):
                yield style


def read_style(style: str) -> dict[str, str]:
    """Return the declarations of a style attribute, lower case."""
    pairs = (part.partition(":") for part in style.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, colon, value in pairs if colon}


def apply_style(look: Look, style: Mapping[str, str]) -> Look:
    """Return how words look inside an element with this style."""
    ink = read_colour(style.get("color", ""))
    paper = read_colour(style.get("background-color", "")) or read_colour(style.get("background", ""))
    return replace(
        look,
        px=_size(style.get("font-size", ""), look.px),
        ink=ink or look.ink,
        paper=paper or look.paper,
        is_hidden=look.is_hidden or _hides(style),
    )


def read_colour(value: str) -> Colour | None:
    """Return the first colour in a value; None for none, transparent ones included."""
    if found := _HEX.search(value):
        digits = found[1] if len(found[1]) > 4 else "".join(letter * 2 for letter in found[1])
        return None if digits[6:] == "00" else (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
    if found := _RGB.search(value):
        red, green, blue = (min(255, int(part)) for part in found.groups()[:3])
        return None if (found[4] or "1").rstrip("%").strip("0.") == "" else (red, green, blue)
    return next((_NAMED[word] for word in value.split() if word in _NAMED), None)


def _luminance(colour: Colour) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _size(value: str, parent: float) -> float:
    if value in _WORD_SIZES:
        return _WORD_SIZES[value]
    found = _SIZE.fullmatch(value)
    if not found:
        return parent
    number, unit = float(found[1]), found[2] or "px"
    return number * parent / (100 if unit == "%" else 1) if unit in ("%", "em") else number * _UNITS[unit]


def _hides(style: Mapping[str, str]) -> bool:
    def is_zero(name: str) -> bool:
        value = style.get(name, "")
        return bool(value) and _ZERO.fullmatch(value) is not None

    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("mso-hide") == "all"
        or is_zero("opacity")
        or is_zero("max-height")
        or is_zero("max-width")
        or (style.get("overflow") == "hidden" and (is_zero("height") or is_zero("width")))
        or any(
            _FAR_AWAY.match(style.get(name, "")) for name in ("text-indent", "left", "top", "margin-left", "margin-top")
        )
        or style.get("clip", "").replace(" ", "") in ("rect(0,0,0,0)", "rect(0000)", "rect(1px,1px,1px,1px)")
    )


def _split_media(css: str) -> tuple[str, str]:
    """Return the rules outside and inside of at-blocks."""
    outside, inside, depth, start = [], [], 0, 0
    at_rule = False
    for match in re.finditer(r"@[a-z-]+[^{};]*\{|\{|\}", css):
        if match[0].startswith("@") and depth == 0:
            outside.append(css[start : match.start()])
            at_rule, start = True, match.end()
        depth += -1 if match[0] == "}" else 1
        if depth == 0 and at_rule:
            inside.append(css[start : match.start()])
            at_rule, start = False, match.end()
    (inside if at_rule else outside).append(css[start:])
    return "".join(outside), "".join(inside)


def _rules_of(css: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    for selectors, body in _RULE.findall(css):
        style = read_style(body)
        for selector in selectors.split(","):
            last = selector.split()[-1] if selector.split() else ""
            found = _SIMPLE.match(last.lstrip(">+~*"))
            if found and found[0]:
                yield (found[1] or "").lower(), found[2] or "", style
