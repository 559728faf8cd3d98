"""A neighbour who saves and previews a template that is made to cost: quadratic marks, stopped by the sandbox after 2 s of CPU (S52)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

from shared.kit.http import RefusedError, ServiceClient
from shared.schemas.contents import ContentInput, ContentPreview, ContentPreviewInput
from tests.bench.campaign import MJML, SAMPLE, TEXT
from tests.bench.lab import Lab

_MARKS = 40_000


@dataclass
class Author:
    """How often the template was saved and previewed, and how often it was stopped for its cost."""

    tries: int = 0
    stopped: int = 0


def costly_content() -> ContentInput:
    """The template."""
    return ContentInput(
        slug="costly",
        language="en",
        message_class="commercial",
        subject="Hello",
        mjml=MJML.replace("<mj-text>", "<mj-text>" + "{{" * _MARKS, 1),
        text=TEXT,
        sample=dict(SAMPLE),
    )


@contextlib.asynccontextmanager
async def costly_author(lab: Lab) -> AsyncIterator[Author]:
    """Saves and previews the template without a pause, both at the same time, while the block runs."""
    author = Author()
    async with lab.caller("portal", "mailer") as portal:
        tasks = [asyncio.create_task(each(portal, author)) for each in (_save, _preview)]
        try:
            yield author
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _save(portal: ServiceClient, author: Author) -> None:
    while True:
        author.tries += 1
        try:
            await portal.send("PUT", f"/v1/contents/{uuid4()}", body=costly_content())
        except RefusedError as refused:
            author.stopped += refused.code == "content_refused"


async def _preview(portal: ServiceClient, author: Author) -> None:
    while True:
        author.tries += 1
        body = ContentPreviewInput(content=costly_content())
        shown = await portal.ask("POST", "/v1/contents/preview", ContentPreview, body=body)
        author.stopped += any(finding.code == "too_costly" for finding in shown.findings)
