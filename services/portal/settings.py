"""Portal's settings; every field described, no default for a secret."""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from shared.kit.settings import CommonSettings, Key, Secret, ServiceSettings, load, refuse_samples


class Settings(ServiceSettings):
    """From variables that start with PORTAL_."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", frozen=True)

    common: CommonSettings = Field(default_factory=lambda: load(CommonSettings), description="what all services share")
    kek: Key = Field(description="base64 of 32 octets; encrypts signing keys and subscribers' contact data at rest")
    operator_client_id: UUID = Field(description="API client of the operator, who takes in subscribers")
    operator_client_secret: Secret = Field(description="its secret")
    privacy_contact: str = Field(
        default="privacy@example.com", description="address of the privacy officer, shown on every page", max_length=254
    )

    @model_validator(mode="after")
    def _no_sample_in_production(self) -> Self:
        refuse_samples(self.common.mode, PORTAL_PRIVACY_CONTACT=self.privacy_contact)
        return self
