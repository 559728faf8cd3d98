"""What routes take from the running service: its door, its databases and the time, typed once."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from services.optout.domain.sealing import MailSeal
from services.optout.store.door import Door
from shared.kit.db import Database
from shared.schemas.address import AddressKeys


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.deps.clock.now()
    return now


async def _door(request: Request) -> Door:
    door: Door = request.app.state.deps.door
    return door


async def _api_database(request: Request) -> Database:
    database: Database = request.app.state.deps.api_db
    return database


async def _seal(request: Request) -> MailSeal:
    seal: MailSeal = request.app.state.deps.seal
    return seal


async def _address_keys(request: Request) -> AddressKeys:
    keys: AddressKeys = request.app.state.deps.address_keys
    return keys


async def _export_key(request: Request) -> bytes:
    key: bytes = request.app.state.deps.export_key
    return key


Now = Annotated[datetime, Depends(_now)]
OpenDoor = Annotated[Door, Depends(_door)]
ApiDatabase = Annotated[Database, Depends(_api_database)]
GivenAddressKeys = Annotated[AddressKeys, Depends(_address_keys)]
ExportKey = Annotated[bytes, Depends(_export_key)]
GivenSeal = Annotated[MailSeal, Depends(_seal)]

Responses = dict[int | str, dict[str, Any]]
_JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"

MOST_BULK_OCTETS: Final = 8 * 1024 * 1024
"""5,000 consents or opt-outs, or 1,000 questions about 100 people each."""


def worked_answer(example: Mapping[str, Any], status: int = 200) -> Responses:
    """Return the OpenAPI entry of an answer with its worked example."""
    return {status: {"content": {_JSON: {"example": dict(example)}}}}


def worked_lines(*lines: Mapping[str, Any]) -> Responses:
    """Return the OpenAPI entry of a streamed answer with worked examples of its lines."""
    example = "".join(json.dumps(line) + "\n" for line in lines)
    return {200: {"content": {LINES: {"schema": {"type": "string"}, "example": example}}}}
