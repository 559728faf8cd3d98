"""Accepting messages: sealed, stored, answered one by one. What is accepted here has exactly one end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.content.fields import UnfitFieldsError, clean_fields
from services.mailer.domain.acceptance import Acceptance, judge_message
from services.mailer.domain.contents import ContentHead
from services.mailer.domain.origins import BUSINESS_MAIL
from services.mailer.domain.pace_keys import make_pace_key
from services.mailer.domain.platform_sender import PlatformFacts
from services.mailer.domain.sealing import seal_place
from services.mailer.domain.staff_tests import MOST_TESTS, TEST_SPAN
from services.mailer.store.accepting import NewMessage, add_messages, count_tests, find_known, find_live_touches
from services.mailer.store.erasing import find_erased
from services.mailer.store.reading import find_heads, find_locations
from services.mailer.store.reporting import find_unreachable
from shared.kit.crypto import DataKeys, FieldCipher
from shared.kit.db import set_subscriber
from shared.schemas.location import LocationFacts, SubscriberFacts
from shared.schemas.mailer import PLATFORM_SENDER, MessageInput, MessageReceipt
from shared.schemas.token import MessageClass

_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class _Known:
    """What all messages of a call are held against."""

    heads: Mapping[UUID, ContentHead]
    locations: Mapping[UUID, tuple[LocationFacts, SubscriberFacts | None]]
    own_hosts: frozenset[str]
    submitter: str
    pace_secret: bytes


async def accept_messages(
    connection: AsyncConnection,
    *,
    given: Sequence[MessageInput],
    keys: DataKeys,
    own_hosts: frozenset[str],
    pace_secret: bytes,
    now: datetime,
    submitter: str = "scheduler",
    platform: PlatformFacts | None = None,
) -> list[MessageReceipt]:
    """Store messages and return one receipt each, in order: accepted, repeated (absorbed), or refused with a stable code.

    A message id is its own idempotency key; a touch that a live message carries is refused (`touch_taken`), so that regrouping cannot
    mail anyone twice (architecture 3). `submitter` is the service that offers them, `platform` the sender of mail of our own, where there is one.
    """
    known = _Known(
        await find_heads(connection, {message.content_id for message in given}),
        await find_locations(connection, {message.location_id for message in given})
        | ({PLATFORM_SENDER: platform} if platform else {}),
        own_hosts,
        submitter,
        pace_secret,
    )
    receipts: dict[int, MessageReceipt] = {}
    for subscriber_id in sorted({message.subscriber_id for message in given}):
        own = [(index, message) for index, message in enumerate(given) if message.subscriber_id == subscriber_id]
        await set_subscriber(connection, subscriber_id)
        cipher = await keys.cipher(connection, subscriber_id)
        for tries_left in reversed(range(_TRIES)):
            try:
                async with connection.begin_nested():
                    receipts |= await _accept_own(connection, subscriber_id, own, known, cipher, now)
                break
            except IntegrityError:  # the same messages or touches were being submitted: they are there now, look again
                if not tries_left:
                    raise
    return [receipts[index] for index in range(len(given))]


async def _accept_own(
    connection: AsyncConnection,
    subscriber_id: UUID,
    own: Sequence[tuple[int, MessageInput]],
    known: _Known,
    cipher: FieldCipher,
    now: datetime,
) -> dict[int, MessageReceipt]:
    """Judge and store the messages of one subscriber; return receipts by index."""
    touches = {touch.touch_id for _, message in own for touch in message.touches}
    # Touches first: a message whose touches were taken by its own first try, just committing, is then seen as repeated.
    taken = set(await find_live_touches(connection, subscriber_id, touches))
    repeated = await find_known(connection, subscriber_id, {message.message_id for _, message in own})
    unreachable = await find_unreachable(
        connection, subscriber_id, {message.address_key for _, message in own}, now=now
    )
    erased = await find_erased(connection, [message for _, message in own])
    tests_left = 0
    if any(message.origin == "test" for _, message in own):
        tests_left = MOST_TESTS - await count_tests(connection, subscriber_id, since=now - TEST_SPAN)
    receipts: dict[int, MessageReceipt] = {}
    new: list[NewMessage] = []
    for index, message in own:
        location, subscriber = known.locations.get(message.location_id, (None, None))
        content = known.heads.get(message.content_id)
        acceptance = Acceptance(
            repeated,
            taken,
            location,
            subscriber,
            content,
            unreachable,
            erased,
            known.own_hosts,
            known.submitter,
            tests_left,
        )
        code = judge_message(message, acceptance, now=now) or _unfit(message)
        if code is None and content is not None:
            pace_key = make_pace_key(message.address, known.pace_secret)
            new.append(_seal(message, content.message_class, cipher, pace_key, now))
            repeated.add(message.message_id)
            tests_left -= message.origin == "test"
            taken |= {touch.touch_id for touch in message.touches}
        receipts[index] = _receipt(message.message_id, code)
    await add_messages(connection, subscriber_id, new)
    return receipts


def _unfit(message: MessageInput) -> str | None:
    try:
        clean_fields(message.fields)
    except UnfitFieldsError as unfit:
        return unfit.code
    return None


def _receipt(message_id: UUID, code: str | None) -> MessageReceipt:
    if code is None:
        return MessageReceipt(message_id=message_id, result="accepted", code=None)
    if code == "repeated":
        return MessageReceipt(message_id=message_id, result="repeated", code=None)
    return MessageReceipt(message_id=message_id, result="refused", code=code)


def _seal(
    message: MessageInput, message_class: MessageClass, cipher: FieldCipher, pace_key: str, now: datetime
) -> NewMessage:
    calendar = {"calendar": [entry.model_dump(mode="json") for entry in message.calendar]} if message.calendar else {}
    plain = json.dumps({"address": message.address, "fields": clean_fields(message.fields)} | calendar).encode()
    row = {
        **message.model_dump(
            include={
                "subscriber_id", "message_id", "location_id", "campaign_id", "content_id", "origin",
                "address_key", "due_at", "useful_until", "recheck_after",
            }
        ),
        "message_class": message_class,
        "topic": message.topic if message.origin in BUSINESS_MAIL else None,
        "touch_ids": [touch.touch_id for touch in message.touches],
        "person_ids": list(dict.fromkeys(touch.person_id for touch in message.touches)),
        "sealed": cipher.encrypt(plain, seal_place(message.message_id)),
        "next_at": message.due_at,
        "accepted_at": now,
        "pace_key": pace_key,
    }  # fmt: skip
    return NewMessage(row, [(touch.touch_id, touch.person_id) for touch in message.touches])
