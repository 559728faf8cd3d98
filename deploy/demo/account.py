"""The account of a demonstration: all figures and all faults, from the raw mails, the ledgers and the truth."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from deploy.demo.evidence import Evidence, Fault, Side
from deploy.demo.explain import judge_reasons, label, who_got_mail, why_nothing
from deploy.demo.judge_ledgers import judge_ledgers
from deploy.demo.judge_shape import judge_shape
from deploy.demo.judge_truth import judge_truth, mails_after, mails_of


@dataclass(frozen=True)
class BusinessAccount:
    """One business. mails: by kind; nothing: foreign ids by the services' reason; touches: by state; records: sums over all batches."""

    slug: str
    name: str
    vertical: str
    zone: str
    consumers: int
    written_to: int
    mails: dict[str, int]
    nothing: dict[str, list[str]]
    touches: dict[str, int]
    records: dict[str, int]


@dataclass(frozen=True)
class Account:
    """Everything a demonstration came to; it adds up when there is no fault."""

    businesses: tuple[BusinessAccount, ...]
    faults: tuple[Fault, ...]
    mails: int
    opt_out: dict[str, Any] | None

    @property
    def adds_up(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.faults


def account(evidence: Evidence) -> Account:
    """Judges everything; never raises for what it finds."""
    judges = (judge_shape, judge_truth, judge_ledgers, judge_reasons)
    faults = tuple(fault for judge in judges for fault in judge(evidence))
    businesses = tuple(account_business(side, evidence) for side in evidence.sides)
    return Account(businesses, faults, len(evidence.mails), describe_opt_out(evidence))


def account_business(side: Side, evidence: Evidence) -> BusinessAccount:
    """The figures of one business."""
    business = side.truth.business
    fields = ("received", "applied", "unchanged", "superseded", "parked", "rejected")
    return BusinessAccount(
        slug=business.slug,
        name=str(business.location["name"]),
        vertical=business.vertical,
        zone=business.zone,
        consumers=len(side.truth.expected),
        written_to=len(who_got_mail(side, evidence)),
        mails=dict(sorted(Counter(mail.kind or "unreadable" for mail in mails_of(side, evidence.mails)).items())),
        nothing=why_nothing(side, evidence),
        touches=dict(sorted(Counter(touch.state for touch in side.touches).items())),
        records={name: sum(getattr(batch.report, name) for batch in side.batches) for name in fields},
    )


def describe_opt_out(evidence: Evidence) -> dict[str, Any] | None:
    """What became of the one-click opt-out."""
    click = evidence.opt_out
    if click is None:
        return None
    side = next(side for side in evidence.sides if side.truth.business.slug == click.business)
    mine = [mail for mail in mails_of(side, evidence.mails) if mail.recipient == click.mailbox]
    others = [mail for mail in evidence.mails if mail.recipient == click.mailbox and mail not in mine]
    return {
        "business": click.business,
        "consumers": list(click.foreign_ids),
        "status": click.status,
        "took_s": round(click.took_s, 3),
        "mails_before": sum(mail.number <= click.last_before for mail in mine),
        "mails_after": len(mails_after(click, evidence)),
        "mails_of_others_after": sum(mail.number > click.last_before for mail in others),
    }


def as_json(made: Account, *, seed: int, evidence: Evidence, took_s: float) -> dict[str, Any]:
    """The account as `--json` prints it."""
    return {
        "adds_up": made.adds_up,
        "seed": seed,
        "started_at": evidence.started_at.isoformat(),
        "ended_at": evidence.ended_at.isoformat(),
        "took_s": round(took_s, 1),
        "mails": made.mails,
        "businesses": [
            {
                **asdict(business),
                "nothing": [
                    {"reason": code, "meaning": label(code), "count": len(ids), "consumers": ids}
                    for code, ids in business.nothing.items()
                ],
            }
            for business in made.businesses
        ],
        "opt_out": made.opt_out,
        "faults": [asdict(fault) for fault in made.faults],
    }
