"""Scheduler's wire: what people answered to their mail."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.wire import Instant, Wire

TimeRequestState = Literal["open", "settled"]
"""`open` waits for the front desk; `settled` by the appointment itself: moved, cancelled, over, or confirmed in the source since."""


class TimeRequest(Wire):
    """A person asked for another time for one appointment, by the page behind a mail. Who confirms it after all takes the request back."""

    appointment_id: UUID
    starts_at: Instant = Field(description="the start that was announced and does not suit")
    consumer_id: UUID
    location_id: UUID
    asked_at: Instant
    confirmed_at: Instant | None = Field(
        description="when the person had confirmed it before: the practice system may still show it as confirmed"
    )
    state: TimeRequestState


class SurveyAnswer(Wire):
    """How one mail's survey was answered; whoever opens its link again may change it. `consumer_ids` are the people the mail spoke of."""

    message_id: UUID
    campaign_id: UUID
    location_id: UUID
    consumer_ids: list[UUID]
    score: int = Field(description="0 to 10")
    comment: str
    answered_at: Instant
    changed_at: Instant


class SurveyResults(Wire):
    """A survey's answers, counted.

    `promoters` gave 9 or 10, `detractors` 0 to 6, `passives` 7 or 8. `mean` is the sum of the scores over `count`; `nps`, the net promoter score,
    is 100 x (`promoters` - `detractors`) / `count`, from -100 to 100. `response_rate` is `count` over `asked`, the survey mails that were sent. What
    would be divided by nothing is null.
    """

    count: int
    asked: int
    promoters: int
    passives: int
    detractors: int
    mean: float | None
    nps: float | None
    response_rate: float | None
