"""What the scheduler's parts are given; opened by main.py, read by routes and loops."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import Response

from services.scheduler.clients.ingest import IngestClient
from services.scheduler.clients.mailer import MailerClient
from services.scheduler.clients.optout import OptoutClient
from services.scheduler.content.stock import StockContents
from services.scheduler.domain.answer_links import AnswerLinks
from services.scheduler.domain.answering import MailDays
from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.survey import SurveyView
from services.scheduler.settings import Settings
from services.scheduler.store.plan import PlanRules
from shared.kit.auth import Signer, Verifier
from shared.kit.clock import Clock
from shared.kit.crypto import DataKeys, derive
from shared.kit.db import Database


class PageMaker(Protocol):
    """The pages as routes see them (pages/render.py). `wanted` is Accept-Language, `spoken` the language where it names none of ours."""

    def ask(self, *, action: str, shown: MailDays, wanted: str) -> Response:
        """The page with what a mail announced and the buttons that answer it."""
        ...

    def answered(self, *, again: str, shown: MailDays, wanted: str, spoken: str) -> Response:
        """The answer to an answer: how everything stands now; `again` leads back to the page."""
        ...

    def incomplete(self, *, again: str, wanted: str, spoken: str) -> Response:
        """The 422 for a form in which nothing was chosen."""
        ...

    def survey(self, *, action: str, shown: SurveyView, wanted: str) -> Response:
        """The page with the scale and room for a comment."""
        ...

    def survey_done(self, *, again: str, shown: SurveyView, wanted: str, spoken: str) -> Response:
        """The answer to a survey's answer."""
        ...

    def survey_refused(self, *, code: str, again: str, wanted: str, spoken: str) -> Response:
        """The 422 for a form that says no score, or too much; `code` says which."""
        ...

    def unreadable(self, *, wanted: str) -> Response:
        """The answer to everything that is no link of ours, or leads to nothing any more."""
        ...

    def failed(self, *, again: str, wanted: str, spoken: str) -> Response:
        """The 503 where an answer could not be kept."""
        ...


@dataclass(frozen=True)
class Deps:
    """Everything the scheduler depends on. `turn` lets planning and grouping of one process alternate: both lock touches of the same people."""

    settings: Settings
    clock: Clock
    api_db: Database
    worker_db: Database
    verifier: Verifier
    signer: Signer
    ingest: IngestClient
    mailer: MailerClient
    optout: OptoutClient
    types: Mapping[str, CampaignType]
    stock: StockContents
    links: AnswerLinks
    data_keys: DataKeys
    pages: PageMaker
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def rules(self) -> PlanRules:
        """What planning takes from the settings."""
        window = SendWindow(self.settings.send_from, self.settings.send_until)
        return PlanRules(
            window,
            self.settings.stale_grace_minutes,
            self.settings.commercial_budget,
            derive(self.settings.kek, "hold_out"),
        )
