"""A reader of mail at work: opens the link that a mail carries, looks at the page, presses a button."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from shared.schemas.mailer import MessageInput
from tests.scheduler.practice import Practice

DAY = "2026-03-20"
"""When appointments are, two weeks and a half ahead."""


@dataclass(frozen=True)
class Page:
    """A page as it came: its status, HTML, and what a reader sees of it."""

    status: int
    html: str

    @property
    def text(self) -> str:
        """The words between the tags, with ordinary blanks."""
        body = re.sub(r"<style>.*?</style>", "", self.html, flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").split())

    @property
    def forms(self) -> int:
        """How many forms it has."""
        return self.html.count("<form")


@dataclass(frozen=True)
class Reader:
    """Reads one mail of a practice."""

    practice: Practice
    mail: MessageInput

    def path(self, page: str = "confirm") -> str:
        """Return the path of the link to a page of ours."""
        return urlsplit(str(self.mail.fields["links"][page])).path

    async def open(self, page: str = "confirm", **headers: str) -> Page:
        """Open the page."""
        return await look(self.practice, "GET", self.path(page), headers=headers)

    async def answer(self, answers: dict[UUID, str]) -> Page:
        """Send each person's answer."""
        form = {f"answer-{person}": word for person, word in answers.items()}
        return await look(self.practice, "POST", self.path(), data=form)


async def look(practice: Practice, method: str, path: str, **request: Any) -> Page:
    """Ask the scheduler for a page, without any credential."""
    answer = await practice.scheduler.http.request(method, path, **request)
    return Page(answer.status_code, answer.text)


async def mail_two_weeks_before(practice: Practice) -> Reader:
    """Let the request to confirm what is on DAY go; return its reader."""
    await practice.run()
    await practice.move_to("2026-03-06 10:00")
    (message,) = practice.messages
    practice.outcome(message, "sent")
    await practice.run()
    return Reader(practice, message)


async def mail_one(practice: Practice) -> tuple[UUID, UUID, Reader]:
    """One person with one appointment at nine, and the mail about it."""
    ana = practice.person("Ana")
    booked = practice.appointment(ana, f"{DAY} 09:00")
    return ana, booked, await mail_two_weeks_before(practice)


def told(practice: Practice) -> list[tuple[str, str]]:
    """Return what ingest was told: appointments and confirmed starts."""
    return [
        (row["appointment_id"], row["starts_at"]) for each in practice.ingest.confirmed for row in each["confirmations"]
    ]


async def list_requests(practice: Practice, **query: Any) -> list[dict[str, Any]]:
    """Ask for the requests for another time, as the front desk does."""
    answer = await practice.scheduler.http.get("/v1/time-requests", params=query, headers=practice.headers("records"))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])
