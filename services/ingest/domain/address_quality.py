"""Addresses that are well formed and yet not to be written to unasked: typos, role mailboxes, throw-away domains, text gateways (N-14, N-16, N-17).

Nothing is corrected: a problem keeps the address visible and unmailed until a person at the front desk confirms or changes it.
"""

from functools import lru_cache
from typing import Final

CONSUMER_DOMAINS: Final = (
    *("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "aol.com", "live.com", "msn.com", "comcast.net", "verizon.net"),
    *("att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "earthlink.net", "optonline.net", "ymail.com", "rocketmail.com"),
    *("me.com", "mac.com", "googlemail.com", "protonmail.com", "proton.me", "gmx.com", "gmx.net", "mail.com", "zoho.com", "fastmail.com"),
)  # fmt: skip
_NEVER_A_TYPO: Final = frozenset(
    ("mail.com", "email.com", "ymail.com", "me.com", "mac.com", "gmx.com", "gmx.net", "gmx.de", "live.co", "aim.com")
)
_SHORTEST_COMPARED: Final = 9
"""Shorter names (`live.com` has eight letters) are one letter from too many true ones."""
_TOPS: Final = {
    "con": "com",
    "cmo": "com",
    "ocm": "com",
    "comm": "com",
    "vom": "com",
    "xom": "com",
    "nte": "net",
    "met": "net",
}
_ROLES: Final = frozenset(
    ("info", "office", "service", "admin", "contact", "sales", "support", "billing", "accounting", "accounts", "reception", "frontdesk",
     "fleet", "hr", "jobs", "marketing", "noreply", "no-reply", "postmaster", "webmaster", "abuse", "mail", "team", "help", "enquiries", "inquiries")
)  # fmt: skip
_GATEWAYS: Final = frozenset(
    ("txt.att.net", "mms.att.net", "vtext.com", "vzwpix.com", "tmomail.net", "messaging.sprintpcs.com", "pm.sprint.com", "email.uscc.net",
     "mms.uscc.net", "msg.fi.google.com", "sms.myboostmobile.com", "myboostmobile.com", "sms.cricketwireless.net", "mms.cricketwireless.net",
     "mymetropcs.com", "text.republicwireless.com", "sms.alltelwireless.com", "mms.alltelwireless.com", "vmobl.com", "vmpix.com",
     "message.ting.com", "cspire1.com", "mailmymobile.net", "txt.bell.ca", "pcs.rogers.com", "msg.telus.com", "fido.ca")
)  # fmt: skip
_DISPOSABLE: Final = frozenset(
    ("mailinator.com", "guerrillamail.com", "guerrillamail.net", "guerrillamail.org", "sharklasers.com", "grr.la", "10minutemail.com",
     "10minutemail.net", "yopmail.com", "yopmail.fr", "temp-mail.org", "tempmail.com", "tempmail.net", "tempail.com", "trashmail.com",
     "trashmail.de", "trashmail.net", "throwawaymail.com", "dispostable.com", "maildrop.cc", "getnada.com", "nada.email", "mintemail.com",
     "mailnesia.com", "mailcatch.com", "fakeinbox.com", "spamgourmet.com", "mytemp.email", "moakt.com", "emailondeck.com", "burnermail.io",
     "discard.email", "spam4.me", "wegwerfmail.de", "einrot.com", "mailnull.com", "tempinbox.com", "jetable.org", "spambox.us", "mohmal.com")
)  # fmt: skip


def address_problem(folded: str, *, hold_roles: bool) -> str | None:
    """Return why a folded address is not written to unasked, or None: `text_gateway`, `disposable`, `typo_suspected`, `role_address`.

    `hold_roles`: for a dental patient a role mailbox is no private one; a fleet may well have its invoices and reminders there (N-16).
    """
    local, _, domain = folded.partition("@")
    problem = _domain_problem(domain)
    if problem is None and hold_roles and local in _ROLES:
        return "role_address"
    return problem


@lru_cache(maxsize=8192)
def _domain_problem(domain: str) -> str | None:
    if domain in _GATEWAYS:
        return "text_gateway"
    if domain in _DISPOSABLE:
        return "disposable"
    return "typo_suspected" if _meant(domain) else None


def suggested_address(address: str) -> str | None:
    """Return what a mistyped address was probably meant to be, for a person to confirm, or None."""
    local, _, domain = address.rpartition("@")
    meant = _meant(domain.lower())
    return f"{local}@{meant}" if meant else None


def _meant(domain: str) -> str | None:
    if domain in CONSUMER_DOMAINS or domain in _NEVER_A_TYPO:
        return None
    name, _, top = domain.rpartition(".")
    if top in _TOPS:
        return _meant(f"{name}.{_TOPS[top]}") or f"{name}.{_TOPS[top]}"
    return next(
        (known for known in CONSUMER_DOMAINS if len(known) >= _SHORTEST_COMPARED and one_slip(domain, known)), None
    )


def one_slip(typed: str, meant: str) -> bool:
    """Tell whether one letter too many, too few, wrong or two swapped make the difference (distance 1 of Damerau)."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant)))
    mine, theirs = typed[start:], meant[start:]
    if len(typed) != len(meant):
        return mine[1:] == theirs if len(mine) > len(theirs) else mine == theirs[1:]
    return mine[1:] == theirs[1:] or (mine[1::-1] == theirs[:2] and mine[2:] == theirs[2:])
