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


@dataclass(frozen=True)
class Attacker:
    """Makes the attacks on one door of one service."""

    service: str
    door: Door
    world: World
    neighbours: Neighbours

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
            "params": self.door.query(),
        }
        for kind, example in self.door.bodies().items():
            request["headers"]["content-type"] = kind
            request["content"] = encoded(kind, with_ids(example, ids))
            break
        extra = changes.pop("more_headers", {})
        request |= changes
        request["headers"] = request["headers"] | extra
        return Attack(**request)

    def all(self) -> Iterator[Attack]:
        """Yield every attack."""
        yield from self.credentials()
        yield from self.ids()
        yield from self.queries()
        yield self.good(what="wrong method", method=self._other_method(), expected=frozenset({405}))
        if self.door.method in ("POST", "PUT", "PATCH"):
            yield from self.sizes()
            if self.door.bodies():
                yield from self.bodies()

    def credentials(self) -> Iterator[Attack]:
        """None, garbage, without the scope, of a service not named, for another service."""
        if self.door.declaration == "anyone":
            return
        no, not_allowed = frozenset({401}), frozenset({403})
        yield self.good({}, what="no credential", expected=no)
        for garbage in (f"Bearer {CANARY}", "Bearer a.b.c", f"Bearer {_UNSIGNED}", f"Basic {CANARY}", "Bearer", "\t"):
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
        if names and self.door.method != "PUT":
            for name in names:
                ids = {**self.world.own, name: str(uuid4())}
                yield self.good(ids=ids, what=f"unknown {name}", expected=frozenset({404}))
        if names and self.door.scopes and "operator" not in self.door.scopes:
            foreign = {**self.world.own, **self.world.foreign}
            if any(name in self.world.foreign for name in names):
                yield self.good(ids=foreign, what="foreign ids", expected=frozenset({404}))
                other = self.caller(self.world.foreign["subscriber_id"])
                yield self.good(other, what="foreign credential", expected=frozenset({404}))
        for name in names:
            for wrong in (CANARY, "%00", "..%2f..%2fetc%2fpasswd", "9" * 400):
                ids = {**self.world.own, name: wrong}
                yield self.good(ids=ids, what=f"malformed {name} {wrong[:12]}", expected=MALFORMED | {404})

    def queries(self) -> Iterator[Attack]:
        """Wrong letters in each query parameter."""
        for row in self.door.parameters("query"):
            for wrong in (f"{CANARY}\x00", "-1" if row["schema"].get("type") == "integer" else "\x00"):
                params = {**self.door.query(), row["name"]: wrong}
                yield self.good(params=params, what=f"query {row['name']}", expected=MALFORMED | {409})

    def sizes(self) -> Iterator[Attack]:
        """Over the limit with honest, false and no length; one line of 100 MB."""
        limit, kind = self.door.limit, {"content-type": next(iter(self.door.bodies()), "application/json")}
        assert limit > 0, "no body limit"
        too_large = frozenset({413})
        length = {"content-length": str(limit + 1)}
        yield self.good(what="false length", content=b"{}", more_headers=kind | length, expected=too_large)
        meter = Meter()
        right = MALFORMED | {413}
        yield self.good(what="a line of 100 MB", content=meter.line, more_headers=kind, expected=right)

    def bodies(self) -> Iterator[Attack]:
        """Broken, wrongly encoded, empty, truncated, mistyped and incomplete bodies."""
        for kind, example in self.door.bodies().items():
            own = with_ids(example, self.world.own)
            good, typed = encoded(kind, own), {"content-type": kind}
            gzipped = gzip.compress(good * 50)[:-20]
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
            yield self.good(what="truncated gzip", content=gzipped, more_headers=zipped, expected=MALFORMED | {415})
            other = {"content-type": "text/plain; charset=utf-7"}
            yield self.good(what="wrong media type", content=good, more_headers=other, expected=MALFORMED | {415})
            if not isinstance(own, str):
                for what, body in spoiled(own, self.door.schema(kind), self.door.components, CANARY):
                    if "form" in kind and not what.startswith("without"):
                        continue
                    content = encoded(kind, body)
                    yield self.good(what=what, content=content, more_headers=typed, expected=MALFORMED)

    def _other_method(self) -> str:
        return next(name for name in reversed(_METHODS) if name != self.door.method)


class Meter:
    """Sends one line of 100 MB in pieces and stops with an error when the process grows too much on the way (S60, S62)."""

    async def line(self) -> AsyncIterator[bytes]:
        """Yield the pieces."""
        start, piece = _resident(), b'{"a":"' + b"x" * (_MEBI - 6)
        for _ in range(_LINE // _MEBI):
            assert _resident() - start < _MOST_GROWTH, "the body is kept in memory"
            yield piece


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def problem_with(answer: Any, attack: Attack, *, page: bool) -> str:
    """Return what is wrong with an answer, or nothing."""
    shown = f"{answer.status_code} {answer.text[:160]}"
    if answer.status_code not in attack.expected:
        return f"{attack.what}: {shown}, right were {sorted(attack.expected)}"
    if CANARY in answer.text or any(CANARY in value for value in answer.headers.values()):
        return f"{attack.what}: echoes what was sent"
    if page and answer.headers.get("content-type", "").startswith("text/html"):
        return ""
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{attack.what}: not problem details: {shown}"
    body = json.loads(answer.text)
    good = body.get("status") == answer.status_code and body.get("title") and body.get("request_id")
    if not good or not str(body.get("code", "")).replace("_", "").isalnum():
        return f"{attack.what}: problem details are incomplete: {shown}"
    return ""
