"""Marks a rendered mail as a test: in its subject, above its text and above its HTML, so that nobody takes it for the real one."""

import re
from html import escape
from typing import Final

from services.mailer.content.notices import write_test_marks
from services.mailer.content.render import Rendered

_BODY: Final = re.compile(r"<body[^>]*>", re.IGNORECASE)
_BANNER: Final = '<div style="padding:12px 16px;background:#fff3cd;color:#3b2f00;font:600 15px/1.4 sans-serif;text-align:center">{}</div>'


def mark_as_test(words: Rendered, *, language: str, business_name: str) -> Rendered:
    """Return the mail with its marks; what it says itself stays as it is."""
    prefix, line = write_test_marks(language, business_name)
    body = _BODY.search(words.html)
    place = body.end() if body else 0
    html = words.html[:place] + _BANNER.format(escape(line)) + words.html[place:]
    return Rendered(f"{prefix} {words.subject}", f"{line}\n\n{words.text}", html)
