"""The account of a run with kills, as set algebra over three witnesses: what was submitted, what the relay saw, what the mailer says."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Account:
    """Submitted messages, dots the relay took over, states the mailer knows, outcomes it told."""

    submitted: set[UUID]
    seen: Counter[UUID]
    states: dict[UUID, str]
    told: Counter[str]

    @property
    def twice(self) -> int:
        """Messages handed over more than once."""
        return sum(number > 1 for number in self.seen.values())

    @property
    def lost(self) -> int:
        """Messages without an end, or called sent without a dot."""
        open_ = sum(
            self.states.get(each) in (None, "accepted", "deferred", "claimed", "handing_over")
            for each in self.submitted
        )
        return open_ + sum(state == "sent" and not self.seen[each] for each, state in self.states.items())

    @property
    def unexpected(self) -> int:
        """Dots of messages that the mailer says it has not handed over."""
        return sum(self.states.get(each) not in ("sent", "uncertain") for each in self.seen)

    @property
    def untold(self) -> int:
        """Ended messages that the outcome feed does not tell of."""
        return sum(not self.told[str(each)] for each in self.submitted)

    @property
    def uncertain(self) -> int:
        """Messages that only a person or a log can settle."""
        return Counter(self.states.values())["uncertain"]

    def line(self) -> str:
        """The account in one line."""
        counts = dict(sorted(Counter(self.states.values()).items()))
        doubts = sum(state == "uncertain" and bool(self.seen[each]) for each, state in self.states.items())
        return (
            f"{len(self.submitted)} submitted, {sum(self.seen.values())} at the relay, {counts}; lost {self.lost}, twice {self.twice}, "
            f"unexpected {self.unexpected}, untold {self.untold}; {doubts} of the uncertain had left"
        )

    def check(self, *, most_uncertain: int) -> None:
        """Fail unless everything adds up."""
        assert (self.lost, self.twice, self.unexpected, self.untold) == (0, 0, 0, 0), self.line()
        assert self.uncertain <= most_uncertain, self.line()
