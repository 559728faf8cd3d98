"""What a mail to a consumer is about, so that one kind of mail can be switched off alone."""

from typing import Final, Literal, get_args

Topic = Literal["appointments", "visits", "care", "news"]
"""`appointments`: what was arranged, its reminders and changes. `visits`: advice, thanks, surveys and reviews after a visit. `care`: recare,
service that falls due, declined or unscheduled work. `news`: newsletters, offers, birthdays, referrals, win-back."""

TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)
"""All of them, in the order in which people are shown them."""

ARRANGED: Final[frozenset[Topic]] = frozenset(("appointments", "visits"))
"""Topics that hold transactional mail too: who has stopped advertising may still switch them off. The others are advertising alone."""
