"""MJML to HTML, once per version: own tag list, no fonts or icons from elsewhere, lines short enough for SMTP, plain ASCII.

MJML's defaults put a Google Fonts link into every mail and let unknown tags pass silently (dependencies.md 7); both are closed here.
"""

import re
from typing import Final

from mjml import mjml2html

TAGS: Final = frozenset(
    (
        "mjml",
        "mj-head",
        "mj-body",
        "mj-title",
        "mj-preview",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-style",
        "mj-breakpoint",
        "mj-section",
        "mj-wrapper",
        "mj-column",
        "mj-group",
        "mj-text",
        "mj-button",
        "mj-image",
        "mj-divider",
        "mj-spacer",
        "mj-table",
        "mj-raw",
    )
)
"""Left out on purpose: includes, fonts, social icons, carousels, accordions, navigation bars (they load or run things)."""

_MJ_TAG: Final = re.compile(r"<\s*/?\s*(mj[A-Za-z0-9-]*)")
_PREVIEW: Final = re.compile(r"<mj-preview>(.*?)</mj-preview>", re.DOTALL | re.IGNORECASE)
_CODE: Final = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
_TAG_START: Final = re.compile(r"<[a-z][a-z0-9]*(?= )", re.IGNORECASE)
_FOLD_AFTER: Final = 300


class MjmlRefusedError(Exception):
    """The MJML is broken or uses tags outside the list; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def convert_mjml(mjml: str) -> str:
    """Return the HTML of `mjml`, template marks left in place."""
    unknown = sorted({tag for tag in _MJ_TAG.findall(mjml) if tag not in TAGS})
    if unknown:
        raise MjmlRefusedError("tag_unknown", f"<{unknown[0]}> is not in the list of tags.")
    try:
        html = mjml2html(mjml, fonts={}, social_icon_origin="", disable_comments=False)
    except ValueError as error:
        raise MjmlRefusedError("mjml_broken", str(error)[:300]) from None
    except BaseException as error:  # the Rust parser panics over a bare > soon after a letter of several octets
        if type(error).__name__ != "PanicException":
            raise
        raise MjmlRefusedError(
            "mjml_broken", "The markup cannot be read; write &gt; where a > belongs to the text."
        ) from None
    return _fold_lines(_to_ascii(html))


def read_preheader(mjml: str) -> str:
    """Return what mailbox lists show behind the subject."""
    return " ".join(_PREVIEW.findall(mjml))


def _to_ascii(html: str) -> str:
    """Write fixed non-ASCII letters as character references, so that a message of plain names needs no transfer encoding."""
    if html.isascii():
        return html
    return "".join(
        piece if index % 2 else piece.encode("ascii", "xmlcharrefreplace").decode()
        for index, piece in enumerate(_CODE.split(html))
    )


def _fold_lines(html: str) -> str:
    """Break lines longer than about 300 letters between a tag's name and its attributes, where a line end means nothing.

    Lines of the style sheet that begin with a dot are indented: they would be dot-stuffed in every message.
    """
    pieces, column, last = [], 0, 0
    for match in _TAG_START.finditer(html):
        end = match.end()
        newline = html.rfind("\n", last, end)
        column = end - newline if newline >= 0 else column + end - last
        pieces.append(html[last:end])
        last = end
        if column > _FOLD_AFTER:
            pieces.append("\n")
            column, last = 0, end + 1
    return "".join((*pieces, html[last:])).replace("\n.", "\n .")
