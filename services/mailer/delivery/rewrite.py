"""Writing a message again as it was sent, and finding out whether it is the same to the byte (L-020).

Everything but the Date follows from what is kept: the frozen content, the sealed fields, the sender facts used, and tokens that are the same at every
attempt. The Date was set within minutes before the dot; the hash kept at sending says which second it was, so none need be stored for every message.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.content.environment import FieldMissingError
from services.mailer.content.fields import UnfitFieldsError
from services.mailer.content.render import RenderFailedError
from services.mailer.delivery.prepare import Preparer, UnsendableError
from services.mailer.delivery.writing import make_writer
from services.mailer.domain.contents import CompiledContent
from services.mailer.smtp.compose import Letter
from services.mailer.smtp.headers import UnfitHeaderError, format_date
from services.mailer.store.claiming import ClaimedMessage
from shared.schemas.location import LocationFacts

LONGEST_ON_THE_WAY: Final = timedelta(minutes=15)
"""Between setting the Date and beginning to hand over: a minute ahead of its turn, a slow relay's greeting and the message before it."""

_UNFIT: Final = (FieldMissingError, UnfitFieldsError, RenderFailedError, UnfitHeaderError)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A message written again, unsigned, as it stood before dot-stuffing. `composed_at` is its proven Date, None where nothing is proven."""

    letter: Letter
    source: bytes
    composed_at: datetime | None


class ShreddedError(Exception):
    """Address and fields can no longer be opened."""


class Rewriter(Preparer):
    """Writes messages again with the very parts that wrote them."""

    async def open_seals(self, connection: AsyncConnection, message: ClaimedMessage) -> None:
        """Load the data key of a message's subscriber, whose context the connection covers; UndecryptableError for a foreign one."""
        self._ciphers[message.subscriber_id] = await self._keys.cipher(connection, message.subscriber_id)

    def rewrite(
        self,
        message: ClaimedMessage,
        content: CompiledContent,
        facts: Sequence[LocationFacts],
        *,
        sha256: bytes | None,
        handed_over_at: datetime,
    ) -> Rewritten | None:
        """Return the message with the first of `facts` under which it is what was sent; else with the first under which it can be written.

        None where it cannot be written at all. `handed_over_at` is when handing over began. Raises ShreddedError.
        """
        unproven: Rewritten | None = None
        for location in facts:
            written = self._write_with(message, content, location, handed_over_at)
            if written is None:
                continue
            unproven = unproven or written
            found = find_composed_at(written.source, handed_over_at, sha256) if sha256 else None
            if found is not None:
                return Rewritten(written.letter, _dated(written.source, handed_over_at, found), found)
        return unproven

    def _write_with(
        self, message: ClaimedMessage, content: CompiledContent, location: LocationFacts, at: datetime
    ) -> Rewritten | None:
        try:
            writer = make_writer(location, content, self._sending, is_test=message.origin == "test")
            letter = self._write(message, writer, at)
            return Rewritten(letter, writer.skeleton.compose(letter).data, None)
        except _UNFIT:
            return None
        except UnsendableError:
            raise ShreddedError from None


def find_composed_at(source: bytes, written_at: datetime, sha256: bytes) -> datetime | None:
    """Return the second, `written_at` or up to a quarter of an hour before, whose Date gives `source` this hash."""
    before, _, after = source.partition(_date_line(written_at))
    start = hashlib.sha256(before)
    at = written_at.replace(microsecond=0)
    for seconds in range(int(LONGEST_ON_THE_WAY.total_seconds()) + 1):
        digest = start.copy()
        digest.update(_date_line(at - timedelta(seconds=seconds)) + after)
        if digest.digest() == sha256:
            return at - timedelta(seconds=seconds)
    return None


def _dated(source: bytes, written_at: datetime, composed_at: datetime) -> bytes:
    return source.replace(_date_line(written_at), _date_line(composed_at), 1)


def _date_line(at: datetime) -> bytes:
    return f"\r\nDate: {format_date(at)}\r\n".encode()
