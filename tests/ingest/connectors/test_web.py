"""How vendors' servers are asked: credentials go to their own server alone and are renewed once; no sentence holds what an answer held."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from services.ingest.domain.connector import SourceFailedError, Web
from services.ingest.sync.pacing import retry_after_seconds
from services.ingest.sync.web import PoliteWeb
from shared.kit.http import AsyncClient, Limits
from tests.fixtures.vendor import Asked, Reply, Waits, no_wait, open_vendor


async def _token(web: Web) -> Mapping[str, str]:
    answer = await web.ask("POST", "token", signed=False)
    return {"Authorization": f"Bearer {answer.read_json()['token']}"}


async def test_a_token_is_renewed_once_and_a_second_refusal_is_final() -> None:
    """An expired token is no error; a refused one is, and says so without the token."""
    made: list[str] = []

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            assert "authorization" not in asked.headers
            made.append(f"t{len(made)}")
            return Reply({"token": made[-1]})
        return Reply([], 200 if asked.headers["authorization"] == "Bearer t1" else 401)

    async with open_vendor(answer) as vendor, AsyncClient(trust_env=False) as http:
        web = PoliteWeb(http, vendor.url, sign=_token, wait=no_wait([]))
        assert await web.get("people") == []
        assert made == ["t0", "t1"]
        vendor.trouble.extend([Reply({}, 401), Reply({"token": "t9"}), Reply({}, 401)])
        with pytest.raises(SourceFailedError, match="refuses people") as failed:
            await web.get("people")
    assert "t9" not in str(failed.value)


async def test_a_long_run_outlives_its_tokens_line_by_line_too() -> None:
    """Domain 3.4: a bulk export of many files takes longer than tokens live; each is renewed once, as often as one runs out."""
    made: list[str] = []

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            made.append(f"t{len(made)}")
            return Reply({"token": made[-1]})
        number = int(asked.path.rpartition("/")[2])
        return Reply(b"{}\n", 200 if asked.headers["authorization"] == f"Bearer t{number}" else 401)

    async with open_vendor(answer) as vendor, AsyncClient(trust_env=False) as http:
        web = PoliteWeb(http, vendor.url, sign=_token, wait=no_wait([]))
        for number in range(4):
            assert [line async for line in web.lines(f"files/{number}")] == [b"{}\n"]
    assert made == ["t0", "t1", "t2", "t3"]


async def test_whoever_waits_holds_no_connection() -> None:
    """Reliability 5.4: a server that asks to be left alone is left alone; its connection is given back before the wait."""
    asked_meanwhile: list[int] = []

    async def wait(_: float) -> None:
        asked_meanwhile.append((await http.get(f"{vendor.url}/other")).status_code)

    only_one = Limits(max_connections=1)
    async with (
        open_vendor(lambda _: Reply([])) as vendor,
        AsyncClient(trust_env=False, limits=only_one, timeout=5) as http,
    ):
        vendor.trouble.append(Reply(b"{}", 429, {"Retry-After": "3"}))
        assert await PoliteWeb(http, vendor.url, wait=wait).get("people") == []
    assert asked_meanwhile == [200]


async def test_limits_are_kept_and_a_long_wait_is_bounded() -> None:
    """429 with seconds, without, and with a year."""
    waits: Waits = []
    async with open_vendor(lambda _: Reply([])) as vendor, AsyncClient(trust_env=False) as http:
        vendor.trouble.extend(
            [Reply({}, 429, {"Retry-After": "3"}), Reply({}, 429), Reply({}, 503, {"Retry-After": "31536000"})]
        )
        assert await PoliteWeb(http, vendor.url, wait=no_wait(waits)).get("people") == []
    assert (waits[0], waits[1] > 10, waits[2]) == (3, True, 300)


async def test_addresses_elsewhere_are_not_asked() -> None:
    """S67, S-050: plain http beyond this machine, another host, port or scheme, and names that look alike."""
    async with AsyncClient(trust_env=False) as http:
        with pytest.raises(SourceFailedError, match="https"):
            PoliteWeb(http, "http://vendor.example.com")
        web = PoliteWeb(http, "https://vendor.example.com/api", other_hosts=("files.example.com",))
        for url in (
            *(
                "http://vendor.example.com/x",
                "https://vendor.example.com:444/x",
                "https://vendor.example.com.evil.example.org/x",
            ),
            *(
                "https://vendor.example.com@evil.example.org/x",
                "ftp://files.example.com/x",
                "http://files.example.com/x",
                "https://[bad/x",
            ),
        ):
            with pytest.raises(SourceFailedError, match=r"another server|cannot be read"):
                await web.get(url)


async def test_a_sentence_names_the_listing_and_nothing_personal() -> None:
    """S79: neither parameters nor keys in a path."""
    async with open_vendor(lambda _: Reply(b"ann@example.com", 418)) as vendor, AsyncClient(trust_env=False) as http:
        with pytest.raises(SourceFailedError) as failed:
            await PoliteWeb(http, vendor.url, wait=no_wait([])).get(
                "api/v1/patients/4711", {"email": "ann@example.com"}
            )
    assert str(failed.value) == "The source answered api/v1/patients/... with 418."


async def test_a_long_answer_comes_line_by_line(tmp_path: Path) -> None:
    """Domain 3.4: lines over 1 MB and cut ends come as what no reader takes for JSON; a line end may be missing."""
    content = b"{}\n" + b"x" * 1_500_000 + b"\n{}\n{}"
    async with open_vendor(lambda _: Reply(content)) as vendor, AsyncClient(trust_env=False) as http:
        web = PoliteWeb(http, vendor.url, wait=no_wait([]))
        assert [line async for line in web.lines("file")] == [b"{}\n", b"\x00\n", b"{}\n", b"{}"]
        vendor.trouble.append(Reply(b"{}\n{}", promised=100))
        assert [line async for line in web.lines("file")] == [b"{}\n", b"\x00"]


def test_waits_that_a_server_asks_for_are_read_and_bounded() -> None:
    """RFC 9110 10.2.3: seconds or a date; a year is five minutes, nonsense nothing."""
    assert retry_after_seconds("7") == 7
    assert retry_after_seconds("31536000") == 300
    assert retry_after_seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0
    assert retry_after_seconds("soon") is None
    assert retry_after_seconds(None) is None
