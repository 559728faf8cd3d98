"""Whether a campaign may be switched on at a location: every reason against it is named before anything is planned (S-074)."""

from collections.abc import Iterator, Sequence
from typing import cast

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.errors import (
    AgreementRequiredError,
    HoursMissingError,
    LocationNotLiveError,
    SenderMissingError,
    SubscriberInactiveError,
    VerticalMismatchError,
)
from shared.kit.errors import Problem
from shared.schemas.location import LocationFacts, SubscriberFacts


def find_unreadiness(
    kind: CampaignType, location: LocationFacts, subscriber: SubscriberFacts | None
) -> Iterator[Problem]:
    """Yield every reason why this type cannot run at this location now. Live locations have a zone and a postal address by their shape."""
    if subscriber is None or not subscriber.active:
        yield SubscriberInactiveError()
    elif subscriber.agreement_accepted_at is None:
        yield AgreementRequiredError()
    if location.state != "live":
        yield LocationNotLiveError()
    if location.vertical not in kind.verticals:
        yield VerticalMismatchError()
    if not location.hours:
        yield HoursMissingError()
    if not location.sender.header_from or not location.sender.reply_to:
        yield SenderMissingError()


def refuse_for(problems: Sequence[Problem]) -> None:
    """Raise the first of these problems with the words and `errors` of all, so that nobody mends one reason after the other."""
    if problems:
        words = " ".join(problem.detail or problem.title for problem in problems)
        raise type(problems[0])(words, errors=[row for problem in problems for row in _rows(problem)])


def _rows(problem: Problem) -> list[dict[str, str]]:
    own = cast("list[dict[str, str]] | None", problem.members.get("errors"))
    return own or [{"field": "location_id", "code": problem.code}]
