"""Is each mail what the law and the mailbox providers ask for? Judged by its raw bytes (L-007, L-030 to L-038)."""

from collections.abc import Iterator

from deploy.demo.evidence import Evidence, Fault, Side
from deploy.demo.mail import Mail, squeeze

NEEDED = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Auto-Submitted",
)
SMUGGLED = ("Bcc", "Cc", "X-Evil")  # what the sample's hostile names try to add
OPT_OUT_PATH = "/u/"


def judge_shape(evidence: Evidence) -> Iterator[Fault]:
    """A fault for everything missing, doubled, smuggled or leaked in any mail."""
    senders = {str(side.truth.business.location["sender"]["header_from"]).lower(): side for side in evidence.sides}
    canaries = [canary for side in evidence.sides for canary in side.truth.canaries]
    for mail in evidence.mails:
        side = senders.get(mail.sender)
        if side is None:
            yield Fault("sender_unknown", "", f"mail {mail.number}", "From names none of the businesses")
            continue
        slug = side.truth.business.slug
        found = [*judge_headers(mail), *judge_parts(mail, side), *judge_secrecy(mail, canaries)]
        yield from (Fault(code, slug, f"mail {mail.number}", detail) for code, detail in found)
    for place in evidence.leaks:
        yield Fault("canary_leaked", "", place, "a text that must never be kept was found there")


def judge_headers(mail: Mail) -> Iterator[tuple[str, str]]:
    """Required headers, each exactly once and with its value."""
    for name in NEEDED:
        count = len(mail.values(name))
        if count != 1:
            yield "header_missing" if count == 0 else "header_doubled", f"{name} is there {count} times"
    for name in SMUGGLED:
        if mail.values(name):
            yield "header_smuggled", name
    uris = mail.unsubscribe_uris
    if mail.values("List-Unsubscribe") and not (mail.one_click_url and any(u.startswith("mailto:") for u in uris)):
        yield "list_unsubscribe_incomplete", "it needs a web address and a mailto"
    if squeeze(mail.value("List-Unsubscribe-Post")) != "List-Unsubscribe=One-Click":
        yield "one_click_missing", "List-Unsubscribe-Post"
    if not mail.value("Auto-Submitted").startswith("auto-generated"):
        yield "auto_submitted_wrong", "Auto-Submitted"
    if mail.message_id is None or mail.sent_at is None or mail.kind is None:
        yield "header_unreadable", "Message-ID, Date or List-Id"
    if not mail.recipient or mail.value("To").strip("<> ").lower() != mail.recipient:
        yield "recipient_wrong", "To and the envelope differ, or there is not exactly one recipient"


def judge_parts(mail: Mail, side: Side) -> Iterator[tuple[str, str]]:
    """Text and HTML, each with the business's postal address and a way to opt out."""
    if mail.reading.problem:
        yield "unreadable", mail.reading.problem
        return
    address = side.truth.business.location["postal_address"]
    pieces = [squeeze(address[name]) for name in ("line1", "city", "postal_code") if address.get(name)]
    parts = (("text", mail.reading.text, mail.plain_text), ("HTML", mail.reading.html, mail.html_text))
    for name, raw, shown in parts:
        if not raw:
            yield "part_missing", name
            continue
        if not all(piece in shown for piece in pieces):
            yield "postal_address_missing", name
        if OPT_OUT_PATH not in raw:
            yield "optout_link_missing", name


def judge_secrecy(mail: Mail, canaries: list[str]) -> Iterator[tuple[str, str]]:
    """Nothing of what must not be kept, in whatever encoding."""
    whole = "\n".join((mail.reading.raw, mail.plain_text, mail.html_text, *(v for _, v in mail.reading.headers)))
    if any(canary in whole for canary in canaries):
        yield "canary_leaked", "a forbidden field of the source is in it"
