"""Bad input for one door: what is sent and which answers are right."""

import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.kit.settings import SERVICES
from tests.fixtures.services import Neighbours, service_headers
from tests.fixtures.webhooks import SECRETS, signed_headers, signed_message
from tests.house.doors import Door, encoded, resolved, spoiled, with_ids

CANARY = "zqCanaryzq"
MALFORMED = frozenset({400, 422})
_MEBI = 1024 * 1024
_LINE = 100 * _MEBI
_MOST_GROWTH = 64 * _MEBI
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
_UNSIGNED = "eyJhbGciOiJub25lIiwia2lkIjoidGVzdCJ9.eyJzdWIiOiJ4In0."

Headers = dict[str, str]
Content = bytes | Callable[[], AsyncIterator[bytes]] | None


@dataclass(frozen=True)
class World:
    """Two subscribers of a service with real things: ids by the names that paths and bodies use."""

    subscriber_id: str
    own: Mapping[str, str] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    more_scopes: str = ""
    """What a client must hold beside the scope of a door, to hand it on."""


@dataclass(frozen=True)
class Attack:
    """One request and the statuses that are right for it."""

    what: str
    method: str
    url: str
    headers: Headers
    expected: frozenset[int]
    content: Content = None
    params: Mapping[str, Any] = field(default_factory=dict)
    meter: "Meter | None" = None


@dataclass(frozen=True)
class Attacker:
    """Makes the attacks on one door of one service."""

    service: str
    door: Door
    world: World
    neighbours: Neighbours

    @property
    def reads_lines(self) -> bool:
        """Whether the body is a stream of records, each accepted or rejected by itself."""
        return any(isinstance(example, str) for example in self.door.bodies().values())

    def caller(self, subscriber_id: str | None = None) -> Headers:
        """Return the credential that the door asks for; of another subscriber if given."""
        if self.door.scopes:
            operator = "operator" in self.door.scopes
            holder: Any = None if operator else subscriber_id or self.world.subscriber_id
            scopes = " ".join([*self.door.scopes, self.world.more_scopes])
            return self.neighbours.client_headers(subscriber_id=holder, scopes=scopes)
        return service_headers(self.door.services[0], self.service) if self.door.services else {}

    def good(self, headers: Headers | None = None, ids: Mapping[str, str] | None = None, **changes: Any) -> Attack:
        """Return the worked example as a request, with parts replaced."""
        ids = self.world.own if ids is None else ids
        request: dict[str, Any] = {
            "what": "worked example",
            "method": self.door.method,
            "url": self.door.url(ids),
            "headers": (self.caller() if headers is None else headers) | self.door.headers(),
            "expected": frozenset(range(200, 300)),
            "params": self.door.query(ids),
        }
        for kind, example in self.door.bodies().items():
            request["headers"]["content-type"] = kind
            request["content"] = encoded(kind, with_ids(example, ids))
            break
        extra = changes.pop("more_headers", {})
        request |= changes
        request["headers"] = request["headers"] | extra
        return Attack(**self._signed(request))

    def _signed(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sign what a relay would sign, so that an attack comes past the signature and meets what is behind it."""
        content = request.get("content")
        if not isinstance(content, bytes):
            return request
        if self.door.takes_header("webhook-signature"):
            now = self.neighbours.clock.now().timestamp()
            secret = self.world.own.get("webhook_secret", SECRETS[0])
            return request | {"headers": request["headers"] | signed_headers(content, at=now, secret=secret)}
        if request["what"] == "worked example" and b'"SigningCertURL"' in content:
            return request | {"content": json.dumps(signed_message(json.loads(content))).encode()}
        return request

    def all(self) -> Iterator[Attack]:
        """Yield every attack."""
        yield from self.credentials()
        yield from self.ids()
        yield from self.queries()
        yield self.good(what="wrong method", method=self._other_method(), expected=frozenset({405}))
        if self.door.method in ("POST", "PUT", "PATCH"):
            yield from self.sizes()
            for kind, example in self.door.bodies().items():
                yield from self.stream(kind, example) if isinstance(example, str) else self.body(kind, example)

    def credentials(self) -> Iterator[Attack]:
        """None, garbage, without the scope, of a service not named, for another service."""
        if self.door.declaration == "anyone":
            return
        no, not_allowed = frozenset({401}), frozenset({403})
        yield self.good({}, what="no credential", expected=no)
        for garbage in (f"Bearer {CANARY}", f"Bearer {_UNSIGNED}", f"Basic {CANARY}", "Bearer"):
            yield self.good({"Authorization": garbage}, what=f"credential {garbage[:12]!r}", expected=no)
        scopes = "nothing" if self.door.scopes else "operator records ingest"
        weak = self.neighbours.client_headers(subscriber_id=self.world.subscriber_id, scopes=scopes)  # type: ignore[arg-type]
        yield self.good(weak, what="credential without the scope", expected=not_allowed)
        stranger = next(name for name in SERVICES if name not in self.door.services)
        yield self.good(service_headers(stranger, self.service), what="service not named", expected=not_allowed)
        elsewhere = next(name for name in SERVICES if name != self.service)
        wrong = service_headers((self.door.services or [stranger])[0], elsewhere)
        yield self.good(wrong, what="assertion for another service", expected=no)

    def ids(self) -> Iterator[Attack]:
        """Unknown, foreign and malformed ids in the path."""
        path = [row for row in self.door.parameters("path") if row["schema"].get("format") == "uuid"]
        names = [row["name"] for row in path]
        asked = [name for name in self.door.query({}) if name in self.world.foreign and name.endswith("_id")]
        if names and self.door.method != "PUT":
            unknown = 401 if self.door.takes_header("webhook-signature") else 404  # a signature is of one thing only
            for name in names:
                ids = {**self.world.own, name: str(uuid4())}
                yield self.good(ids=ids, what=f"unknown {name}", expected=frozenset({unknown}))
        if (names or asked) and self.door.scopes and "operator" not in self.door.scopes:
            foreign = {**self.world.own, **self.world.foreign}
            if any(name in self.world.foreign for name in [*names, *asked]):
                yield self.good(ids=foreign, what="foreign ids", expected=frozenset({404}))
                other = self.caller(self.world.foreign["subscriber_id"])
                yield self.good(other, what="foreign credential", expected=frozenset({404}))
        for name in names:
            for wrong in (CANARY, "%00", "..%2f..%2fetc%2fpasswd"):
                ids = {**self.world.own, name: wrong}
                yield self.good(ids=ids, what=f"malformed {name} {wrong[:12]}", expected=MALFORMED | {404})

    def queries(self) -> Iterator[Attack]:
        """Wrong letters in each query parameter."""
        for row in self.door.parameters("query"):
            for wrong in (f"{CANARY}\x00", "-1" if row["schema"].get("type") == "integer" else "\x00"):
                params = {**self.door.query(self.world.own), row["name"]: wrong}
                yield self.good(params=params, what=f"query {row['name']}", expected=MALFORMED | {409})

    def sizes(self) -> Iterator[Attack]:
        """Over the limit with honest, false and no length; one line of 100 MB."""
        limit, kind = self.door.limit, {"content-type": next(iter(self.door.bodies()), "application/json")}
        assert limit > 0, "no body limit"
        too_large = frozenset({413})
        length = {"content-length": str(limit + 1)}
        yield self.good(what="false length", content=b"{}", more_headers=kind | length, expected=too_large)
        meter = Meter()
        right = MALFORMED | {413} | (frozenset({200}) if self.reads_lines or self.door.is_page else frozenset())
        right |= (
            {412} if self.door.takes_header("If-Match") else set()
        )  # a route without a body refuses without reading it
        yield self.good(what="a line of 100 MB", content=meter.line, meter=meter, more_headers=kind, expected=right)

    def body(self, kind: str, example: Any) -> Iterator[Attack]:
        """Broken, wrongly encoded, empty, truncated, mistyped and incomplete bodies."""
        own = with_ids(example, self.world.own)
        good, typed = encoded(kind, own), {"content-type": kind}
        raw = {
            "cut in the middle": good[: len(good) // 2],
            "wrong encoding": good[:-1] + b'\xff\xfe\xfa"' + CANARY.encode(),
            "empty": b"",
            "an empty list": b"[]",
            "null": b"null",
            "deep nesting": b"[" * 100_000,
        }
        if resolved(self.door.schema(kind), self.door.components).get("required"):
            raw["an empty object"] = b"{}"
            raw["not a number"] = b'{"a": NaN, "' + CANARY.encode() + b'": 1e400}'
        for what, content in raw.items():
            yield self.good(what=what, content=content, more_headers=typed, expected=MALFORMED | {413})
        zipped = typed | {"content-encoding": "gzip"}
        yield self.good(what="truncated gzip", content=_cut(good), more_headers=zipped, expected=MALFORMED | {415})
        other = {"content-type": "text/plain; charset=utf-7"}
        yield self.good(what="wrong media type", content=good, more_headers=other, expected=MALFORMED | {415})
        halved = False
        for what, body in spoiled(own, self.door.schema(kind), self.door.components, CANARY):
            if "form" in kind and not what.startswith("without"):
                continue
            content = encoded(kind, body)
            yield self.good(what=what, content=content, more_headers=typed, expected=MALFORMED)
            if b"\\u0000" in content and not halved:
                halved, half = True, content.replace(b"\\u0000", b"\\ud800")
                yield self.good(what="half a letter", content=half, more_headers=typed, expected=MALFORMED)

    def stream(self, kind: str, example: str) -> Iterator[Attack]:
        """Bodies that are read line by line: each line is refused by itself, so 200 is right where nothing was applied."""
        good, typed = example.encode(), {"content-type": kind}
        rows = {"entity": "consumer"} if "csv" in kind else {}
        lines = {
            "broken lines": b'{"type":\n' * 3,
            "wrong encoding": b'{"type":"consumer","foreign_id":"\xff\xfe"}\n' + CANARY.encode("utf-16"),
            "wrong values": b'{"type":"consumer","foreign_id":{"' + CANARY.encode() + b'":1}}\n[]\nnull\n"\\ud800"\n',
            "letters without a column": b'{"type":"consumer","foreign_id":"' + CANARY.encode() + b'\\u0000"}\n',
            "deep nesting": b"[" * 100_000,
            "empty lines": b"\n" * 100_000,
            "nothing": b"",
        }
        for what, content in lines.items():
            query = self.door.query(self.world.own) | rows
            right = MALFORMED | {200, 413}
            yield self.good(what=what, content=content, params=query, more_headers=typed, expected=right)
        query = self.door.query(self.world.own) | rows
        zipped = typed | {"content-encoding": "gzip"}
        yield self.good(
            what="truncated gzip", content=_cut(good), params=query, more_headers=zipped, expected=MALFORMED
        )
        for more in (
            {"content-encoding": "br"},
            {"content-type": "text/plain"},
            {"content-type": f"{kind}; charset=utf-16"},
        ):
            if more.get("content-type") in self.door.bodies():
                continue
            right = MALFORMED | {415}
            yield self.good(what=f"{more}", content=good, params=query, more_headers=typed | more, expected=right)

    def _other_method(self) -> str:
        return next(name for name in reversed(_METHODS) if name != self.door.method)


def _cut(good: bytes) -> bytes:
    return gzip.compress(good * 50)[:-20]


class Meter:
    """Sends one line of 100 MB in pieces, as long as the process does not grow too much on the way (S60, S62)."""

    def __init__(self) -> None:
        self._start = 0

    @property
    def too_much(self) -> bool:
        """Whether the process has kept more than it may; a body that nobody began to read is not kept."""
        return self._start > 0 and _resident() - self._start > _MOST_GROWTH

    async def line(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        self._start = _resident()
        yield b'{"a":"'
        for _ in range(_LINE // _MEBI):
            if self.too_much:
                break
            yield b"x" * _MEBI


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def problem_with(answer: Any, attack: Attack, *, page: bool) -> str:
    """Return what is wrong with an answer, or nothing."""
    shown = f"{answer.status_code} {answer.text[:160]}"
    if attack.meter is not None and attack.meter.too_much:
        return f"{attack.what}: kept in memory, more than {_MOST_GROWTH // _MEBI} MiB"
    if answer.status_code not in attack.expected:
        return f"{attack.what}: {shown}, right were {sorted(attack.expected)}"
    if CANARY in answer.text or any(CANARY in value for value in answer.headers.values()):
        return f"{attack.what}: echoes what was sent"
    if answer.status_code == 200 and not page:
        return "" if answer.json().get("applied") == 0 else f"{attack.what}: applied: {shown}"
    if page and answer.headers.get("content-type", "").startswith("text/html"):
        return ""
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{attack.what}: not problem details: {shown}"
    body = json.loads(answer.text)
    good = body.get("status") == answer.status_code and body.get("title") and body.get("request_id")
    if not good or not str(body.get("code", "")).replace("_", "").isalnum():
        return f"{attack.what}: problem details are incomplete: {shown}"
    return ""
