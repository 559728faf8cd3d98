"""Forms of consumers' pages: read whatever the encoding, described with a worked example."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

HTML_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {"example": '<!doctype html><html lang="en">…</html>'}}}
}
_FORM_SECONDS: Final = 5
_MOST_FIELDS: Final = 120
"""A mail speaks of a hundred people at most, and each may answer."""
_LONGEST_FIELD: Final = 32 * 1024
"""Octets as they are sent: 2,000 letters of any script take up to 24,000."""


def form_example(example: dict[str, str]) -> dict[str, Any]:
    """Return the OpenAPI extra of a route that reads a form of text fields, with a worked example."""
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in example}}
    return {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": schema, "example": example}}}}


async def read_form(request: Request) -> dict[str, str]:
    """Return the text fields of a form of any encoding; nothing for what cannot be read as one, or took longer than 5 s. Too large stays 413."""
    try:
        async with (
            asyncio.timeout(_FORM_SECONDS),
            request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD) as form,
        ):
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except HTTPException as refused:
        if refused.status_code == 413:
            raise
        return {}
    except (TimeoutError, ValueError):
        return {}


AForm = Annotated[dict[str, str], Depends(read_form)]
