"""Ways to change the good content, each named for what it changes."""

from typing import Any, Final

from tests.mailer.content.examples import MJML, TEXT

HEADING: Final = "<h1>Hello {{ person.greeting }}</h1>"
FOOTER: Final = '<mj-text font-size="12px">'
WAY_OUT: Final = '<a href="{{ links.optout }}">Stop these e-mails</a>'
ADDRESS: Final = "{{ location.postal_address }}"
PREHEADER: Final = "We look forward to seeing you."


def mjml(old: str, new: str) -> dict[str, Any]:
    """The good MJML with a part exchanged."""
    assert old in MJML
    return {"mjml": MJML.replace(old, new)}


def again(changes: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """Changed MJML with another part exchanged."""
    assert old in changes["mjml"]
    return changes | {"mjml": changes["mjml"].replace(old, new)}


def body(markup: str) -> dict[str, Any]:
    """The good MJML with something more in its body."""
    return mjml(HEADING, HEADING + markup)


def text(more: str) -> dict[str, Any]:
    """The good text part with something more."""
    return {"text": TEXT + more}


def without(mark: str) -> dict[str, Any]:
    """The good text part without a mark."""
    return {"text": TEXT.replace("{{ " + mark + " }}", "")}


def unseen(mark: str) -> dict[str, Any]:
    """The good MJML without a mark."""
    return mjml("{{ " + mark + " }}", "")


def styled(style: str, words: str = ADDRESS) -> dict[str, Any]:
    """The good MJML with words under a style."""
    return mjml(words, f'<span style="{style}">{words}</span>')


def sheet(css: str) -> dict[str, Any]:
    """The good MJML with a style sheet, and the postal address in an element of its class x."""
    head = MJML.replace("<mj-attributes>", f"<mj-style>{css}</mj-style><mj-attributes>")
    return {"mjml": head.replace(ADDRESS, f'<i class="x">{ADDRESS}</i>')}


PLAIN: Final = {
    "message_class": "transactional",
    "purpose": "agreed_transaction",
    "mjml": MJML.replace("{{ notice.advertisement }}", ""),
    "text": TEXT.replace("{{ notice.advertisement }}", ""),
}
"""The good content as a transaction."""


def plain(more: str) -> dict[str, Any]:
    """A transactional content with something more in its text."""
    return PLAIN | {"text": PLAIN["text"] + more}


def subjects(*words: str, **others: Any) -> tuple[dict[str, Any], ...]:
    """The good content under other subjects."""
    return tuple({"subject": each} | others for each in words)


def bodies(*words: str, **others: Any) -> tuple[dict[str, Any], ...]:
    """The good content with more in its body."""
    return tuple(body(each) | others for each in words)


ENGLISH: Final = "We are here for you and your family, and this is the time to visit us with the car."

HIDINGS: Final = (
    "display:none", "visibility: hidden", "opacity:0", "font-size:1px", "font-size:0", "max-height:0;overflow:hidden", "text-indent:-9999px",
    "color:#ffffff", "color:#fefefe", "color:rgb(255,255,255)", "color:white", "background:#000;color:black", "mso-hide:all",
)  # fmt: skip
"""Ways to hide words inside of an element on white."""
