"""Ingest's settings; every field described, no default for a secret."""

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from shared.kit.settings import CommonSettings, Octets, ServiceSettings, load


class Settings(ServiceSettings):
    """From variables that start with INGEST_."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", frozen=True)

    common: CommonSettings = Field(default_factory=lambda: load(CommonSettings), description="what all services share")
    kek: Octets = Field(description="base64 of 32 octets; wraps the data keys of consumers' names and addresses")
    address_keys: dict[str, Octets] = Field(
        validation_alias="DUEBACK_ADDRESS_KEYS",
        description="JSON: key id to base64 of 32 octets; the keys of address hashes; ingest and optout have them, the others see hashes only",
    )
    most_uploads: int = Field(default=4, ge=1, le=64, description="batches that one process reads at the same time")

    aggregates: bool = Field(
        default=False,
        description="count consumers of locations that have switched it on (in_aggregates) by region, vertical and coarse bands once a quarter, at "
        "least 20 people of 5 businesses in each figure, for the operator to publish (S-100 to S-103); off: nothing is counted and nothing shown",
    )

    @field_validator("kek")
    @classmethod
    def _has_32_octets(cls, value: bytes) -> bytes:
        if len(value) != 32:
            raise ValueError("needs 32 octets")
        return value
