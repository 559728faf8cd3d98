"""The vendors' APIs over a real socket: paging, limits, tokens that run out, failures and hostile answers; fields as their descriptions have them."""

import gzip
import re
from pathlib import Path
from typing import Final

import pytest

from services.ingest.domain import paging
from services.ingest.domain.connector import SourceFailedError
from tests.fixtures.vendor import Asked, Reply, open_vendor
from tests.ingest.connectors.runs import CONNECTORS, items_of, records_in, sample_items
from tests.ingest.connectors.vendors import SERVERS, runner_of, things
from tests.ingest.practice import Practice

SLUGS: Final = sorted(SERVERS)
ALIKE: Final = sorted(set(SLUGS) - {"open_dental"})
"""Those whose listings are samples by resource; Open Dental's tables have tests of their own."""


@pytest.mark.parametrize("slug", ALIKE)
async def test_everything_is_read_however_often_the_vendor_stumbles(
    practice: Practice, slug: str, tmp_path: Path
) -> None:
    """S-122: page after page, over 429 with Retry-After, 5xx, a connection cut in mid-answer and a token that runs out every third request."""
    server = SERVERS[slug]()
    server.expires_after = 3
    async with open_vendor(server.answer) as vendor:
        vendor.trouble.extend(
            [
                Reply({}, 429, {"Retry-After": "11"}),
                Reply(b"<html>", 503),
                Reply(b'{"data": [', promised=100),
                Reply(b"", 500),
            ]
        )
        runner = runner_of(slug, vendor.url, tmp_path, practice)
        account = await runner.carry()
    expected = [row for name in things(slug) for row in things(slug)[name]]
    hidden = sum(1 for row in expected if row.get("deletedDate")) if slug == "tekmetric" else 0
    assert account.read >= len(expected) - hidden
    assert (account.counts["rejected"], account.unreadable) == (0, {})
    assert 11.0 in runner.waits
    assert "secret" not in account.text()
    people = {str(row["id"]) for row in things(slug)["patients" if slug == "nexhealth" else "customers"]}
    assert len(await practice.rows("select 1 from consumers where not deleted")) >= len(people) - 1
    assert bool(practice.optout.optouts) == CONNECTORS[slug].has_refusals


@pytest.mark.parametrize("slug", ALIKE)
async def test_the_second_run_asks_for_what_changed(practice: Practice, slug: str, tmp_path: Path) -> None:
    """S-121: the cursor is the vendor's time with an overlap; nothing new is a sign of life."""
    async with open_vendor(SERVERS[slug]().answer) as vendor:
        runner = runner_of(slug, vendor.url, tmp_path, practice)
        first = await runner.carry()
        before = len(vendor.asked)
        second = await runner.carry()
        later = [asked.params for asked in vendor.asked[before:]]
    name = {"nexhealth": "updated_since", "shop_ware": "updated_after", "tekmetric": "updatedDateStart"}[slug]
    assert {params[name][:10] for params in later if name in params} <= {"2026-02-28", "2026-03-01"}
    assert second.taken["consumer"] < first.taken["consumer"]


def _endless(slug: str) -> Reply:
    """A page that always says that another follows."""
    if slug == "open_dental":
        return Reply([{"PatNum": 1}] * 100)
    page = {
        "has_next_page": True,
        "end_cursor": "same",
        "cursor": "same",
        "last": False,
        "total_pages": 10**9,
        "totalPages": 10**9,
    }
    return Reply(
        {"data": [{"id": 1}], "results": [{"id": 1}], "content": [{"id": 1}], "page_info": page, "access_token": "t"}
        | page
    )


HOSTILE: Final[dict[str, tuple[Reply, str]]] = {
    "redirect": (Reply(b"", 302, {"Location": "https://evil.example.com/"}), "redirect"),
    "no_json": (Reply(b"<html>private@example.com</html>"), "no JSON"),
    "deep_json": (Reply(b"[" * 200_000), "no JSON"),
    "number": (Reply(5), ""),
    "wrong_types": (Reply({"data": "x", "results": 5, "content": {}, "page_info": [], "access_token": 7}), ""),
    "forbidden": (Reply({"secret": "private@example.com"}, 403), "403"),
    "too_large": (Reply(b"x" * 2**20, endless=True), "over 32 MB"),
    "bomb": (Reply(gzip.compress(b"0" * 40_000_000), headers={"Content-Encoding": "gzip"}), "over 32 MB"),
    "unknown_packing": (Reply(b"x", headers={"Content-Encoding": "br"}), "broken"),
    "cut": (Reply(b"{", promised=1000), "after 8 tries"),
    "down": (Reply(b"", 503), "after 8 tries"),
}


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("attack", sorted(HOSTILE))
async def test_a_hostile_answer_ends_the_run_with_a_sentence(slug: str, attack: str, tmp_path: Path) -> None:
    """S60 to S62, S67: bounded memory, no redirect, no crash; the sentence holds neither the answer nor a credential."""
    reply, said = HOSTILE[attack]
    good = SERVERS[slug]()

    def answer(asked: Asked) -> Reply:
        found: Reply = good.answer(asked)
        return found if "auth" in asked.path and attack != "wrong_types" else reply

    async with open_vendor(answer) as vendor:
        runner = runner_of(slug, vendor.url, tmp_path)
        with pytest.raises(SourceFailedError) as failed:
            await runner.read()
    words = str(failed.value)
    assert said in words
    assert not re.search(r"private|evil|secret|nex-key|token-1", words)
    assert len(vendor.asked) <= 12


@pytest.mark.parametrize("slug", SLUGS)
async def test_pages_that_never_end_are_found_out(slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S62: the same page again and again is not read for ever."""
    good = SERVERS[slug]()

    def answer(asked: Asked) -> Reply:
        return good.answer(asked) if "auth" in asked.path or asked.path == "/sync_status" else _endless(slug)

    monkeypatch.setattr(paging, "MOST_PAGES", 100)
    async with open_vendor(answer) as vendor:
        with pytest.raises(SourceFailedError, match="do not end"):
            await runner_of(slug, vendor.url, tmp_path).read()
    assert len(vendor.asked) < 400


async def test_old_data_of_an_aggregator_is_not_taken_for_news(tmp_path: Path) -> None:
    """S-126: while NexHealth cannot read the practice system nothing is called fresh, so that reminders pause."""
    server = SERVERS["nexhealth"]()
    server.read_status = "red"
    async with open_vendor(server.answer) as vendor:
        with pytest.raises(SourceFailedError, match="since 2026-02-27 10:00 UTC"):
            await runner_of("nexhealth", vendor.url, tmp_path).read()


async def test_whose_a_vehicle_is_comes_from_its_orders(tmp_path: Path) -> None:
    """N-68: Shop-Ware's vehicles and appointments name no customer; the order that brought them does."""
    async with open_vendor(SERVERS["shop_ware"]().answer) as vendor:
        records = records_in(
            CONNECTORS["shop_ware"], items_of(await runner_of("shop_ware", vendor.url, tmp_path).read())
        )
    assert [records[f"vehicle/{n}"].consumer for n in (11, 12)] == ["1", "2"]
    assert [records[f"appointment/{n}"].status for n in (1, 2)] == ["booked", "block"]


def test_vendors_words_are_taken_for_what_they_mean() -> None:
    """N-23, N-24, N-45, N-72: refusals, blocks, no-shows, estimates, declined work, cents."""
    nex = records_in(CONNECTORS["nexhealth"], sample_items("nexhealth"))
    assert [nex[f"appointment/{n}"].status for n in range(1, 8)] == [
        "booked",
        "cancelled",
        "block",
        "no_show",
        "completed",
        "confirmed",
        "held",
    ]
    assert str(nex["appointment/1"].starts_at) == "2026-03-10 10:30:00-07:00"
    assert (nex["consumer/3"].status, nex["consumer/4"].status, nex["consumer/1"].language) == (
        "inactive",
        "prospect",
        "es",
    )
    assert [nex[f"recare_due/{n}"].status for n in (1, 2, 3)] == ["open", "scheduled", "disabled"]
    assert nex["recare_due/1"].interval_days == 180
    shop = records_in(CONNECTORS["shop_ware"], sample_items("shop_ware"))
    assert [shop[f"consumer/{n}"].email_ok for n in (1, 2, 3)] == [None, False, None]
    assert (shop["visit/1"].total_cents, shop["visit/3"].total_cents, "visit/2" in shop) == (124_850, None, False)
    assert [shop[f"service_line/recommendation/{n}"].state for n in (1, 2)] == ["declined", "recommended"]
    tek = records_in(CONNECTORS["tekmetric"], sample_items("tekmetric"))
    assert [tek[f"consumer/{n}"].email_ok for n in (1, 2)] == [None, False]
    assert (tek["consumer/3"].first_name, tek["consumer/3"].last_name, tek["consumer/4"].op) == (
        "Flo",
        "Fleet & Co",
        "delete",
    )
    assert ("visit/2" in tek, "visit/3" in tek, tek["visit/4"].op, tek["visit/1"].total_cents) == (
        False,
        False,
        "delete",
        124_850,
    )
    assert [tek[f"service_line/{n}"].state for n in (10, 11, 12, 31)] == ["declined", "done", "recommended", "approved"]
    assert [tek[f"appointment/{n}"].status for n in (1, 2, 3)] == ["booked", "cancelled", "held"]


@pytest.mark.samples
@pytest.mark.parametrize(("slug", "folder"), [("nexhealth", "nexhealth"), ("shop_ware", "shop-ware")])
async def test_paths_and_fields_are_those_of_the_vendors_description(
    slug: str, folder: str, samples: Path, tmp_path: Path
) -> None:
    """Domain 3.7: what is asked for and what a sample holds stands in the vendor's own description of its API."""
    described = {file.stem: file.read_text() for file in (samples / "openapi" / folder).glob("*.yml")}
    everything = "\n".join(described.values())
    ours = {"customer_id", "cancelled_at", "checked_out_at"} if slug == "shop_ware" else set()
    for name, rows in things(slug).items():
        text = described[name.replace("_", "-")]
        missing = {
            field for row in rows for field in row if field not in ours and not re.search(rf"^\s+{field}:", text, re.M)
        }
        assert missing == set(), name
    async with open_vendor(SERVERS[slug]().answer) as vendor:
        await runner_of(slug, vendor.url, tmp_path).read()
    for path in {
        re.sub(r"/\d+$", "/{id}", asked.path.replace("/tenants/9/", "/tenants/{tenant_id}/")) for asked in vendor.asked
    }:
        assert f"  {path}:\n" in everything, path
