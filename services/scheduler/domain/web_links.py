"""Links to a location's own pages, as its campaigns' settings name them."""

import re
from typing import Final

LONGEST_LINK: Final = 500
_LINK: Final = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?:[/?#][!#-;=?-Z\[\]_a-z~]*)?")


def is_web_link(value: object) -> bool:
    """Tell whether this is an https address that can stand in a mail; where it may lead is the mailer's to judge (S-054)."""
    return isinstance(value, str) and len(value) <= LONGEST_LINK and _LINK.fullmatch(value) is not None
