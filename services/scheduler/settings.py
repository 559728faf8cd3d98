"""The scheduler's settings; every field described."""

from datetime import time
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from services.scheduler.domain.answer_links import AnswerLinks
from shared.kit.crypto import derive
from shared.kit.pages.sealed_ids import SealedIds
from shared.kit.settings import CommonSettings, Key, ServiceSettings, load


class Settings(ServiceSettings):
    """From variables that start with SCHEDULER_."""

    model_config = SettingsConfigDict(env_prefix="SCHEDULER_", frozen=True)

    common: CommonSettings = Field(default_factory=lambda: load(CommonSettings), description="what all services share")
    kek: Key = Field(
        description="base64 of 32 octets; seals links to answer pages, wraps the keys of what is written there, decides who is left out"
    )
    public_url: str = Field(
        description="where consumers reach the pages that answer a mail, without a slash at the end; https in production"
    )
    send_from: time = Field(
        default=time(8), description="local time from which mail may leave, unless a campaign says otherwise"
    )
    send_until: time = Field(
        default=time(20), description="local time before which mail must leave, unless a campaign says otherwise"
    )
    commercial_budget: int = Field(
        default=4,
        ge=1,
        le=30,
        description="commercial messages to one address in thirty days, unless a campaign says otherwise",
    )
    stale_grace_minutes: int = Field(
        default=60,
        ge=0,
        le=10_080,
        description="how late a source may be beyond two of its intervals before reminders are held (S-126)",
    )
    most_open_messages: int = Field(
        default=20_000,
        ge=1,
        le=1_000_000,
        description="messages with the mailer at a time: minutes of the relays' capacity",
    )
    recheck_minutes: int = Field(
        default=15, ge=1, le=1440, description="a message not handed over by then comes back to be looked at again"
    )

    @model_validator(mode="after")
    def _only_encrypted_in_production(self) -> Self:
        if self.common.mode == "production" and not self.public_url.startswith("https://"):
            raise ValueError("SCHEDULER_PUBLIC_URL must be https in production")
        return self

    @cached_property
    def answer_links(self) -> AnswerLinks:
        """What makes and opens the links of the pages that answer a mail."""
        return AnswerLinks(self.public_url.rstrip("/"), SealedIds({"1": derive(self.kek, "answer_links")}))
