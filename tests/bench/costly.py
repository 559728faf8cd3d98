"""A neighbour who saves and previews a template that is made to cost: every rule of its style sheet meets every element (S52)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from shared.kit.http import RefusedError, ServiceClient, SilentError
from shared.schemas.contents import ContentInput, ContentPreview, ContentPreviewInput
from tests.bench.campaign import MJML, SAMPLE, TEXT
from tests.bench.lab import Lab

_RULES, _ELEMENTS = 3000, 2500  # 2 s of CPU, then the sandbox stops it
_PAUSE_SECONDS = 0.1


@dataclass
class Author:
    """A business; how often its template was saved and previewed, turned away, stopped for its cost, and the CPU seconds of all that."""

    subscriber_id: UUID = field(default_factory=uuid4)
    tries: int = 0
    turned_away: int = 0
    stopped: int = 0
    cpu_s: float = 0.0


def costly_content(subscriber_id: UUID) -> ContentInput:
    """The template of a business."""
    return ContentInput(
        subscriber_id=subscriber_id,
        slug="costly",
        language="en",
        message_class="commercial",
        subject="Hello",
        mjml=MJML.replace("</mj-head>", "<mj-style>" + ".x{color:red}" * _RULES + "</mj-style></mj-head>").replace(
            "<mj-text>", "<mj-text>" + "<p class='x'>y</p>" * _ELEMENTS, 1
        ),
        text=TEXT,
        sample=dict(SAMPLE),
    )


@contextlib.asynccontextmanager
async def costly_author(lab: Lab, author: Author) -> AsyncIterator[None]:
    """Saves and previews the template without a pause, both at the same time, while the block runs; afterwards nothing of it goes on."""
    over = asyncio.Event()
    async with lab.caller("portal", "mailer") as portal:
        before = _cpu(lab)
        tasks = [asyncio.create_task(_again_and_again(each, portal, author, over)) for each in (_save, _preview)]
        try:
            yield
        finally:
            author.cpu_s += _cpu(lab) - before
            over.set()
            await asyncio.gather(*tasks)


async def _again_and_again(
    do: Callable[[ServiceClient, ContentInput], Awaitable[bool]],
    portal: ServiceClient,
    author: Author,
    over: asyncio.Event,
) -> None:
    content = costly_content(author.subscriber_id)
    while not over.is_set():
        author.tries += 1
        try:
            author.stopped += await do(portal, content)
        except SilentError:  # 503: too many authors, or this one was just stopped
            author.turned_away += 1
            await asyncio.sleep(_PAUSE_SECONDS)


async def _save(portal: ServiceClient, content: ContentInput) -> bool:
    try:
        await portal.send("PUT", f"/v1/contents/{uuid4()}", body=content)
    except RefusedError as refused:
        return refused.code == "content_refused"
    return False


async def _preview(portal: ServiceClient, content: ContentInput) -> bool:
    body = ContentPreviewInput(content=content)
    shown = await portal.ask("POST", "/v1/contents/preview", ContentPreview, body=body)
    return any(finding.code == "too_costly" for finding in shown.findings)


def _cpu(lab: Lab) -> float:
    """CPU seconds of the sandboxes so far, of those that run and those that have ended."""
    return lab.ended_cpu("mailer-serve") + lab.cost("python").cpu_s
