"""The mail catcher keeps what it was given, survives hostile mail and kills, and shows it without running any of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local.catcher.smtp import listen
from deploy.local.catcher.store import Caught, Store
from deploy.local.catcher.web import create_app
from deploy.local.ports import choose_ports
from shared.kit.http import ASGITransport, AsyncClient

HTML = (
    b"From: =?utf-8?q?Dr=2E_M=C3=BCller?= <office@example.com>\r\nSubject: <script>alert(1)</script> today\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello <b>Ann</b>\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<!doctype html><html><head><title>x</title></head><body><script>alert(1)</script>"
    b'<img src="http://tracker.example.net/x"><a href="https://example.com">go</a></body></html>\r\n--b--\r\n'
)
HOSTILE = {
    "no headers": b"\xff\xfe\x00 broken",
    "nothing": b"",
    "unknown charset": b"Subject: =?nonsense?q?=FF?=\r\nContent-Type: text/html; charset=nonsense\r\n\r\n<p>\xe4</p>\r\n",
    "no parts": b"Subject: x\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\nnothing here\r\n",
    "broken base64": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!%%%\r\n",
    "deep nest": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(800)),
    "ten megabytes": b"Content-Type: text/html\r\n\r\n" + b"<p>much</p>\r\n" * 700_000,
}


@dataclass
class Running:
    """A catcher with its doors."""

    store: Store
    http: AsyncClient
    smtp_port: int

    async def send(self, octets: bytes) -> list[bytes]:
        """Write everything at once, as a pipelining client does, and return the reply lines."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.smtp_port)
        await reader.readline()
        writer.write(b"EHLO test\r\n" + octets + b"QUIT\r\n")
        lines = [line async for line in reader]
        writer.close()
        await writer.wait_closed()
        return lines


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[Running]:
    """A catcher over an empty folder."""
    store = Store(tmp_path / "inbox")
    ports = choose_ports(["smtp"], demanded={}, last={}, usual=False)
    port = ports.by_name["smtp"]
    server = await listen(store, port)
    async with AsyncClient(transport=ASGITransport(app=create_app(store)), base_url="http://127.0.0.1") as http:
        yield Running(store, http, port)
    server.close()
    await server.wait_closed()
    store.close()
    ports.release()


def _caught(subject: str = "x", rcpt: str = "ann@example.com") -> Caught:
    return Caught(
        0, "bounce@example.com", [rcpt], subject, "office@example.com", "", "2026-03-02T15:00:00+00:00", 1.0, 1
    )


async def test_pipelined_mail_is_kept_with_its_envelope_and_its_exact_bytes(catcher: Running) -> None:
    """Architecture 4: the demo's mailer pipelines; its table is computed from these bytes."""
    second = b"Subject: two\r\n\r\n..leading dot\r\n"
    lines = await catcher.send(
        b"MAIL FROM:<b+1@bounces.example.com>\r\nRCPT TO:<Ann@example.com>\r\nDATA\r\n" + HTML + b".\r\n"
        b"MAIL FROM:<>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n" + second + b".\r\n"
    )
    assert b"250-PIPELINING\r\n" in lines
    listed = (await catcher.http.get("/api/messages", params={"after": 0})).json()
    assert [(row["envelope_from"], row["rcpt"]) for row in listed] == [
        ("b+1@bounces.example.com", ["Ann@example.com"]),
        ("", ["bob@example.com"]),
    ]
    assert listed[0]["dot_at_monotonic"] <= listed[1]["dot_at_monotonic"]
    assert (await catcher.http.get("/api/messages/1/raw")).content == HTML
    assert (await catcher.http.get("/api/messages/2/raw")).content == b"Subject: two\r\n\r\n.leading dot\r\n"
    assert [row["id"] for row in (await catcher.http.get("/api/messages?after=1")).json()] == [2]


async def test_the_html_of_a_mail_runs_and_loads_nothing(catcher: Running) -> None:
    """Shows the HTML safely: own policy, sandbox without scripts, links in a new tab without a referrer."""
    catcher.store.add(HTML, _caught("<script>alert(1)</script> today"))
    page = await catcher.http.get("/messages/1")
    assert "<script>alert" not in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    framed = await catcher.http.get("/messages/1/html")
    policy = framed.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "img-src data:;" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert framed.headers["referrer-policy"] == "no-referrer"
    assert '<head><base target="_blank">' in framed.text


async def test_text_headers_and_source_are_escaped(catcher: Running) -> None:
    """The text part, all headers and the raw source."""
    catcher.store.add(HTML, _caught())
    assert "Hello &lt;b&gt;Ann&lt;/b&gt;" in (await catcher.http.get("/messages/1?view=text")).text
    headers = (await catcher.http.get("/messages/1?view=headers")).text
    assert "Dr. Müller &lt;office@example.com&gt;" in headers
    assert "MIME-Version" in headers
    source = (await catcher.http.get("/messages/1?view=raw")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in source
    assert "<script>" not in source


@pytest.mark.parametrize("case", HOSTILE)
async def test_hostile_mail_is_shown_and_nothing_falls_over(catcher: Running, case: str) -> None:
    """Broken charset, no parts, ten megabytes."""
    catcher.store.add(HOSTILE[case], _caught())
    for view in ("", "?view=html", "?view=text", "?view=headers", "?view=raw"):
        assert (await catcher.http.get(f"/messages/1{view}")).status_code == 200
    assert (await catcher.http.get("/")).status_code == 200


async def test_the_list_is_searched_and_marks_what_was_read(catcher: Running) -> None:
    """Sender, recipient, subject, time, unread, filter by recipient and search."""
    for name in ("ann", "bob"):
        catcher.store.add(b"Subject: x\r\n\r\n", _caught(f"Reminder for {name}", f"{name}@example.com"))
    everything = (await catcher.http.get("/")).text
    assert everything.index("Reminder for bob") < everything.index("Reminder for ann")
    assert "Reminder for bob" not in (await catcher.http.get("/?rcpt=ANN")).text
    assert "Reminder for ann" not in (await catcher.http.get("/?q=for+bob")).text
    await catcher.http.get("/messages/2")
    unread = (await catcher.http.get("/?unread=1")).text
    assert "Reminder for ann" in unread
    assert "Reminder for bob" not in unread


async def test_other_sites_and_names_are_refused(catcher: Running) -> None:
    """A page on the internet must neither read nor empty the inbox."""
    assert (await catcher.http.get("/", headers={"host": "evil.example.net"})).status_code == 400
    catcher.store.add(b"x", _caught())
    refused = await catcher.http.post("/clear", headers={"sec-fetch-site": "cross-site"})
    assert (refused.status_code, len(catcher.store)) == (403, 1)
    assert (await catcher.http.get("/messages/99")).status_code == 404
    assert (await catcher.http.delete("/api/messages")).status_code == 204
    assert (await catcher.http.get("/api/messages")).json() == []


def test_the_store_survives_a_kill_and_keeps_the_newest(tmp_path: Path) -> None:
    """A torn last line of the index loses nothing else; ids never go back; old mail goes."""
    store = Store(tmp_path, keep=20)
    for _ in range(30):
        store.add(b"x", _caught())
    store.close()
    with (tmp_path / "index.jsonl").open("ab") as index:
        index.write(b'{"id": 31, "envel')
    store = Store(tmp_path, keep=20)
    assert store.add(b"y", _caught()).id == 31
    assert len(store) <= 20
    assert store.raw(31) == b"y"
    assert store.raw(1) is None
    store.clear()
    store.close()
    store = Store(tmp_path, keep=20)
    assert store.add(b"z", _caught()).id == 32
    store.close()
