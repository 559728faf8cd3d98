"""All is read and what is gone is gone, though vendors say neither: no word of a next page, other clocks, deletions without a trace."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from services.ingest.domain.connector import Mark, SourceFailedError
from tests.fixtures.vendor import Asked, Reply, open_vendor
from tests.ingest.connectors.runs import items_of
from tests.ingest.connectors.vendors import SERVERS, runner_of
from tests.ingest.practice import Practice

ALIKE: Final = sorted(set(SERVERS) - {"open_dental"})


async def test_an_appointment_deleted_at_the_shop_is_gone(practice: Practice, tmp_path: Path) -> None:
    """N-44: Shop-Ware deletes without a trace; what lay ahead and is neither listed nor found any more is deleted here."""
    server = SERVERS["shop_ware"]()
    async with open_vendor(server.answer) as vendor:
        runner = runner_of("shop_ware", vendor.url, tmp_path, practice)
        await runner.carry()
        server.things["appointments"] = [row for row in server.things["appointments"] if row["id"] != 1]
        account = await runner.carry()
    assert account.taken["appointment deleted"] == 1


async def test_whoever_and_whatever_the_shop_deleted_is_gone_within_a_day(practice: Practice, tmp_path: Path) -> None:
    """N-44, S-122: Shop-Ware tells no deletions; once a day everything is counted, and what is neither listed nor found any more is deleted here."""
    server = SERVERS["shop_ware"]()
    async with open_vendor(server.answer) as vendor:
        runner = runner_of("shop_ware", vendor.url, tmp_path, practice)
        await runner.carry()
        for name in ("customers", "vehicles", "past_recommendations"):
            server.things[name].pop()
        assert not any("deleted" in name for name in (await runner.carry()).taken)
        runner.now += timedelta(days=1)
        taken = (await runner.carry()).taken
        assert {name: count for name, count in taken.items() if "deleted" in name} == {
            "consumer deleted": 1,
            "vehicle deleted": 1,
            "service_line deleted": 1,
        }
        runner.now += timedelta(days=1)
        assert not any("deleted" in name for name in (await runner.carry()).taken)


async def test_a_new_patient_who_became_another_and_a_recall_that_was_removed_are_gone(
    practice: Practice, tmp_path: Path
) -> None:
    """N-44: NexHealth's new patients end without a trace once the practice system has them, and so do recalls that are recalculated."""
    server = SERVERS["nexhealth"]()
    newcomer = {**server.things["patients"][0], "id": 99, "bio": {"new_patient": True}}
    server.things["patients"].append(newcomer)
    server.things["patient_recalls"] += [{**server.things["patient_recalls"][0], "id": 100 + n} for n in range(20)]
    async with open_vendor(server.answer) as vendor:
        runner = runner_of("nexhealth", vendor.url, tmp_path, practice)
        await runner.carry()
        assert (await runner.carry()).taken["consumer deleted"] == 0
        server.things["patients"].remove(newcomer)
        server.things["patient_recalls"].pop()
        assert (await runner.carry()).taken["consumer deleted"] == 1
        assert (await runner.carry()).taken["consumer deleted"] == 0
    left = await practice.rows("select deleted from recare_dues")
    assert sorted(row["deleted"] for row in left) == [False] * len(server.things["patient_recalls"]) + [True]


def _without(reply: Reply, *names: str) -> Reply:
    """The answer without the words that say whether more follows."""
    body = {name: value for name, value in reply.body.items() if name not in names}
    return Reply(body, reply.status)


@pytest.mark.parametrize(
    ("slug", "names"), [("tekmetric", ("last",)), ("shop_ware", ("total_pages",))], ids=["tekmetric", "shop_ware"]
)
async def test_a_page_that_does_not_say_whether_it_is_the_last_is_not_taken_for_it(
    slug: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    """N-76: a listing is read until a page is empty: half of it would look like all of it."""
    server = SERVERS[slug]()
    async with (
        open_vendor(server.answer) as whole,
        open_vendor(lambda asked: _without(server.answer(asked), *names)) as bare,
    ):
        right = items_of(await runner_of(slug, whole.url, tmp_path).read())
        assert items_of(await runner_of(slug, bare.url, tmp_path).read()) == right


@pytest.mark.parametrize(
    ("slug", "lacks"), [("nexhealth", "page_info"), ("nexhealth", "end_cursor"), ("shop_ware", "cursor")]
)
async def test_more_that_cannot_be_asked_for_ends_the_run(slug: str, lacks: str, tmp_path: Path) -> None:
    """N-76: a vendor that says that more follows, and not where, is not taken for one that has told all."""
    server = SERVERS[slug]()

    def answer(asked: Asked) -> Reply:
        reply: Reply = server.answer(asked)
        if isinstance(reply.body.get("page_info"), dict):
            reply.body["page_info"] = {name: value for name, value in reply.body["page_info"].items() if name != lacks}
        return _without(reply, lacks)

    async with open_vendor(answer) as vendor:
        with pytest.raises(SourceFailedError, match=r"not where|whether that is all"):
            await runner_of(slug, vendor.url, tmp_path).read()


@pytest.mark.parametrize("slug", ALIKE)
async def test_a_computer_whose_clock_is_ahead_misses_nothing(slug: str, tmp_path: Path) -> None:
    """S-121: the next run goes on from the vendor's time where ours is ahead of it; a clock that is behind only reads some things twice."""
    server = SERVERS[slug]()
    for said, since in (
        ("Fri, 27 Feb 2026 07:00:00 GMT", "2026-02-27T06:50"),
        ("Mon, 02 Mar 2026 07:00:00 GMT", "2026-03-01T11:50"),
    ):

        def answer(asked: Asked, said: str = said) -> Reply:
            reply: Reply = server.answer(asked)
            return replace(reply, headers=reply.headers | {"Date": said})

        async with open_vendor(answer) as vendor:
            mark = (await runner_of(slug, vendor.url, tmp_path).read())[-1]
        assert isinstance(mark, Mark)
        day_before = datetime.fromisoformat(since) - timedelta(days=1)
        wanted = str(day_before.date()) if slug == "tekmetric" else since
        assert mark.cursor["since"][: len(wanted)] == wanted
