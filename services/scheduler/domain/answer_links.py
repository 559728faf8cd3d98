"""Links to the pages that answer a mail: opaque, unforgeable, never expiring, the same at every attempt (S33, S34)."""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from shared.kit.pages.sealed_ids import SealedIds

AnswerPage = Literal["confirm", "survey"]
"""`confirm`: the page where what a mail announced is confirmed, or another time asked for. `survey`: a score and a comment."""

SAMPLE_ANSWER_URL: Final = "https://answers.example.com/sample"
"""What contents are tried with."""
INERT: Final = "test"
"""Stands in a test where a mail has its token."""


@dataclass(frozen=True, slots=True)
class AnswerLinks:
    """A link names a message of a subscriber and nothing else. `public_url` is where consumers reach the scheduler, without a slash at the end."""

    public_url: str
    sealed: SealedIds[AnswerPage]

    def url(self, page: AnswerPage, subscriber_id: UUID, message_id: UUID) -> str:
        """Return the link that stands in a message."""
        return f"{self.public_url}/{page}/{self.sealed.seal(page, subscriber_id, message_id)}"

    def inert_url(self, page: AnswerPage) -> str:
        """Return a link that looks like one of a mail and opens nothing: its page says that it leads nowhere."""
        return f"{self.public_url}/{page}/{INERT}"

    def open(self, page: AnswerPage, token: str) -> tuple[UUID, UUID]:
        """Return subscriber and message, or raise SealRefusedError."""
        return self.sealed.open(page, token)
