"""Publishes stock contents that the mailer does not have yet: once a type is switched on, after a change of the files, after the mailer lost them."""

from datetime import datetime

from services.scheduler.clients.mailer import MailerClient
from services.scheduler.content.stock import StockContents
from services.scheduler.store.contents import note_published, read_published, read_types_in_use
from shared.kit.db import Database
from shared.kit.http import RefusedError, SilentError
from shared.kit.logs import log


async def publish_contents(database: Database, *, mailer: MailerClient, stock: StockContents, now: datetime) -> bool:
    """Publish what is missing, one call each; return False: whatever could not be published is tried at the next look.

    Only contents of types in use: the mailer compiles each in a process of its own, and the whole catalogue would take a fresh start minutes.
    """
    async with database.transaction() as connection:
        wanted = stock.of_types(await read_types_in_use(connection))
        missing = wanted - await read_published(connection) if wanted else set()
    for content_id in sorted(missing):
        try:
            published = await mailer.publish(content_id, stock.contents[content_id])
        except SilentError:
            return False
        except RefusedError as refused:
            log("scheduler.contents").error("content_refused", content_id=str(content_id), code=refused.code)
            continue
        for finding in published.findings:
            log("scheduler.contents").warning("content_lint", content_id=str(content_id), code=finding.code)
        async with database.transaction() as connection:
            await note_published(connection, content_id, now=now)
    return False
