"""The demo's sample is repeatable, speaks the wire's language and mails nobody real."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from deploy.demo.sample import Sample, ndjson, sample
from shared.schemas.ingest import AppointmentRecord, ConsumerRecord, VisitRecord
from shared.schemas.portal import LocationInput, SubscriberInput

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MODELS: dict[str, type[ConsumerRecord | AppointmentRecord | VisitRecord]] = {
    "consumer": ConsumerRecord,
    "appointment": AppointmentRecord,
    "visit": VisitRecord,
}


@pytest.fixture
def made() -> Sample:
    """One sample."""
    return sample(NOW, seed=7)


def test_the_same_seed_makes_the_same_sample_and_another_seed_another(made: Sample) -> None:
    """`--seed` for another sample."""
    assert sample(NOW, seed=7) == made
    assert sample(NOW, seed=8) != made


def test_every_record_but_the_broken_ones_is_canonical(made: Sample) -> None:
    """shared/schemas/ingest.py accepts all but exactly the number announced."""
    for business in made.businesses:
        refused = 0
        for line in ndjson(business.first + business.later).splitlines():
            try:
                MODELS[json.loads(line)["type"]].model_validate_json(line)
            except ValidationError:
                refused += 1
        assert refused == business.rejected
        LocationInput.model_validate(business.business.location)
        SubscriberInput.model_validate(business.business.subscriber)


def test_mail_may_go_to_reserved_domains_only(made: Sample) -> None:
    """Architecture 11: addresses in demo and tests lie under example.com and its kin."""
    mailboxes = {truth.recipient for business in made.businesses for truth in business.expected if truth.may_get}
    assert len(mailboxes) > 150
    assert {str(mailbox).partition("@")[2] for mailbox in mailboxes} <= {"example.com", "example.net", "example.org"}


def test_whoever_gets_nothing_has_a_reason_and_whoever_must_may(made: Sample) -> None:
    """S-003: a reason for everybody; the two sides of the truth never contradict each other."""
    stories = {truth.story for business in made.businesses for truth in business.expected}
    assert {"deceased", "opted out at the source", "minor without a guardian", "family, child"} <= stories
    for business in made.businesses:
        for truth in business.expected + business.expected_later:
            assert bool(truth.why_not) != bool(truth.may_get)
            assert truth.must_get <= truth.may_get


def test_the_second_batch_only_takes_away(made: Sample) -> None:
    """What is cancelled, deleted or opted out later is barred later and was allowed before."""
    for business in made.businesses:
        changed = [
            (before, after)
            for before, after in zip(business.expected, business.expected_later, strict=True)
            if before != after
        ]
        assert {after.why_not for _, after in changed} == {"", "cancelled", "opted_out"}
        assert all(before.may_get for before, _ in changed)
