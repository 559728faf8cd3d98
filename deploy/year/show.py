"""The table of a year: touches by campaign type and month, mails, and why the rest was not sent."""

from deploy.year.judge import by_month
from deploy.year.play import Business
from deploy.year.sent import Sent

_REASONS = 8


def show_business(business: Business, sent: Sent) -> str:
    """Return it as text."""
    counted = by_month(sent.touches)
    months = sorted({month for counts in counted.values() for month in counts})
    width = max([len(kind) for kind in counted] + [12])
    lines = ["", f"{business.life.business.location['name']}: touches by kind and month"]
    lines.append(f"{'':{width}} " + " ".join(f"{month[2:]:>6}" for month in months) + f" {'year':>7}")
    for kind in sorted(counted, key=lambda kind: -sum(counted[kind].values())):
        row = " ".join(f"{counted[kind][month]:>6,}" for month in months)
        lines.append(f"{kind:{width}} {row} {sum(counted[kind].values()):>7,}")
    commercial = sum(message.commercial for message in sent.messages)
    lines.append(f"{len(sent.touches):,} touches in {len(sent.messages):,} mails, {commercial:,} of them commercial")
    lines.append(f"{sent.waited:,} invitations waited until the calendar had room")
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in list(sent.reasons.items())[:_REASONS])
    lines.append(f"not sent: {reasons}")
    if business.refused:
        lines.append("not switched on: " + ", ".join(f"{kind} ({code})" for kind, code in business.refused.items()))
    return "\n".join(lines) + "\n"
