"""What the scheduler's parts are given; opened by main.py, read by routes and loops."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.scheduler.clients.ingest import IngestClient
from services.scheduler.clients.mailer import MailerClient
from services.scheduler.content.stock import StockContents
from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.settings import Settings
from services.scheduler.store.plan import PlanRules
from shared.kit.auth import Signer, Verifier
from shared.kit.clock import Clock
from shared.kit.db import Database


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
    types: Mapping[str, CampaignType]
    stock: StockContents
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def rules(self) -> PlanRules:
        """What planning takes from the settings."""
        window = SendWindow(self.settings.send_from, self.settings.send_until)
        return PlanRules(window, self.settings.stale_grace_minutes, self.settings.commercial_budget)
