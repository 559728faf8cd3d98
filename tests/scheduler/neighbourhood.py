"""Ingest and mailer as the scheduler meets them at its HTTP border: feeds it can read, commands it can give, and silence on request."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Request, Response

from shared.schemas.account_mail import AccountMailInput
from shared.schemas.mailer import MessageInput
from tests.fixtures.services import ADDRESS_KEYS


@dataclass
class Feed:
    """A change feed in memory; a new epoch starts it over."""

    epoch: UUID = field(default_factory=uuid4)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def put(self, subscriber_id: UUID, kind: str, key: UUID, body: Any) -> None:
        """Append a row; `body` is a wire model or None."""
        shape = json.loads(body.model_dump_json()) if body is not None else None
        position = f"1.{len(self.rows) + 1}"
        self.rows.append(
            {
                "position": position,
                "subscriber_id": str(subscriber_id),
                "kind": kind,
                "key": str(key),
                "body": shape,
            }
        )

    def read(self, request: Request) -> Response:
        """Answer as kit.feed does, without waiting."""
        epoch = request.query_params.get("epoch")
        if epoch is not None and epoch != str(self.epoch):
            return Response('{"code": "feed_restarted"}', status_code=409)
        start = int(request.query_params["after"].rpartition(".")[2])
        rows = self.rows[start : start + int(request.query_params["limit"])]
        cursor = rows[-1]["position"] if rows else request.query_params["after"]
        body = json.dumps({"epoch": str(self.epoch), "changes": rows, "cursor": cursor})
        return Response(body, media_type="application/json")


@dataclass
class Ingest:
    """People and vehicles by id with what a mail may say of them; and what was confirmed to it."""

    feed: Feed = field(default_factory=Feed)
    people: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    vehicles: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    confirmed: list[dict[str, Any]] = field(default_factory=list)
    is_silent: bool = False

    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI()

        @app.get("/v1/changes")
        async def changes(request: Request) -> Response:
            return self.feed.read(request)

        @app.post("/v1/recipients")
        async def recipients(request: Request) -> Response:
            if self.is_silent:
                return Response(status_code=503)
            asked = await request.json()
            found = [self.people[UUID(key)] for key in asked["consumer_ids"] if UUID(key) in self.people]
            named = [self.vehicles[UUID(key)] for key in asked["vehicle_ids"] if UUID(key) in self.vehicles]
            return Response(json.dumps({"recipients": found, "vehicles": named}), media_type="application/json")

        @app.post("/v1/confirmations")
        async def confirmations(request: Request) -> Response:
            if self.is_silent:
                return Response(status_code=503)
            self.confirmed.append(await request.json())
            return Response('{"kept": 1, "repeated": 0, "pointless": 0}', media_type="application/json")

        return app


@dataclass
class Mailer:
    """Takes messages and remembers them, in a journal too where a process is going to die; `refuses` is the code of a refusal.

    `turns_away` is the status by which whole calls are refused; so are, as malformed, calls that speak of one of the people in `malformed`.
    """

    feed: Feed = field(default_factory=Feed)
    messages: dict[UUID, MessageInput] = field(default_factory=dict)
    contents: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    cancelled: list[UUID] = field(default_factory=list)
    account_mail: list[AccountMailInput] = field(default_factory=list)
    submissions: int = 0
    refuses: str | None = None
    turns_away: int | None = None
    malformed: set[UUID] = field(default_factory=set)
    is_silent: bool = False
    too_late: bool = False
    journal: Path | None = None
    previews: list[dict[str, Any]] = field(default_factory=list)

    def read_journal(self) -> None:
        """Take over what a process that died had handed in."""
        assert self.journal is not None
        for line in self.journal.read_text().splitlines():
            message = MessageInput.model_validate_json(line)
            self.messages.setdefault(message.message_id, message)

    def _take(self, message: MessageInput) -> None:
        self.messages.setdefault(message.message_id, message)
        if self.journal is not None:
            with self.journal.open("a") as file:
                file.write(message.model_dump_json() + "\n")

    def _receipt(self, message: MessageInput) -> dict[str, str | None]:
        result, code = "repeated" if message.message_id in self.messages else "accepted", None
        if message.content_id not in self.contents:
            result, code = "refused", "content_unknown"
        elif self.refuses:
            result, code = "refused", self.refuses
        else:
            self._take(message)
        return {"message_id": str(message.message_id), "result": result, "code": code}

    def _add_account_mail(self, app: FastAPI) -> None:
        @app.post("/v1/account-mail")
        async def write_to_staff(request: Request) -> Response:
            if self.is_silent:
                return Response(status_code=503)
            mail = AccountMailInput.model_validate(await request.json())
            known = {each.message_id for each in self.account_mail}
            result = "refused" if self.refuses else "repeated" if mail.message_id in known else "accepted"
            if result == "accepted":
                self.account_mail.append(mail)
            receipt = {"message_id": str(mail.message_id), "result": result, "code": self.refuses}
            return Response(json.dumps(receipt), media_type="application/json")

    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI()
        self._add_account_mail(app)

        @app.get("/v1/changes")
        async def changes(request: Request) -> Response:
            return self.feed.read(request)

        @app.put("/v1/contents/{content_id}")
        async def publish(content_id: UUID, request: Request) -> Response:
            body = await request.json()
            self.contents[content_id] = body
            answer = {
                "content_id": str(content_id),
                "slug": body["slug"],
                "language": body["language"],
                "message_class": body["message_class"],
                "fields": [],
                "findings": [],
                "published_at": "2026-03-02T15:00:00Z",
            }
            return Response(json.dumps(answer), media_type="application/json")

        @app.post("/v1/contents/preview")
        async def preview(request: Request) -> Response:
            if self.is_silent:
                return Response(status_code=503)
            self.previews.append(await request.json())
            answer = {"subject": "shown", "text": "shown", "html": "shown", "findings": []}
            return Response(json.dumps(answer), media_type="application/json")

        @app.post("/v1/messages")
        async def submit(request: Request) -> Response:
            self.submissions += 1
            if self.is_silent:
                return Response(status_code=503)
            if self.turns_away:
                return Response('{"code": "unauthorized"}', status_code=self.turns_away)
            messages = [MessageInput.model_validate(row) for row in (await request.json())["messages"]]
            if any(touch.person_id in self.malformed for message in messages for touch in message.touches):
                return Response('{"code": "invalid_request"}', status_code=422)
            receipts = [self._receipt(message) for message in messages]
            return Response(json.dumps({"receipts": receipts}), media_type="application/json")

        @app.post("/v1/messages/cancel")
        async def cancel(request: Request) -> Response:
            touches = [UUID(key) for key in (await request.json())["touch_ids"]]
            known = {touch.touch_id for message in self.messages.values() for touch in message.touches}
            self.cancelled += touches
            found = [str(key) for key in touches if key in known]
            answer = {"cancelled": [], "too_late": found} if self.too_late else {"cancelled": found, "too_late": []}
            return Response(json.dumps(answer), media_type="application/json")

        return app


@dataclass
class Optout:
    """Allows everybody but those it has an answer and a reason for; remembers what it was asked."""

    says: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    asked: list[list[dict[str, Any]]] = field(default_factory=list)
    is_silent: bool = False

    def app(self) -> FastAPI:
        """Return the application."""
        app = FastAPI()

        @app.post("/v1/permissions/check")
        async def check(request: Request) -> Response:
            if self.is_silent:
                return Response(status_code=503)
            queries = (await request.json())["queries"]
            self.asked.append(queries)
            answers = []
            for query in queries:
                answer, reason = self.says.get(UUID(query["person_ids"][0]), ("allowed", "on_file"))
                answers.append({"query_id": query["query_id"], "answer": answer, "reason": reason, "entry_id": None})
            return Response(json.dumps({"answers": answers}), media_type="application/json")

        @app.post("/v1/address-keys")
        async def key(request: Request) -> Response:
            if self.is_silent:
                return Response(status_code=503)
            addresses = (await request.json())["addresses"]
            keys = [{"address": text, "address_key": ADDRESS_KEYS.key_of(text.lower())} for text in addresses]
            return Response(json.dumps({"keys": keys}), media_type="application/json")

        return app
