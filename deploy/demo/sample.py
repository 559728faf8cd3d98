"""The demonstration's sample: two generated businesses as canonical records, and the truth about everyone in them.

The same seed and the same `now` give the same sample, so that a surprise in a demo can be looked at again.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from deploy.demo import edge_scenes, scenes
from deploy.demo.businesses import BRIGHT_SMILE, CORNER_GARAGE, Business, Json
from deploy.demo.cast import Cast
from deploy.demo.truth import Expectation

HISTORY = timedelta(days=7)


@dataclass(frozen=True)
class BusinessSample:
    """One business's data.

    first: the batch before anything is sent; later: changes to hand in after the first mails have left and before the
    clock moves on. expected, expected_later: the truth while only `first` is in, and once `later` is in too (mail sent
    before `later` is judged by `expected`). rejected: records of `first` that must be refused. canaries: texts that
    must appear in no mail, log or answer. optout_candidates: foreign ids of people with an appointment tomorrow and
    one on the open day after. go_live_at: what is older is history (N-36).
    """

    business: Business
    go_live_at: datetime
    first: tuple[Json, ...]
    later: tuple[Json, ...]
    expected: tuple[Expectation, ...]
    expected_later: tuple[Expectation, ...]
    rejected: int
    canaries: tuple[str, ...]
    optout_candidates: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """The whole demonstration: `now` is where its clock starts; shared_mailbox is known to both businesses."""

    seed: int
    now: datetime
    businesses: tuple[BusinessSample, ...]
    shared_mailbox: str = "casey.morgan@example.com"


def sample(now: datetime, *, seed: int = 1) -> Sample:
    """Generates the sample around the instant `now` (aware).

    Choose a weekday from Tuesday to Thursday before 08:00 in both zones, say 12:00 UTC: then tomorrow and yesterday are
    open days, nothing is due yet, and what the truth calls certain has left by 20:00.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    made = (
        build(BRIGHT_SMILE, seed, now, ordinary=130, families=12),
        build(CORNER_GARAGE, seed, now, ordinary=90, families=5),
    )
    return Sample(seed, now, made)


def build(business: Business, seed: int, now: datetime, *, ordinary: int, families: int) -> BusinessSample:
    """Plays every scene for one business."""
    cast = Cast(business, Random(f"{seed}/{business.slug}"), now)  # noqa: S311 - a sample, not a secret
    scenes.add_ordinary(cast, ordinary)
    scenes.add_families(cast, families)
    scenes.add_minors(cast)
    scenes.add_duplicates(cast)
    scenes.add_optout_candidates(cast)
    scenes.add_shared_customer(cast)
    edge_scenes.add_gone(cast)
    edge_scenes.add_opted_out(cast)
    edge_scenes.add_bad_addresses(cast)
    edge_scenes.add_strangers(cast)
    edge_scenes.add_hostile_names(cast)
    edge_scenes.add_appointment_states(cast)
    edge_scenes.add_broken_records(cast)
    changed = edge_scenes.add_later_changes(cast)
    move_children_first(cast)
    expected = cast.expectations()
    edge_scenes.apply_later_changes(cast, changed)
    return BusinessSample(
        business=business,
        go_live_at=now - HISTORY,
        first=tuple(cast.records),
        later=tuple(cast.later),
        expected=expected,
        expected_later=cast.expectations(),
        rejected=cast.rejected,
        canaries=tuple(cast.canaries),
        optout_candidates=tuple(cast.optout_candidates),
    )


def move_children_first(cast: Cast) -> None:
    """Puts some appointments and visits before the people they belong to, as real exports do (N-87)."""
    early = [record for record in cast.records if record["type"] != "consumer"][:10]
    chosen = {id(record) for record in early}
    cast.records[:] = early + [record for record in cast.records if id(record) not in chosen]


def ndjson(records: Iterable[Json]) -> bytes:
    """Records as the body of POST /v1/batches."""
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)
