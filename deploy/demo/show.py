"""What a person reads at the end of a demonstration: aligned, without noise, plain where there is no terminal."""

import textwrap
from collections import defaultdict
from collections.abc import Iterator

from deploy.demo.account import Account, BusinessAccount
from deploy.demo.explain import label
from deploy.demo.paint import Paint

KINDS = {"appointment_reminder": "appointment reminder", "visit_thanks": "thank-you for a visit"}
MOST_FAULTS = 40


def show_account(made: Account, paint: Paint, *, width: int, took_s: float) -> str:
    """The whole table."""
    lines: list[str] = []
    for business in made.businesses:
        lines += ["", *show_business(business, paint, width)]
    lines += ["", *show_opt_out(made, paint)]
    lines += ["", *show_verdict(made, paint, took_s)]
    return "\n".join(lines) + "\n"


def show_business(business: BusinessAccount, paint: Paint, width: int) -> Iterator[str]:
    """One business: people, mails by kind, and the reason for everyone who got nothing."""
    yield f"{paint.strong(business.name)}  {paint.faint(f'{business.vertical}, {business.zone}')}"
    records = business.records
    refused, waiting = records["rejected"], records["parked"]
    yield _row("records taken in", records["received"], f"{refused} refused, {waiting} waiting for their person")
    yield _row("consumers", business.consumers)
    total = sum(business.mails.values())
    yield _row("got mail", business.written_to, f"{total} mails, families share one")
    for kind, count in business.mails.items():
        yield _row(f"  {KINDS.get(kind, kind)}", "", f"{count:>4} mails")
    yield _row("got nothing", sum(len(ids) for ids in business.nothing.values()))
    groups = group_by_label(business.nothing)
    reason_width = max(map(len, groups), default=0)
    indent = " " * (reason_width + 13)
    for meaning, ids in groups.items():
        head = f"    {meaning:<{reason_width}}  {len(ids):>4}   "
        listed = textwrap.wrap(" ".join(ids), max(width - len(head), 38), break_on_hyphens=False)
        yield head + paint.faint(listed[0])
        yield from (indent + paint.faint(line) for line in listed[1:])


def show_opt_out(made: Account, paint: Paint) -> Iterator[str]:
    """The one-click opt-out and what came of it."""
    yield paint.strong("One click")
    click = made.opt_out
    if click is None:
        yield "  nobody got a mail to opt out from"
        return
    who = ", ".join(click["consumers"])
    yield f"  {who} of {click['business']} opted out by the link of a received mail: answered {click['status']}"
    yield f"  in {click['took_s'] * 1000:.0f} ms. Mails from there before: {click['mails_before']}, after: {click['mails_after']}."
    if click["mails_of_others_after"]:
        yield f"  The other business, which was not asked to stop, wrote {click['mails_of_others_after']} more."


def show_verdict(made: Account, paint: Paint, took_s: float) -> Iterator[str]:
    """The last lines: it adds up, or the list of what does not."""
    people = sum(business.consumers for business in made.businesses)
    touches = sum(sum(business.touches.values()) for business in made.businesses)
    if made.adds_up:
        yield paint.good(
            f"Everything adds up: {made.mails} mails, {people} consumers, {touches} touches, {took_s:.0f} s."
        )
        return
    yield paint.bad(f"{len(made.faults)} things do not add up:")
    for fault in made.faults[:MOST_FAULTS]:
        where = f"{fault.business}: " if fault.business else ""
        yield f"  {fault.code:<26} {where}{fault.about}  {paint.faint(fault.detail)}"
    if len(made.faults) > MOST_FAULTS:
        yield f"  and {len(made.faults) - MOST_FAULTS} more (--json lists all)"


def group_by_label(nothing: dict[str, list[str]]) -> dict[str, list[str]]:
    """Reasons that read the same to a person as one group, the largest first."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for code, ids in nothing.items():
        groups[label(code)] += ids
    return {meaning: sorted(ids) for meaning, ids in sorted(groups.items(), key=lambda group: -len(group[1]))}


def _row(name: str, value: object, note: str = "") -> str:
    return f"  {name:<26}{value:>6}   {note}".rstrip()
