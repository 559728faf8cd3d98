"""Where a content leads: to given addresses and to the hosts of its location, nowhere else (S-054)."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from services.mailer.content.findings import LintRules
from services.mailer.content.html_facts import MARK
from services.mailer.content.rules.draft import Draft, words_of
from services.mailer.domain.link_hosts import WRITTEN_ADDRESS, host_of, is_shortened

_LINK_FIELDS: Final = re.compile(r"links\.[a-z][a-z0-9_]*|location\.website")


def refused_link(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Every link is a given address, or a fixed one on an allowed host."""
    for link in draft.facts.links:
        if link and not link.startswith("#") and not _is_given(link) and not is_own(link, rules):
            yield "A link leads to a given address ({{ links.… }}, {{ location.website }}) or to an allowed host."


def refused_written_link(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Readers' programs make a link of every address they see, so what is written counts as one."""
    for template in (draft.source.subject, draft.preheader, draft.source.text, draft.facts.visible_text):
        for address in WRITTEN_ADDRESS.findall(words_of(template)):
            if host_of(address) not in rules.own_hosts:
                yield "A web address is written out that does not lead to an allowed host."


def shortened(draft: Draft, rules: LintRules) -> Iterator[str]:
    """Whatever is allowed: nobody can see where a shortened address leads."""
    parts = (draft.source.subject, draft.preheader, draft.source.text, draft.facts.visible_text)
    written = (address for part in parts for address in WRITTEN_ADDRESS.findall(part))
    for address in (*draft.facts.links, *written):
        if is_shortened(host_of(address) or ""):
            yield "A shortened address hides where it leads."


def is_own(address: str, rules: LintRules) -> bool:
    """Tell whether this is a fixed https address on an allowed host; marks would let a field choose the host."""
    try:
        scheme = urlsplit(address).scheme
    except ValueError:
        return False
    return scheme == "https" and host_of(address) in rules.own_hosts and "{" not in address


def _is_given(link: str) -> bool:
    mark = MARK.fullmatch(link.removeprefix("tel:").removeprefix("mailto:"))
    return bool(mark and (_LINK_FIELDS.fullmatch(mark[1]) or (link.startswith("tel:") and mark[1] == "location.phone")))
