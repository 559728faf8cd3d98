"""Many consumers who press one-click unsubscribe: over kept connections, each at once after its answer or at a rate of their own."""

import asyncio
import base64
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.schemas.mailer import MessageInput
from shared.schemas.token import OptoutToken, TokenKeys
from tests.bench.lab import Lab
from tests.bench.plain_http import open_plain_http

_BODY = b"List-Unsubscribe=One-Click"


@dataclass
class Clicks:
    """What became of them. `answered_at` holds the monotonic moment of each 200, by address."""

    answered_at: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    took_s: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.took_s if self.took_s > 0 else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share was answered."""
        ranked = sorted(self.seconds)
        return ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1000 if ranked else 0.0


def make_paths(lab: Lab, messages: Iterable[MessageInput]) -> list[tuple[str, bytes]]:
    """Each message's address with the request that opts it out."""
    keys = TokenKeys({name: base64.b64decode(key) for name, key in lab.stack.secrets.token_keys.items()})
    host = urlsplit(lab.stack.urls["optout"]).netloc
    return [(message.address, _request(host, keys, message)) for message in messages]


def _request(host: str, keys: TokenKeys, message: MessageInput) -> bytes:
    place = (message.subscriber_id, message.location_id, message.message_id)
    token = keys.seal(OptoutToken(*place, "commercial", message.address_key, "u***@b***.com"))
    head = f"POST /u/{token} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(_BODY)}\r\n\r\n".encode() + _BODY


async def click(lab: Lab, requests: Iterable[tuple[str, bytes]], *, people: int) -> Clicks:
    """Let so many people at once press, each again as soon as they are answered, until nobody is left."""
    clicks, waiting = Clicks(), iter(requests)
    began = time.monotonic()
    await asyncio.gather(*(_press(lab, waiting, clicks) for _ in range(people)))
    clicks.took_s = time.monotonic() - began
    return clicks


async def click_steadily(lab: Lab, requests: Iterable[tuple[str, bytes]], *, per_second: float) -> Clicks:
    """Press at a rate of its own, whether the door keeps up or not."""
    clicks, presses = Clicks(), []
    began = time.monotonic()
    for number, request in enumerate(requests):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        presses.append(asyncio.create_task(_press(lab, iter([request]), clicks)))
    await asyncio.gather(*presses)
    clicks.took_s = time.monotonic() - began
    return clicks


async def _press(lab: Lab, requests: Iterator[tuple[str, bytes]], clicks: Clicks) -> None:
    with open_plain_http(lab.stack.urls["optout"]) as http:
        for address, request in requests:
            began = time.monotonic()
            answer = await http.exchange(request)
            if answer.status == 200:
                clicks.answered_at[address] = time.monotonic()
                clicks.seconds.append(clicks.answered_at[address] - began)
            else:
                clicks.refused += 1


def shuffled(messages: list[MessageInput], seed: int) -> list[MessageInput]:
    """The same messages in an order that the seed decides."""
    return random.Random(seed).sample(messages, len(messages))
