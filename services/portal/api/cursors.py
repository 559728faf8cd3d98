"""Page cursors of lists that are sorted by id."""

from collections.abc import Sequence
from uuid import UUID

from shared.kit.requests import CursorRefusedError, page_cursor, read_cursor


def after_id(cursor: str | None) -> UUID | None:
    """Return the id after which the page begins; raise CursorRefusedError for a cursor that is not ours."""
    values = read_cursor(cursor, 1)
    if values is None:
        return None
    try:
        return UUID(values[0])
    except (ValueError, AttributeError, TypeError):
        raise CursorRefusedError from None


def next_page(rows: Sequence[object], limit: int, name: str) -> str | None:
    """Return the cursor of the following page, None where this one was not full."""
    return page_cursor(str(getattr(rows[-1], name))) if len(rows) == limit else None
